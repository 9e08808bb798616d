/* Base64 as providers send it, for images and vectors. */
#ifndef ASKD_PROVIDER_BASE64_H
#define ASKD_PROVIDER_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* In either alphabet, with or without its padding, blanks between; NULL for what is none, and for none at all. The
 * caller's to free. */
uint8_t *base64_decode(const char *text, size_t len, size_t *n);

#endif
