/* Known already? The keys under which a question's answer may be cached, one for each candidate that may answer it, and
 * what is found there. */
#ifndef ASKD_ENGINE_LOOKUP_H
#define ASKD_ENGINE_LOOKUP_H

#include "daemon/answer/fold.h"
#include "daemon/cache/cache.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/route.h"
#include "daemon/engine/windows.h"

#define LOOKUP_FEW 4 /* candidates whose keys need no memory of their own */

struct lookup {
    char scope[ITEM_SCOPE_MAX]; /* "": the question is not to be cached */
    int64_t max_age_ms;         /* that the asker takes, -1: any */
    struct cache_key few[LOOKUP_FEW];
    struct cache_key *many; /* owned; NULL: few has them all */
    size_t n;               /* the candidates' keys, in their order; 0: none can be told yet */
    bool joins;             /* flight is a name under which others can join it */
    struct cache_key flight;
};

/* Whom a candidate's answers are kept for; borrowed of it. */
struct key_target lookup_target(const struct route *r);

struct lookup_question {
    const struct plan *plan;
    const struct chat_request *req;
    const struct windows *windows; /* what is sent of it to each candidate */
};

/* Of a plan with candidates. uid: whose question it is. */
void lookup_make(struct engine *e, const struct lookup_question *q, uid_t uid, struct lookup *ret);
void lookup_done(struct lookup *k); /* works on a zeroed one */
const struct cache_key *lookup_keys(const struct lookup *k);
/* The key under which that provider's answer is kept. False: it is not. */
bool lookup_key_of(struct engine *e, const struct lookup *k, const struct lookup_question *q, const char *provider,
                   const char *model, struct cache_key *ret);
/* The candidate that has this key; the plan's n if none has. */
size_t lookup_candidate(const struct lookup *k, const struct plan *plan, const struct cache_key *key);

/* What memory has for the first candidate that has anything; borrowed. */
struct cache_item *lookup_find(struct engine *e, const struct lookup *k);

/* Of items that were found for its keys, in their order, the first that is an answer; NULL where none is. */
struct cache_item *lookup_first(struct cache_item *const *items, size_t n);

/* Keeps an answer: facts, but for what the fold tells of it. persist: beyond memory too. */
void lookup_keep(struct engine *e, const struct item_facts *facts, const struct fold *fold, bool persist);

/* The item's events as a log, made once; borrowed of the item. NULL where its events cannot be read. */
struct log *lookup_log(struct engine *e, struct cache_item *it);

#endif
