/* Bytes as text, by RFC 4648. For what is linked with libc alone; the daemon has libcrypto's. Pure. */
#ifndef CLIENT_COMMON_BASE64_H
#define CLIENT_COMMON_BASE64_H

#include "lib/base/buf.h"

#define BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4) /* of the text that so many bytes become */

/* Appends the text, with its padding. False where the buf is full, of which it says so itself. */
bool base64_put(struct buf *out, const void *data, size_t len);

/* Appends the bytes that the text stands for; padding may be left out. False for what is no base64, and where the buf
 * is full. */
bool base64_take(struct buf *out, const char *text, size_t len);

#endif
