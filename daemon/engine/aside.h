/* A small question that the daemon asks for itself: a summary, a title. It goes the way of every question (engine_ask),
 * with the cache, the gate and the table of faults, and is bounded in time and output. It belongs to no conversation,
 * is found in no list, and reaches no disk. */
#ifndef ASKD_ENGINE_ASIDE_H
#define ASKD_ENGINE_ASIDE_H

#include "daemon/engine/engine_internal.h"

#define ASIDE_TIMEOUT_S 60

struct aside_question {
    uid_t uid;         /* whose it is: who has asked what it is about */
    const char *model; /* as in chat; NULL: the default */
    const char *system;
    const char *text;
    int64_t max_tokens;
    bool optional; /* given up as soon as the daemon is to end */
};

/* done is called once, never before this returns: with the text, which is not empty and borrowed, or with NULL and why.
 * NULL: it cannot be asked now, and *err says why. Until then it is owned by the engine. */
struct aside *aside_start(struct engine *e, const struct aside_question *q,
                          void (*done)(void *data, const char *text, const struct error *err), void *data,
                          struct error *err);
struct aside *aside_cancel(struct aside *a); /* done is not called any more; NULL is fine; always returns NULL */

/* Ends them with ERR_INTERRUPTED: those that are optional, or all. */
void asides_give_up(struct engine *e, bool all);

#endif
