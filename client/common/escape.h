/* Text from outside, on its way to a terminal. Harmless is UTF-8 without C0 and C1 controls and DEL; each byte of the
 * rest is shown as \x1b and the like. Pure. */
#ifndef CLIENT_ESCAPE_H
#define CLIENT_ESCAPE_H

#include "lib/base/buf.h"

enum { ESCAPE_LEN = 4 };

/* How many bytes at the front of s are harmless. kept: control characters that are taken for harmless too. */
size_t escape_harmless(const char *s, size_t len, const char *kept);

/* Shows the character at the front of s, which is not harmless, in out. Returns how many bytes of s it has; len > 0. */
size_t escape_char(const char *s, size_t len, char out[ESCAPE_LEN]);

/* Does this character turn or hide others? Marks of direction, of no width, of invisible tags. */
bool escape_deceptive(uint32_t c);

/* Appends text so that what is seen is what is there, for somebody who is to decide on it: what is not harmless as
 * above, and deceptive characters and those that look like a blank as \u{202e} and the like. kept as above. */
void escape_visible(struct buf *out, const char *s, size_t len, const char *kept);

#endif
