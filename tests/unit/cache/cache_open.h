/* A cache over the fake tier, in a default loop that is not turned, and the calls of it that most tests make. */
#ifndef ASKD_TESTS_CACHE_OPEN_H
#define ASKD_TESTS_CACHE_OPEN_H

#include "daemon/cache/cache.h"
#include "daemon/cache/cache_internal.h"
#include "tests/unit/cache/cache_clock.h"
#include "tests/unit/cache/tier_fake.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct cache_options defaults = {
    .memory = 1 << 20, .size = 1 << 20, .max_entry = 1 << 16, .ttl_ms = 60000, .timeout_ms = 20};

static inline struct cache *open_cache(const struct cache_options *opt)
{
    fake = (struct tier){0};
    return cache_new_with(uv_default_loop(), &tier_fake, "/nowhere", opt);
}

static inline void count(void *data)
{
    ++*(int *)data;
}

static inline void close_cache(struct cache *c)
{
    int closed = 0;
    cache_close(c, count, &closed);
    if (fake.closed) {
        assert_int_equal(closed, 0);
        fake_tell_closed();
    }
    assert_int_equal(closed, 1);
}

static inline struct cache_stats stats(const struct cache *c)
{
    struct cache_stats s;
    cache_get_stats(c, &s);
    return s;
}

static inline void put(struct cache *c, uint8_t n, bool persist)
{
    struct item_facts facts = answer_facts(n);
    cache_put(c, &facts, persist);
}

static inline struct cache_item *find(struct cache *c, uint8_t n)
{
    struct cache_key key = key_number(n);
    return cache_find(c, SCOPE, &key, -1);
}

/* The tier has it, and memory does not. */
static inline void put_in_tier(uint8_t n, int64_t created_us)
{
    struct item_facts facts = answer_facts(n);
    facts.created_us = created_us;
    struct cache_item *it = item_new(&facts);
    fake_put(&fake, it);
    fake.puts = 0;
    item_unref(it);
}

struct got {
    int calls;
    size_t n;
    int64_t created_us[FAKE_MAX]; /* -1: none */
};

static inline void on_got(void *data, struct cache_item **items, size_t n)
{
    struct got *got = data;
    got->calls++;
    got->n = n;
    for (size_t i = 0; i < n; i++)
        got->created_us[i] = items[i] ? item_facts(items[i])->created_us : -1;
}

static inline struct cache_fetch *fetch(struct cache *c, uint8_t n, int64_t max_age_ms, struct got *got)
{
    struct cache_key key = key_number(n);
    return cache_fetch(c, SCOPE, &key, 1, max_age_ms, on_got, got);
}

#endif
