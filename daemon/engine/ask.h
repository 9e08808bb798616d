/* One question, from its request to its finished log: the pipeline of doc/architecture.md. Used by engine.c alone. */
#ifndef ASKD_ENGINE_ASK_H
#define ASKD_ENGINE_ASK_H

#include "daemon/engine/attempt.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/keep.h"
#include "daemon/engine/route.h"

struct ask;
TAILQ_HEAD(ask_list, ask);

struct engine {
    uv_loop_t *loop;
    struct answer_table *table;
    struct providers *providers; /* reference */
    struct engine_options opt;
    struct http_pool *pool;
    struct attempt_room attempts;
    struct store *store;
    struct keep_room keeps;
    TAILQ_HEAD(, recall) recalls; /* under way */
    struct discovery *discovery;
    struct ask_list asks;
    unsigned n_asks;
    struct buf scratch; /* for encoding one event */
    bool draining;
    unsigned to_close;
    void (*ended)(void *data); /* may be NULL */
    void *ended_data;
    void (*closed)(void *data);
    void *closed_data;
};

/* Takes over req. routes: n of them, or none: then a local server is looked for, `local` being the model's name
 * ("ollama/qwen3") or NULL for any. The answer may have ended when it returns. The reference is the caller's. */
struct answer *ask_start(struct engine *e, struct chat_request *req, const struct route *routes, size_t n,
                         const char *local, const struct answer_asker *asker);
/* As if every answer on it had been cancelled. */
void ask_abandon(struct ask *a);
void ask_interrupt_all(struct engine *e);  /* the daemon ends; what is being stored already is left alone */
void recall_give_up_all(struct engine *e); /* likewise, for what the store is asked for (recall.c) */
void ask_give_up_all(struct engine *e);    /* the daemon ends and waits for no store */

#endif
