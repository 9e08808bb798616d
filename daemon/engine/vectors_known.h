/* The vectors of some texts: which of them are cached, and which have to be asked for. By the first candidate alone,
 * since what one model makes of a text means nothing beside what another makes. */
#ifndef ASKD_ENGINE_VECTORS_KNOWN_H
#define ASKD_ENGINE_VECTORS_KNOWN_H

#include "daemon/engine/lookup.h"
#include "lib/chat/embed.h"

struct vectors_known {
    const struct embed_request *req; /* borrowed */
    char scope[ITEM_SCOPE_MAX];
    struct cache_key *keys;    /* owned, one for each text; NULL: the candidate's model is not known yet */
    struct cache_item **items; /* owned, with a reference each; NULL where a text is not known */
    size_t n_missing;
    size_t looked; /* texts before it were looked for in the persistent tier too */
};

/* What memory has. */
void vectors_known_find(struct engine *e, const struct route *r, const struct embed_request *req, uid_t uid,
                        struct vectors_known *ret);
void vectors_known_done(struct vectors_known *k);   /* works on a zeroed one */
void vectors_known_forget(struct vectors_known *k); /* as if nothing had been found */

/* The keys of the next that are missing, to be looked for at once: the caller's. NULL where there are none any more, or
 * none can be told. */
#define VECTORS_AT_ONCE 512
struct cache_key *vectors_known_next(const struct vectors_known *k, size_t *n);
/* What was found for these, in the same order. */
void vectors_known_add(struct vectors_known *k, struct cache_item **found, size_t n);
/* A request for those that are missing: the caller's. */
struct embed_request *vectors_known_rest(const struct vectors_known *k);

struct vectors_asked { /* what the missing ones are, in their order; borrowed */
    const struct route *route;
    const double *numbers;
    size_t dimension; /* 0 where nothing was asked */
    struct usage usage;
    int64_t took_ms;
};
/* All of them, one behind the other: the caller's. NULL where what is known does not have the dimension of the rest, or
 * with *dimension set where they are over VECTORS_BYTES_MAX or there is no memory. */
#define VECTORS_BYTES_MAX (256u << 20)
double *vectors_known_merge(const struct vectors_known *k, const struct vectors_asked *a, size_t *dimension);
/* Caches what was asked for. */
void vectors_known_remember(struct engine *e, const struct vectors_known *k, const struct vectors_asked *a);

#endif
