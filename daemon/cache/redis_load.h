/* The tier in Redis is a module, cache-redis.so (daemon/cache/redis), so that hiredis is only where it is configured.
 *
 * The module has no copy of our own functions: it takes them from the program that loads it, which exports those that
 * stand in redis/program.syms. */
#ifndef ASKD_CACHE_REDIS_LOAD_H
#define ASKD_CACHE_REDIS_LOAD_H

#include "daemon/cache/tier.h"

/* What the module has under the name askd_tier_module. */
struct tier_module {
    const char *version; /* of the askd that it was built with; no other may use it */
    const struct tier_ops *ops;
};
extern const struct tier_module askd_tier_module;

/* Loads it, once; it stays until the process ends. NULL: *err says what is missing. */
const struct tier_ops *redis_tier_load(struct error *err);

#endif
