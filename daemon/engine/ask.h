/* One question, from its request to its finished log: the pipeline of doc/architecture.md. Used by engine.c alone. */
#ifndef ASKD_ENGINE_ASK_H
#define ASKD_ENGINE_ASK_H

#include "daemon/engine/engine_internal.h"
#include "daemon/engine/route.h"

/* Takes over req and what plan holds. For a plan without candidates a local server is looked for. The
 * answer may have ended when it returns. The reference is the caller's. NULL: it cannot run now (ERR_OVERLOADED). */
struct answer *ask_start(struct engine *e, struct chat_request *req, struct plan *plan,
                         const struct answer_asker *asker, const struct engine_question *shared, struct error *err);
void ask_interrupt_all(struct engine *e);  /* the daemon ends; what is being stored already is left alone */
void recall_give_up_all(struct engine *e); /* likewise, for what the store is asked for (recall.c) */
void ask_give_up_all(struct engine *e);    /* the daemon ends and waits for no store */

#endif
