/* A SQLite tier in a folder of its own, for its tests: each verb here runs the loop until it was told. */
#ifndef ASKD_TESTS_SQLITE_BENCH_H
#define ASKD_TESTS_SQLITE_BENCH_H

#include "daemon/cache/sqlite_internal.h"
#include "lib/base/clock.h"
#include "tests/unit/folder_remove.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE "uid:1000"
#define BOB "uid:1001"
#define DAY_US INT64_C(86400000000)
#define PATIENCE_US INT64_C(30000000)

struct sqlite_bench {
    uv_loop_t loop;
    uv_timer_t turn; /* so that the loop does */
    char dir[64];
    int64_t size;
    struct cachedb_pace pace;
    struct tier *tier; /* NULL: closed */
    struct tier_status st;

    bool done;
    struct cache_item *items[64]; /* of the last get or list; NULL where there is none */
    size_t n;
    char after[KEY_HEX + 1];
    int64_t removed;
    enum error_code code;
};

static inline void bench_on_turn(uv_timer_t *timer)
{
    (void)timer;
}

static inline void bench_open(struct sqlite_bench *b)
{
    struct error err = ERROR_INIT;
    struct tier_options opt = {.dir = b->dir, .size = b->size};
    b->tier = cachedb_tier_open(&b->loop, &opt, &b->pace, &err);
    assert_non_null(b->tier);
}

static inline void bench_await(struct sqlite_bench *b, const bool *flag)
{
    int64_t until = clock_mono_us() + PATIENCE_US;
    while (!*flag) {
        uv_run(&b->loop, UV_RUN_ONCE);
        assert_true(clock_mono_us() < until);
    }
}

static inline void bench_on_flag(void *data)
{
    *(bool *)data = true;
}

static inline void bench_close(struct sqlite_bench *b)
{
    bool closed = false;
    if (!b->tier)
        return;
    tier_sqlite.close(b->tier, bench_on_flag, &closed);
    bench_await(b, &closed);
    b->tier = NULL;
}

static inline void bench_reopen(struct sqlite_bench *b)
{
    bench_close(b);
    bench_open(b);
}

static inline void bench_forget(struct sqlite_bench *b)
{
    for (size_t i = 0; i < b->n; i++)
        b->items[i] = item_unref(b->items[i]);
    b->n = 0;
}

