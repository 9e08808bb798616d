#include "daemon/cache/cache.h"
#include "daemon/cache/cache_internal.h"
#include "daemon/cache/memory.h"
#include "daemon/cache/redis_load.h"
#include "daemon/core/log.h"
#include "lib/base/alloc.h"
#include "lib/base/secret.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#define TIER_SHARE 8 /* of `size`, one item may have an eighth */

enum life {
    LIFE_OPEN,
    LIFE_CLOSING, /* the tier writes what waits; it is asked for no more */
};

struct cache {
    enum life life;
    struct memory *memory;
    const struct tier_ops *ops;
    struct tier *tier;                                 /* NULL: memory alone; */
    char why[sizeof(((struct error *)NULL)->message)]; /* "": as was asked for */
    char scope[ITEM_SCOPE_MAX];                        /* of the namespace, "": by uid */
    int64_t ttl_ms, max_entry, max_persisted;
    unsigned clears;   /* begun and ended ones: what a tier read before is not promoted after */
    unsigned clearing; /* under way in the tier */
    size_t fetches;    /* likewise */
    struct cache_stats stats;
    void (*closed)(void *data);
    void *closed_data;
};

static bool has_tier(const struct cache *c)
{
    return c->tier && c->life == LIFE_OPEN;
}

/* -- the cache -- */

/* The tier of a backend. NULL: there is none, with *err where it cannot be had. */
static const struct tier_ops *tier_of(int backend, struct error *err)
{
    if (backend == CACHE_REDIS)
        return redis_tier_load(err);
    return backend == CACHE_SQLITE ? &tier_sqlite : NULL;
}

/* An empty name is none: it must not be that all users share what none of them has named. */
static bool is_shared(const struct cache_options *opt)
{
    return opt->name_space && opt->name_space[0];
}

static struct tier_options tier_options(const char *dir, const struct cache_options *opt)
{
    return (struct tier_options){
        .dir = dir,
        .size = opt->size,
        .ttl_ms = opt->ttl_ms,
        .url = opt->url ? secret_reveal(opt->url) : NULL,
        .secret = opt->secret ? secret_reveal(opt->secret) : NULL,
        .name_space = is_shared(opt) ? opt->name_space : NULL,
        .timeout_ms = opt->timeout_ms,
    };
}

void cache_warn(const struct cache_options *opt)
{
    struct error err = ERROR_INIT;
    const struct tier_options tier = tier_options(NULL, opt);
    const struct tier_ops *ops = tier_of(opt->backend, &err);
    if (ops && ops->check)
        (void)ops->check(&tier, &err);
    if (err.code != ERR_NONE)
        log_warn("what is cached would be kept in memory alone: %s", err.message);
}

static void open_tier(struct cache *c, uv_loop_t *loop, const char *dir, const struct cache_options *opt,
                      struct error *err)
{
    const struct tier_options tier = tier_options(dir, opt);
    if (c->ops)
        c->tier = c->ops->open(loop, &tier, err);
    if (err->code == ERR_NONE)
        return;
    error_text(c->why, sizeof c->why, err->message, strlen(err->message));
    log_error("what is cached is kept in memory alone: %s", c->why);
}

static struct cache *make(uv_loop_t *loop, const struct tier_ops *ops, const char *dir, const struct cache_options *opt,
                          struct error *err)
{
    struct cache *c = NEW(struct cache);
    c->memory = memory_new(&(struct memory_bounds){0});
    c->ops = ops;
    c->max_persisted = opt->size / TIER_SHARE;
    if (is_shared(opt))
        snprintf(c->scope, sizeof c->scope, "namespace:%s", opt->name_space);
    cache_configure(c, opt);
    open_tier(c, loop, dir, opt, err);
    return c;
}

struct cache *cache_new(uv_loop_t *loop, const char *dir, const struct cache_options *opt)
{
    struct error err = ERROR_INIT;
    const struct tier_ops *ops = tier_of(opt->backend, &err);
    struct cache *c = make(loop, ops, dir, opt, &err);
    c->stats.backend = cache_backend_names[opt->backend];
    return c;
}

struct cache *cache_new_with(uv_loop_t *loop, const struct tier_ops *ops, const char *dir,
                             const struct cache_options *opt)
{
    struct error err = ERROR_INIT;
    struct cache *c = make(loop, ops, dir, opt, &err);
    c->stats.backend = ops ? ops->name : cache_backend_names[CACHE_NONE];
    return c;
}

void cache_configure(struct cache *c, const struct cache_options *opt)
{
    c->ttl_ms = opt->ttl_ms;
    c->max_entry = opt->max_entry;
    memory_configure(c->memory, &(struct memory_bounds){.bytes = opt->memory, .max_item = opt->max_entry});
}

