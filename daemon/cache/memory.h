/* The memory tier: items by their keys, as many as fit into so many bytes. What was not used for longest leaves first.
 *
 * An item of more than max_item bytes (of its blob), or that would be charged for more than an eighth of the bound, is
 * not kept: it would cost too many others their place. An item that leaves loses what was made of it.
 *
 * A key is found in constant time; memory_list, and memory_clear without a key, look at every item. */
#ifndef ASKD_CACHE_MEMORY_H
#define ASKD_CACHE_MEMORY_H

#include "daemon/cache/tier.h"

struct memory;

struct memory_bounds {
    int64_t bytes;    /* that all items may be charged for */
    int64_t max_item; /* bytes of one blob */
};
#define MEMORY_SHARE 8 /* an item may have an eighth */

struct memory *memory_new(const struct memory_bounds *bounds);
struct memory *memory_free(struct memory *m); /* NULL is fine; always returns NULL */
/* What the new bounds do not allow leaves at once. */
void memory_configure(struct memory *m, const struct memory_bounds *bounds);

/* The item, which is the last to leave now; NULL where there is none, or it is older than max_age_ms (-1: of any age).
 * An expired one goes. Borrowed until the next call. */
struct cache_item *memory_find(struct memory *m, const char *scope, const struct cache_key *key, int64_t max_age_ms);
bool memory_holds(const struct memory *m, const struct cache_item *it); /* this very one */
/* Takes a reference of its own. One of the same key goes, even where this one is not kept. */
void memory_put(struct memory *m, struct cache_item *it);

int64_t memory_clear(struct memory *m, const struct tier_filter *f); /* how many there were */
/* In the order of keys; `after` is the hex form of one. Calls done before it returns; expired items are left out. */
void memory_list(const struct memory *m, const struct tier_list *l);

struct memory_figures {
    int64_t entries, bytes;
    uint64_t evictions; /* items that left for want of room */
};
void memory_get_figures(const struct memory *m, struct memory_figures *ret);

#endif
