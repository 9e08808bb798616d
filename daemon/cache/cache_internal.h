/* What the files of the cache share, and cache_new with a tier of the caller's choice, for tests. */
#ifndef ASKD_CACHE_CACHE_INTERNAL_H
#define ASKD_CACHE_CACHE_INTERNAL_H

#include "daemon/cache/cache.h"

extern const char *const cache_backend_names[]; /* NULL-ended, indexed by enum cache_backend */

/* ops: NULL for memory alone. */
struct cache *cache_new_with(uv_loop_t *loop, const struct tier_ops *ops, const char *dir,
                             const struct cache_options *opt);

#endif
