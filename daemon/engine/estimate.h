/* What a question would come to, without asking anybody: whom it would go to, its tokens, what they cost, whether its
 * answer is cached. */
#ifndef ASKD_ENGINE_ESTIMATE_H
#define ASKD_ENGINE_ESTIMATE_H

#include "daemon/cache/key.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/spend.h"
#include "lib/chat/request.h"

struct estimate {                 /* provider, model and currency are borrowed for the call of done */
    const char *provider, *model; /* of the first candidate; "" where a local server would have to be looked for */
    int64_t input_tokens;
    int64_t max_output_tokens; /* -1: no bound is known */
    int64_t low_nano;          /* its input alone; -1: no price is known */
    int64_t high_nano;         /* with all the output that it may have; -1: no price, or no bound */
    const char *currency;      /* of these; NULL */
    bool keyed;                /* its answer can be cached: */
    struct cache_key key;      /* under which it is, or would be */
    bool hit;                  /* it is */
    bool cached;               /* and the question would take it */
    int64_t age_ms;            /* of what is there */
    const char **budgets;      /* the names of those that it would count in, as the first candidate's */
    size_t n_budgets;
    const char *conversation; /* that of the question, "" where it begins one or is in none */
    bool refused;             /* one of them would refuse it as it stands */
};

/* Takes the request over. done is called once: with the estimate, or with NULL and the reason, as engine_ask would give
 * it. It is called before this returns where it brings no attachments and neither a conversation nor the cache's
 * persistent tier must be read. Nothing is fetched: what would be for this question has no key. */
void estimate_start(struct engine *e, struct chat_request *req, const struct spend_who *who,
                    void (*done)(void *data, const struct estimate *est, const struct error *err), void *data);
void estimates_give_up_all(struct engine *e); /* the daemon ends: they are told so */

#endif
