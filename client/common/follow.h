/* An answer that somebody else has asked for, or we before: followed to its end, without ending it where we leave. */
#ifndef CLIENT_COMMON_FOLLOW_H
#define CLIENT_COMMON_FOLLOW_H

#include "client/common/view.h"
#include "lib/ask/ask.h"
#include <stdint.h>

/* Shows it in the view from that event on, and has the whole of it in *reply, which the caller has initialised and
 * destroys. The exit status, as stream_run has it. */
int follow_answer(const char *program, struct ask *ask, struct view *view, const char *id, uint32_t from,
                  msgpack_unpacked *reply);

#endif
