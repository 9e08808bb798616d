/* Which addresses are out on the Internet, where anybody may look, and which lead to this machine or to networks behind
 * it. Pure. */
#ifndef ASKD_HTTP_ADDRESS_H
#define ASKD_HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for loopback, link-local, private, shared (CGNAT), multicast and reserved ranges, for IPv6 addresses that carry
 * an IPv4 one inside (mapped, translated, tunnelled: where they lead is for others to say), and for what is neither. */
bool address_is_public(const struct sockaddr *address, socklen_t len);

/* "192.0.2.1" or "2001:db8::1", "?" for what is neither. */
#define ADDRESS_TEXT 46
void address_text(const struct sockaddr *address, socklen_t len, char text[ADDRESS_TEXT]);

#endif
