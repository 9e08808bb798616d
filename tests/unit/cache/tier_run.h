/* A tier in a loop of its own, and what it tells, waited for with a limit. */
#ifndef ASKD_TESTS_TIER_RUN_H
#define ASKD_TESTS_TIER_RUN_H

#include "daemon/cache/redis_load.h"
#include "lib/base/clock.h"
#include "tests/unit/cache/cache_items.h"
#include "tests/unit/cache/redis_server.h"
#include "tests/unit/skip.h"

#define RUN_LIMIT_US (20 * SECOND_US)
#define RUN_SECRET "correct horse"
#define RUN_PATIENCE_MS 5000 /* long enough for a busy machine; what is about time has its own */
#define RUN_KEYS 64

struct run {
    uv_loop_t loop;
    const struct tier_ops *ops;
    struct tier *tier;
    bool closed;
    struct cache_key keys[RUN_KEYS]; /* of the last get; a tier reads them until it is done */
    /* the last get, list or clear */
    unsigned told;
    struct item_bytes blobs[RUN_KEYS]; /* data is only whether there is one, once told */
    size_t n;
    int64_t removed;
    char after[64];
    enum error_code code;
    char error[512];
};

/* Says why not, or is not there at all where it was not built. */
static inline const struct tier_ops *run_module(void)
{
    char folder[4096];
    struct error err = ERROR_INIT;
    const char *tree = getenv("ASKD_BUILDDIR");
    (void)snprintf(folder, sizeof folder, "%s/daemon/.libs", tree ? tree : ".");
    if (folder[0] == '/')
        setenv("ASKD_LIBEXEC", folder, 1);
    const struct tier_ops *ops = redis_tier_load(&err);
#ifdef HAVE_HIREDIS
    if (!ops)
        fail_msg("%s", err.message);
#else
    assert_null(ops);
    assert_non_null(strstr(err.message, "libhiredis-dev"));
#endif
    return ops;
}

/* In a test, first of all. */
#define NEED_REDIS()                                                                                                   \
    do {                                                                                                               \
        if (!run_module())                                                                                             \
            SKIP("built without hiredis");                                                                             \
        if (!redis_server_is_installed())                                                                              \
            SKIP("redis-server is not installed");                                                                     \
    } while (0)

static inline void run_open_with(struct run *r, const char *url, const char *secret, int64_t timeout_ms)
{
    struct error err = ERROR_INIT;
    *r = (struct run){.ops = run_module()};
    assert_int_equal(uv_loop_init(&r->loop), 0);
    const struct tier_options opt = {
        .url = url, .secret = secret, .timeout_ms = timeout_ms, .dir = "/", .ttl_ms = 1000};
    r->tier = r->ops->open(&r->loop, &opt, &err);
    if (!r->tier)
        fail_msg("%s", err.message);
}

static inline void run_open(struct run *r, const struct redis_server *s)
{
    run_open_with(r, s->socket, RUN_SECRET, RUN_PATIENCE_MS);
}

static inline const struct tier_status *run_status(struct run *r)
{
    static struct tier_status status;
    r->ops->status(r->tier, &status);
    return &status;
}

/* Turns the loop until the condition holds, which may become true where the loop has nothing to wait for. */
#define RUN_UNTIL(r, condition)                                                                                        \
    do {                                                                                                               \
        int64_t run_limit_us = clock_mono_us() + RUN_LIMIT_US;                                                         \
        while (!(condition)) {                                                                                         \
            assert_true(clock_mono_us() < run_limit_us);                                                               \
            uv_run(&(r)->loop, UV_RUN_NOWAIT);                                                                         \
            usleep(200);                                                                                               \
        }                                                                                                              \
    } while (0)

static inline void run_until_state(struct run *r, const char *state)
{
    RUN_UNTIL(r, strcmp(run_status(r)->state, state) == 0);
}

static inline void run_on_closed(void *data)
{
    ((struct run *)data)->closed = true;
}

