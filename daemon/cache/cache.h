/* The prompt cache: answers and vectors under their keys, in two tiers. Memory is asked on the loop and answers at
 * once; the persistent tier (tier.h) answers later. What a tier cannot do is a miss and a line in the log, never a
 * failed question.
 *
 * A key belongs to a scope: a uid, or the configured namespace. Nobody sees another scope's items.
 *
 * Memory is bounded by `memory` bytes; the least recently used items leave first. An item larger than `max_entry` is
 * not kept at all. */
#ifndef ASKD_CACHE_CACHE_H
#define ASKD_CACHE_CACHE_H

#include "daemon/cache/tier.h"
#include "daemon/core/config.h"
#include <sys/types.h>

struct cache;

enum cache_backend { CACHE_SQLITE, CACHE_REDIS, CACHE_NONE }; /* none: memory alone */

struct cache_options {
    int backend;
    int64_t memory, size, max_entry; /* bytes */
    int64_t ttl_ms;
    int64_t timeout_ms; /* of one operation of Redis */
    char *name_space;   /* at most CACHE_NAMESPACE_MAX bytes; NULL or empty: none */
    struct secret *url; /* it may hold a password */
    struct secret *secret;
};
#define CACHE_NAMESPACE_MAX (ITEM_SCOPE_MAX - sizeof "namespace:")
extern const struct config_option cache_option_rows[];

/* Logs why its backend could not be had with these, where that can be told without asking it. For --check-config. */
void cache_warn(const struct cache_options *opt);
/* dir: the cache folder, copied. A backend that cannot be had is logged; the cache is memory alone then. */
struct cache *cache_new(uv_loop_t *loop, const char *dir, const struct cache_options *opt);
/* The bounds of memory and of an item, and ttl, from now on; the backend with all that it was opened with takes effect
 * at the next start. */
void cache_configure(struct cache *c, const struct cache_options *opt);
/* Fetches that are under way are told before closed is called, which is when the tier is closed (maybe before this
 * returns) and the cache is gone. */
void cache_close(struct cache *c, void (*closed)(void *data), void *data);

/* Whose items they are, into buf. */
void cache_scope(const struct cache *c, uid_t uid, char scope[ITEM_SCOPE_MAX]);
int64_t cache_ttl_ms(const struct cache *c);

/* In memory, and not older than max_age_ms (-1: of any age). Borrowed; take a reference to keep it. */
struct cache_item *cache_find(struct cache *c, const char *scope, const struct cache_key *key, int64_t max_age_ms);
/* Is it in memory? For the daemon itself: it is no lookup that is counted. */
bool cache_has(struct cache *c, const char *scope, const struct cache_key *key);

/* Asks the persistent tier for several keys (all are copied). What it has goes into memory too. done is called once,
 * later, with the items in the order of the keys, NULL where there is none; borrowed for the call. NULL: there is no
 * such tier, or it is known at once that it has none of them; done is not called. */
struct cache_fetch;
struct cache_fetch *cache_fetch(struct cache *c, const char *scope, const struct cache_key *keys, size_t n,
                                int64_t max_age_ms, void (*done)(void *data, struct cache_item **items, size_t n),
                                void *data);
void cache_fetch_cancel(struct cache_fetch *f); /* before done was called */

/* Keeps it in memory and, where persist, in the persistent tier. An item of the same key is replaced. */
void cache_put(struct cache *c, const struct item_facts *facts, bool persist);

/* Nothing is kept under it any more, in both tiers. */
void cache_forget(struct cache *c, const char *scope, const struct cache_key *key);

/* For the figures: how a question went. it: what was given for it. */
void cache_count_hit(struct cache *c, const struct cache_item *it);
void cache_count_miss(struct cache *c);
void cache_count_join(struct cache *c);

/* Removes what the filter names, in both tiers. done is called once, maybe before this returns, with how many there
 * were (the larger of what the tiers say). */
void cache_clear(struct cache *c, const struct tier_filter *f,
                 void (*done)(void *data, int64_t removed, const struct error *err), void *data);

/* Pages through the scope's items: of the persistent tier where there is one, else of memory. done as in tier.h, maybe
 * before this returns. */
void cache_list(struct cache *c, const struct tier_list *l);

struct cache_saved { /* in one currency */
    char currency[8];
    int64_t nano;
};
#define CACHE_CURRENCIES 8
struct cache_stats {
    uint64_t hits, misses, joins;        /* questions */
    uint64_t memory_hits, memory_misses; /* lookups of keys, by tier */
    uint64_t tier_hits, tier_misses;
    int64_t memory_entries, memory_bytes;
    uint64_t memory_evictions;
    int64_t saved_ms;
    struct cache_saved saved[CACHE_CURRENCIES]; /* money; n_saved of them */
    size_t n_saved;
    const char *backend; /* static: "sqlite", "redis", "none" */
    struct tier_status tier;
};
void cache_get_stats(const struct cache *c, struct cache_stats *ret);

#endif
