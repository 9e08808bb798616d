/* How a notification begins: [2, method, params], by its usual name, or as the client wishes with `notify: {method,
 * args}`: [2, method, args + [params]], so that a client may have its own functions called. */
#ifndef ASKD_RPC_NOTIFY_H
#define ASKD_RPC_NOTIFY_H

#include "lib/base/buf.h"
#include <msgpack.h>
#include <stdbool.h>

#define NOTIFY_MAX (64 << 10) /* bytes that `notify` may put before each notification, packed */

/* Appends all up to the params, of which n follow. notify: NULL for the usual name. */
void notify_begin(struct buf *b, const char *usual, const msgpack_object_map *notify, uint32_t n);

/* Would it fit into NOTIFY_MAX, with an id behind it? */
bool notify_fits(const msgpack_object_map *notify);

#endif