static inline int bench_setup(void **state)
{
    struct sqlite_bench *b = calloc(1, sizeof *b);
    b->size = 8 << 20;
    b->pace = cachedb_pace_usual;
    snprintf(b->dir, sizeof b->dir, "/tmp/askd-cache-XXXXXX");
    if (!mkdtemp(b->dir) || uv_loop_init(&b->loop) != 0 || uv_timer_init(&b->loop, &b->turn) != 0)
        return -1;
    uv_timer_start(&b->turn, bench_on_turn, 2, 2);
    bench_open(b);
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state)
{
    struct sqlite_bench *b = *state;
    bench_close(b);
    bench_forget(b);
    uv_close((uv_handle_t *)&b->turn, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    int r = uv_loop_close(&b->loop); /* no handle is left */
    folder_remove(b->dir);
    free(b);
    return r;
}

/* -- items -- */

/* Keys have the order of their numbers. */
static inline struct cache_key key_number(uint32_t n)
{
    struct cache_key key = {{(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
    memset(key.bytes + 4, 0xab, KEY_LEN - 4);
    return key;
}

struct put {
    uint32_t n; /* its key */
    const char *scope, *model;
    size_t size; /* of what it holds; 0: 64 */
    int64_t created_us, ttl_us;
};

static inline struct cache_item *make_item(const struct put *p)
{
    size_t size = (p->size ? p->size : 64) / sizeof(double) * sizeof(double);
    uint8_t *bytes = calloc(1, size);
    int64_t created_us = p->created_us ? p->created_us : clock_wall_us();
    struct item_facts facts = {.key = key_number(p->n),
                               .scope = p->scope ? p->scope : ALICE,
                               .kind = ITEM_VECTOR,
                               .created_us = created_us,
                               .expires_us = created_us + (p->ttl_us ? p->ttl_us : DAY_US),
                               .provider = "openai",
                               .model = p->model ? p->model : "gpt",
                               .saved_nano = -1,
                               .currency = "",
                               .runs = {bytes, size},
                               .n_events = (uint32_t)(size / sizeof(double))};
    struct cache_item *it = item_new(&facts);
    assert_non_null(it);
    free(bytes);
    return it;
}

static inline void put_with(struct sqlite_bench *b, struct put p)
{
    struct cache_item *it = make_item(&p);
    tier_sqlite.put(b->tier, it);
    item_unref(it);
}
#define PUT(b, ...) put_with((b), (struct put){__VA_ARGS__})

/* -- verbs -- */

static inline void bench_on_cleared(void *data, int64_t removed, const struct error *err)
{
    struct sqlite_bench *b = data;
    b->removed = removed;
    b->code = err ? err->code : ERR_NONE;
    b->done = true;
}

static inline int64_t clear_with(struct sqlite_bench *b, struct tier_filter f)
{
    b->done = false;
    f.scope = f.scope ? f.scope : ALICE;
    tier_sqlite.clear(b->tier, &f, bench_on_cleared, b);
    bench_await(b, &b->done);
    return b->removed;
}
#define CLEAR(b, ...) clear_with((b), (struct tier_filter){__VA_ARGS__})

/* What was put before has been written, or given up. */
static inline const struct tier_status *settled(struct sqlite_bench *b)
{
    CLEAR(b, .scope = "nobody", .key = &(struct cache_key){{0}});
    tier_sqlite.status(b->tier, &b->st);
    return &b->st;
}

/* Settles again and again until the condition holds. */
#define SETTLE_UNTIL(b, condition)                                                                                     \
    do {                                                                                                               \
        int64_t settle_until_us = clock_mono_us() + PATIENCE_US;                                                       \
        while (settled(b), !(condition))                                                                               \
            assert_true(clock_mono_us() < settle_until_us);                                                            \
    } while (0)

static inline void bench_keep(struct sqlite_bench *b, const struct item_bytes *blobs, size_t n)
{
    bench_forget(b);
    assert_true(n <= sizeof b->items / sizeof *b->items);
    for (b->n = 0; b->n < n; b->n++) {
        const struct item_bytes *blob = &blobs[b->n];
        b->items[b->n] = NULL;
        if (!blob->data)
            continue;
        for (uint32_t k = 0; k < 10000 && !b->items[b->n]; k++) { /* whichever it is */
            struct cache_key key = key_number(k);
            b->items[b->n] = item_from_blob(blob->data, blob->len, &key, ALICE);
        }
        assert_non_null(b->items[b->n]);
    }
    b->done = true;
}

static inline void bench_on_got(void *data, const struct item_bytes *blobs, size_t n)
{
    bench_keep(data, blobs, n);
}

static inline void get_keys(struct sqlite_bench *b, const char *scope, const struct cache_key *keys, size_t n)
{
    b->done = false;
    tier_sqlite.get(b->tier, &(struct tier_get){scope, keys, n, bench_on_got, b});
    bench_await(b, &b->done);
    assert_int_equal(b->n, n);
}

static inline bool has(struct sqlite_bench *b, uint32_t n)
{
    struct cache_key key = key_number(n);
    get_keys(b, ALICE, &key, 1);
    assert_true(!b->items[0] || key_equal(&item_facts(b->items[0])->key, &key));
    return b->items[0] != NULL;
}

/* Until the tier is in that state. */
static inline void await_state(struct sqlite_bench *b, const char *state)
{
    int64_t until = clock_mono_us() + PATIENCE_US;
    for (;;) {
        tier_sqlite.status(b->tier, &b->st);
        if (strcmp(b->st.state, state) == 0)
            return;
        uv_run(&b->loop, UV_RUN_ONCE);
        if (clock_mono_us() >= until)
            fail_msg("it is %s (%s), not %s", b->st.state, b->st.error ? b->st.error : "", state);
    }
}

/* The handle without the tier, which is closed; for cachedb_close. */
static inline struct cachedb *bench_database(struct sqlite_bench *b)
{
    struct cachedb *db = NULL;
    struct error err = ERROR_INIT;
    const char *was = NULL;
    bench_close(b);
    assert_int_equal(cachedb_open(b->dir, b->size, &db, &was, &err), ERR_NONE);
    assert_null(was);
    return db;
}

static inline void path_in(const struct sqlite_bench *b, char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", b->dir, name);
}

/* A look at the file with SQLite alone, while the tier is closed. */
static inline int64_t look(const struct sqlite_bench *b, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    path_in(b, path, CACHEDB_FILE);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

/* The file is whole, and its totals are those of its entries. */
static inline void assert_sound(const struct sqlite_bench *b)
{
    assert_int_equal(look(b, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(look(b, "SELECT (SELECT count(*) FROM entry) = entries AND entries = (SELECT count(*) FROM blob)"
                             " AND (SELECT total(bytes) FROM entry) = bytes"
                             " AND (SELECT total(length(data)) FROM blob) = bytes FROM total"),
                     1);
}

#endif
