/* Keys in the desktop's secret service, by the program ask-secret, which is there where libsecret was when askd was
 * built. */
#ifndef CLIENT_CTL_KEY_SECRET_H
#define CLIENT_CTL_KEY_SECRET_H

#include "lib/base/error.h"
#include <stddef.h>

/* A key that was put there; ERR_NOT_FOUND where there is none any more. *len is at most size. */
enum error_code key_secret_get(const char *name, char *key, size_t size, size_t *len, struct error *err);

/* key goes to it by its standard input. What goes wrong there it says itself, on stderr; then err says only that. */
enum error_code key_secret_set(const char *name, const char *key, size_t len, struct error *err);
enum error_code key_secret_remove(const char *name, struct error *err); /* fine where there is none */

#endif
