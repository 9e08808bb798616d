/* What is said below an answer on a screen: who answered, how quickly, what it took. Pure. */
#ifndef CLIENT_TTY_CLOSING_H
#define CLIENT_TTY_CLOSING_H

#include "lib/base/buf.h"
#include <msgpack.h>

enum { CLOSING_MAX = 1024 }; /* bytes */

/* Appends it, in one line without its end: those that are known of an answer map. Nothing of what is none. It is as
 * harmless as the names in it. */
void closing_put(struct buf *line, const msgpack_object *answer);

#endif
