/* One call of a method, for whoever has nothing else to wait for meanwhile. */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "lib/ask/ask.h"
#include "lib/base/buf.h"
#include <msgpack.h>

/* The result is in *reply, which the caller has initialised and destroys; its strings lie in a message of the handle's
 * and are gone with the next call. EXIT_OK, or the status to exit with: 128 + a signal that was caught, else after what
 * went wrong was told. params may be NULL. */
int call_run(const char *program, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply);

/* The same for who has something to draw meanwhile: before each wait `turn` says how long that may be at most, in
 * milliseconds, -1 for any time. turn may be NULL. */
int call_run_while(const char *program, struct ask *a, const char *method, const struct buf *params,
                   msgpack_unpacked *reply, int (*turn)(void *data), void *data);

/* As call_run, for who takes a refusal otherwise: *refused, and the error map is in *reply. Then EXIT_OK too. */
int call_try(const char *program, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply,
             bool *refused);

/* Unpacks what a message brought into *value, likewise: its error where it has one, and *refused. The status is
 * EXIT_PROTOCOL, and told, for bytes that are nothing. For whoever receives by himself. */
int call_read(const char *program, const struct ask_message *m, msgpack_unpacked *value, bool *refused);

/* Of two waits in milliseconds, of which a negative one has no end. */
int call_shorter(int a, int b);

#endif