static void on_closed(void *data)
{
    struct cache *c = data;
    void (*closed)(void *) = c->closed;
    void *closed_data = c->closed_data;
    memory_free(c->memory);
    free(c);
    closed(closed_data);
}

void cache_close(struct cache *c, void (*closed)(void *data), void *data)
{
    assert(c->life == LIFE_OPEN);
    c->life = LIFE_CLOSING;
    c->closed = closed;
    c->closed_data = data;
    if (c->tier)
        c->ops->close(c->tier, on_closed, c);
    else
        on_closed(c);
}

void cache_scope(const struct cache *c, uid_t uid, char scope[ITEM_SCOPE_MAX])
{
    if (c->scope[0])
        memcpy(scope, c->scope, ITEM_SCOPE_MAX);
    else
        snprintf(scope, ITEM_SCOPE_MAX, "uid:%lu", (unsigned long)uid);
}

int64_t cache_ttl_ms(const struct cache *c)
{
    return c->ttl_ms;
}

/* -- items -- */

struct cache_item *cache_find(struct cache *c, const char *scope, const struct cache_key *key, int64_t max_age_ms)
{
    struct cache_item *it = memory_find(c->memory, scope, key, max_age_ms);
    if (it)
        c->stats.memory_hits++;
    else
        c->stats.memory_misses++;
    return it;
}

bool cache_has(struct cache *c, const char *scope, const struct cache_key *key)
{
    return memory_find(c->memory, scope, key, -1) != NULL;
}

struct cache_fetch {
    struct cache *cache;
    struct tier_op *op;
    unsigned clears; /* of the cache, when it began */
    int64_t max_age_ms;
    void (*done)(void *data, struct cache_item **items, size_t n);
    void *data;
    char scope[ITEM_SCOPE_MAX];
    size_t n;
    struct cache_key keys[];
};

static struct cache_item *read_blob(const struct cache_fetch *f, const struct cache_key *key, struct item_bytes blob)
{
    struct cache_stats *stats = &f->cache->stats;
    struct cache_item *it = blob.data ? item_from_blob(blob.data, blob.len, key, f->scope) : NULL;
    if (it && !item_fresh(it, f->max_age_ms))
        it = item_unref(it);
    if (it)
        stats->tier_hits++;
    else
        stats->tier_misses++;
    return it;
}

/* The newer of what the tier has and what memory got meanwhile. A reference. */
static struct cache_item *settle(const struct cache_fetch *f, const struct cache_key *key, struct item_bytes blob)
{
    struct cache *c = f->cache;
    struct cache_item *it = read_blob(f, key, blob), *own = memory_find(c->memory, f->scope, key, f->max_age_ms);
    if (own && (!it || item_facts(own)->created_us >= item_facts(it)->created_us)) {
        item_unref(it);
        return item_ref(own);
    }
    if (it && f->clears == c->clears && c->clearing == 0)
        memory_put(c->memory, it);
    return it;
}

/* What was made of it may hold it in turn: that goes when memory lets go of the item, or else now. */
static void let_go(struct cache *c, struct cache_item *it)
{
    if (it && !memory_holds(c->memory, it))
        item_drop_made(it);
    item_unref(it);
}

static void on_got(void *data, const struct item_bytes *blobs, size_t n)
{
    struct cache_fetch *f = data;
    struct cache_item **items = xcalloc(n, sizeof(struct cache_item *));
    assert(n == f->n);
    for (size_t i = 0; i < n; i++)
        items[i] = settle(f, &f->keys[i], blobs[i]);
    f->cache->fetches--;
    f->done(f->data, items, n);
    for (size_t i = 0; i < n; i++)
        let_go(f->cache, items[i]);
    free(items);
    free(f);
}

struct cache_fetch *cache_fetch(struct cache *c, const char *scope, const struct cache_key *keys, size_t n,
                                int64_t max_age_ms, void (*done)(void *data, struct cache_item **items, size_t n),
                                void *data)
{
    if (!has_tier(c))
        return NULL;
    /* While others wait for the tier, nobody goes ahead of them: questions are asked in the order in which they came.
     */
    if (c->fetches == 0 && c->ops->may_have && !c->ops->may_have(c->tier, keys, n)) {
        c->stats.tier_misses += n;
        return NULL;
    }
    struct cache_fetch *f = xmalloc(sizeof *f + n * sizeof *keys);
    *f = (struct cache_fetch){
        .cache = c, .clears = c->clears, .max_age_ms = max_age_ms, .done = done, .data = data, .n = n};
    snprintf(f->scope, sizeof f->scope, "%s", scope);
    memcpy(f->keys, keys, n * sizeof *keys);
    const struct tier_get get = {.scope = f->scope, .keys = f->keys, .n = n, .done = on_got, .data = f};
    c->fetches++;
    f->op = c->ops->get(c->tier, &get);
    return f;
}

