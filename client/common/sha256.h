/* SHA-256 by libcrypto, which is loaded when this is called and not before: it takes longer than all else that a client
 * does at its start. */
#ifndef CLIENT_SHA256_H
#define CLIENT_SHA256_H

#include "lib/base/error.h"
#include <stdbool.h>

#define SHA256_HEX 64

/* The digest in hex. ERR_INTERNAL where libcrypto is not there. */
enum error_code sha256_hex(const void *data, size_t len, char hex[SHA256_HEX + 1], struct error *err);

#endif
