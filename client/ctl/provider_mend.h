/* What mends that a provider could not be asked: a command that can be pasted into a shell, with what to look for
 * behind a #. Pure. */
#ifndef CLIENT_CTL_PROVIDER_MEND_H
#define CLIENT_CTL_PROVIDER_MEND_H

#include <msgpack.h>
#include <stdbool.h>

enum { PROVIDER_MEND_SIZE = 512 };

/* row: of what keys.test replies. False where it went well, or nothing is known to help. */
bool provider_mend(const msgpack_object_map *row, char text[PROVIDER_MEND_SIZE]);
/* Where not even that came in time. */
bool provider_mend_silent(const char *name, char text[PROVIDER_MEND_SIZE]);

#endif
