/* A call that needs the prompt library, held until that is known: with a copy of its parameters, since the frame goes
 * when its handler returns. What is held for all connections together is bounded by HELD_MAX bytes. */
#ifndef ASKD_RPC_HELD_H
#define ASKD_RPC_HELD_H

#include "daemon/prompt/set.h"
#include "daemon/rpc/dispatch.h"
#include <sys/queue.h>

#define HELD_MAX ((size_t)256 << 20)

/* As a method's handler: the result was sent or will be, or *err says why not. m: as it was given to held_call. */
typedef enum error_code held_handler(struct call *c, const struct prompt_set *set, const struct method *m,
                                     struct error *err);

struct held;
TAILQ_HEAD(held_list, held);

/* Has handle called later, unless the peer goes before. ERR_OVERLOADED: too much waits. */
enum error_code held_call(const struct call *c, held_handler *handle, const struct method *m, struct error *err);

/* The peer's call of that number, if it is held, ends as cancelled. */
void held_cancel(const struct peer *p, uint64_t msgid);

#endif