/* Everything that was opened in the loop is closed afterwards. */
static inline void run_close(struct run *r)
{
    if (r->tier)
        r->ops->close(r->tier, run_on_closed, r);
    RUN_UNTIL(r, r->closed || !r->tier);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

/* A server, and a tier that has connected to it. */
static inline void run_begin_with(struct run *r, struct redis_server *s, int64_t timeout_ms)
{
    server_start(s, NULL);
    run_open_with(r, s->socket, RUN_SECRET, timeout_ms);
    run_until_state(r, "ok");
}

static inline void run_begin(struct run *r, struct redis_server *s)
{
    run_begin_with(r, s, RUN_PATIENCE_MS);
}

static inline void run_end(struct run *r, struct redis_server *s)
{
    run_close(r);
    server_stop(s);
}

static inline void run_on_got(void *data, const struct item_bytes *blobs, size_t n)
{
    struct run *r = data;
    r->told++;
    r->n = n;
    memcpy(r->blobs, blobs, n * sizeof *blobs);
}

/* Asks for the keys from .. from + n - 1. */
static inline struct tier_op *run_ask(struct run *r, uint8_t from, size_t n)
{
    unsigned told = r->told;
    for (size_t i = 0; i < n; i++)
        r->keys[i] = key_number((uint8_t)(from + i));
    const struct tier_get get = {.scope = SCOPE, .keys = r->keys, .n = n, .done = run_on_got, .data = r};
    struct tier_op *op = r->ops->get(r->tier, &get);
    assert_non_null(op);
    assert_int_equal(r->told, told);
    return op;
}

/* Waits for what is told of them. */
static inline void run_get(struct run *r, uint8_t from, size_t n)
{
    unsigned told = r->told;
    run_ask(r, from, n);
    RUN_UNTIL(r, r->told > told);
    assert_int_equal(r->n, n);
}

static inline bool run_has(struct run *r, uint8_t n)
{
    run_get(r, n, 1);
    return r->blobs[0].data != NULL;
}

/* What tests put expires in a minute from now. */
static inline struct item_facts run_facts(uint8_t n)
{
    struct item_facts facts = answer_facts(n);
    facts.created_us = clock_wall_us();
    facts.expires_us = facts.created_us + 60 * SECOND_US;
    return facts;
}

static inline void run_put_facts(struct run *r, const struct item_facts *facts)
{
    struct cache_item *it = item_new(facts);
    assert_non_null(it);
    r->ops->put(r->tier, it);
    item_unref(it);
}

static inline void run_put(struct run *r, uint8_t n)
{
    struct item_facts facts = run_facts(n);
    run_put_facts(r, &facts);
}

/* Waits until it is there. */
static inline void run_put_whole(struct run *r, uint8_t n)
{
    run_put(r, n);
    assert_true(run_has(r, n));
}

static inline void run_take_error(struct run *r, const struct error *err)
{
    r->told++;
    r->code = err ? err->code : ERR_NONE;
    (void)snprintf(r->error, sizeof r->error, "%s", err ? err->message : "");
}

static inline void run_on_listed(void *data, const struct item_bytes *blobs, size_t n, const char *after,
                                 const struct error *err)
{
    struct run *r = data;
    r->n = n;
    memcpy(r->blobs, blobs, (n < RUN_KEYS ? n : RUN_KEYS) * sizeof *blobs);
    (void)snprintf(r->after, sizeof r->after, "%s", after);
    run_take_error(r, err);
}

static inline void run_on_cleared(void *data, int64_t removed, const struct error *err)
{
    struct run *r = data;
    r->removed = removed;
    run_take_error(r, err);
}

static inline int64_t run_clear(struct run *r, const struct tier_filter *f)
{
    unsigned told = r->told;
    r->ops->clear(r->tier, f, run_on_cleared, r);
    assert_int_equal(r->told, told);
    RUN_UNTIL(r, r->told > told);
    return r->removed;
}

#endif