void cache_fetch_cancel(struct cache_fetch *f)
{
    f->cache->ops->cancel(f->cache->tier, f->op);
    f->cache->fetches--;
    free(f);
}

static void ignore(void *data, int64_t removed, const struct error *err)
{
    (void)data, (void)removed, (void)err;
}

void cache_forget(struct cache *c, const char *scope, const struct cache_key *key)
{
    cache_clear(c, &(struct tier_filter){.scope = scope, .key = key}, ignore, NULL);
}

void cache_put(struct cache *c, const struct item_facts *facts, bool persist)
{
    bool encode = facts->runs.len + facts->tail.len <= (uint64_t)c->max_entry;
    struct cache_item *it = encode ? item_new(facts) : NULL;
    uint64_t len = it ? item_blob(it).len : UINT64_MAX;
    if (len > (uint64_t)c->max_entry || (persist && len > (uint64_t)c->max_persisted))
        cache_forget(c, facts->scope, &facts->key); /* what it was to replace goes, though it is too large itself */
    if (len <= (uint64_t)c->max_entry)
        memory_put(c->memory, it);
    if (len <= (uint64_t)MIN(c->max_entry, c->max_persisted) && persist && has_tier(c))
        c->ops->put(c->tier, it);
    item_unref(it);
}

struct clear {
    struct cache *cache;
    int64_t removed; /* from memory */
    void (*done)(void *data, int64_t removed, const struct error *err);
    void *data;
};

static void on_cleared(void *data, int64_t removed, const struct error *err)
{
    struct clear *clear = data;
    clear->cache->clears++;
    clear->cache->clearing--;
    clear->done(clear->data, MAX(removed, clear->removed), err);
    free(clear);
}

void cache_clear(struct cache *c, const struct tier_filter *f,
                 void (*done)(void *data, int64_t removed, const struct error *err), void *data)
{
    int64_t removed = memory_clear(c->memory, f);
    if (!has_tier(c)) {
        done(data, removed, NULL);
        return;
    }
    struct clear *clear = NEW(struct clear);
    *clear = (struct clear){.cache = c, .removed = removed, .done = done, .data = data};
    c->clears++;
    c->clearing++;
    c->ops->clear(c->tier, f, on_cleared, clear);
}

void cache_list(struct cache *c, const struct tier_list *l)
{
    if (has_tier(c))
        c->ops->list(c->tier, l);
    else
        memory_list(c->memory, l);
}

/* -- figures -- */

static void add(int64_t *sum, int64_t more)
{
    if (more > 0 && __builtin_add_overflow(*sum, more, sum))
        *sum = INT64_MAX;
}

/* NULL where there are too many: what is saved in one more is not told. */
static struct cache_saved *saved_in(struct cache_stats *stats, const char *currency)
{
    for (size_t i = 0; i < stats->n_saved; i++)
        if (strcmp(stats->saved[i].currency, currency) == 0)
            return &stats->saved[i];
    if (stats->n_saved == CACHE_CURRENCIES)
        return NULL;
    struct cache_saved *saved = &stats->saved[stats->n_saved++];
    snprintf(saved->currency, sizeof saved->currency, "%s", currency);
    return saved;
}

void cache_count_hit(struct cache *c, const struct cache_item *it)
{
    const struct item_facts *facts = item_facts(it);
    struct cache_saved *saved = facts->saved_nano > 0 ? saved_in(&c->stats, facts->currency) : NULL;
    c->stats.hits++;
    add(&c->stats.saved_ms, facts->saved_ms);
    if (saved)
        add(&saved->nano, facts->saved_nano);
}

void cache_count_miss(struct cache *c)
{
    c->stats.misses++;
}

void cache_count_join(struct cache *c)
{
    c->stats.joins++;
}

void cache_get_stats(const struct cache *c, struct cache_stats *ret)
{
    struct memory_figures memory;
    memory_get_figures(c->memory, &memory);
    *ret = c->stats;
    ret->memory_entries = memory.entries;
    ret->memory_bytes = memory.bytes;
    ret->memory_evictions = memory.evictions;
    if (c->tier)
        c->ops->status(c->tier, &ret->tier);
    else
        ret->tier = (struct tier_status){.state = "off", .error = c->why[0] ? c->why : NULL};
}
