/* What the cache's methods reply with, as maps. Pure. */
#ifndef ASKD_RPC_CACHE_MAP_H
#define ASKD_RPC_CACHE_MAP_H

#include "daemon/cache/cache.h"

/* Of all that is kept, only these have an answer map. */
bool cache_map_is_answer(const struct cache_item *it);

/* The answer map of an item, as far as it is the cache's to tell: the entries in its tail are to follow. No id and no
 * time to wait, since it is nobody's answer. */
void cache_map_put_head(struct buf *b, const struct cache_item *it);
void cache_map_put_answer(struct buf *b, const struct cache_item *it); /* all of it */

/* A page of a list. Answers go along until they are so many bytes; those beyond are for cache.lookup. after: where the
 * next page begins, "" for none. */
#define CACHE_MAP_ANSWERS_MAX (8u << 20)
void cache_map_put_page(struct buf *b, struct cache_item *const *items, size_t n, const char *after);
size_t cache_map_page_answers(struct cache_item *const *items, size_t n); /* how many bytes of them it is to hold */

/* with_rate: and how many of the questions it had an answer for, once there was one. */
void cache_map_put_stats(struct buf *b, const struct cache_stats *st, bool with_rate);

#endif
