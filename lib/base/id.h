/* UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits; ids made later by one process sort later. */
#ifndef ASKD_BASE_ID_H
#define ASKD_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>

#define ID_LEN 36 /* characters, without the NUL */

void id_new(char out[ID_LEN + 1]);

/* True for 36 characters of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in lower case. */
bool id_valid(const char *s, size_t len);

#endif
