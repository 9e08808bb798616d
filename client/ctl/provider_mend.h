/* What mends that a provider could not be asked. Pure. */
#ifndef CLIENT_CTL_PROVIDER_MEND_H
#define CLIENT_CTL_PROVIDER_MEND_H

#include <msgpack.h>
#include <stdbool.h>

enum { PROVIDER_MEND_SIZE = 256 };

/* row: of what keys.test replies. False where it went well, or nothing is known to help. */
bool provider_mend(const msgpack_object_map *row, char text[PROVIDER_MEND_SIZE]);

#endif
