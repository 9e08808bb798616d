/* What the SQLite tier does with entries. */
#include "tests/unit/cache/sqlite_bench.h"

static void what_was_put_is_told(void **state)
{
    struct sqlite_bench *b = *state;
    struct put p = {.n = 1, .size = 100000};
    struct cache_item *it = make_item(&p);

    assert_false(has(b, 1));
    tier_sqlite.put(b->tier, it);
    settled(b);
    assert_int_equal(b->st.entries, 1);
    assert_int_equal(b->st.bytes, item_blob(it).len);
    for (int i = 0; i < 2; i++) {
        assert_true(has(b, 1));
        struct item_bytes mine = item_blob(it), theirs = item_blob(b->items[0]);
        assert_int_equal(mine.len, theirs.len);
        assert_memory_equal(mine.data, theirs.data, mine.len);
        bench_reopen(b); /* and a get that comes while it opens waits for that */
    }
    item_unref(it);
    assert_string_equal(settled(b)->state, "ok");
    assert_null(b->st.error);
}

static void a_new_one_takes_the_place_of_the_old(void **state)
{
    struct sqlite_bench *b = *state;

    PUT(b, .n = 1, .size = 1000);
    PUT(b, .n = 1, .size = 5000, .model = "newer");
    PUT(b, .n = 1, .size = 30000, .model = "newest");
    settled(b);
    assert_int_equal(b->st.entries, 1);
    assert_true(has(b, 1));
    assert_string_equal(item_facts(b->items[0])->model, "newest");
    assert_int_equal(b->st.bytes, item_blob(b->items[0]).len);
    bench_close(b);
    assert_sound(b);
}

static void several_keys_come_in_their_order(void **state)
{
    struct sqlite_bench *b = *state;
    struct cache_key keys[] = {key_number(7), key_number(3), key_number(9), key_number(3)};

    PUT(b, .n = 3, .model = "three");
    PUT(b, .n = 7, .model = "seven");
    PUT(b, .n = 9, .scope = BOB);
    settled(b);
    get_keys(b, ALICE, keys, 4);
    assert_string_equal(item_facts(b->items[0])->model, "seven");
    assert_string_equal(item_facts(b->items[1])->model, "three");
    assert_null(b->items[2]);
    assert_string_equal(item_facts(b->items[3])->model, "three");
    get_keys(b, BOB, keys, 2);
    assert_null(b->items[0]);
    assert_null(b->items[1]);
}

static void what_has_expired_is_not_told(void **state)
{
    struct sqlite_bench *b = *state;

    PUT(b, .n = 1, .created_us = 1000, .ttl_us = 1000);
    PUT(b, .n = 2);
    settled(b);
    assert_int_equal(b->st.entries, 2);
    assert_false(has(b, 1));
    assert_true(has(b, 2));

    b->pace.upkeep_ms = 5;
    bench_reopen(b);
    SETTLE_UNTIL(b, b->st.entries == 1);
    assert_true(has(b, 2));
    assert_int_equal(b->st.evictions, 0);
    bench_close(b);
    assert_sound(b);
}

static void the_least_recently_used_leave(void **state)
{
    struct sqlite_bench *b = *state;
    uint32_t n;

    b->size = 1 << 20;
    bench_reopen(b);
    for (n = 0; n < 20; n++)
        PUT(b, .n = n, .size = 20000);
    PUT(b, .n = 20, .size = 20000, .created_us = clock_wall_us() - DAY_US, .ttl_us = 1); /* it leaves first */
    assert_int_equal(settled(b)->evictions, 0);
    assert_true(has(b, 0));
    assert_true(has(b, 3));
    bench_reopen(b);
    for (; settled(b)->evictions < 3; n++)
        PUT(b, .n = 100 + n, .size = 20000);
    bench_close(b);
    /* As far as eviction went, it took the oldest but those two. */
    assert_int_equal(look(b, "SELECT count(*) FROM entry WHERE hex(key) LIKE '00000000%' OR hex(key) LIKE '00000003%'"),
                     2);
    assert_int_equal(look(b, "SELECT count(*) FROM entry WHERE hex(key) LIKE '00000001%' OR hex(key) LIKE '00000002%'"
                             " OR hex(key) LIKE '00000004%' OR hex(key) LIKE '00000014%'"),
                     0);
    assert_true(look(b, "SELECT count(*) FROM entry WHERE hex(key) LIKE '00000013%'") == 1);
    assert_sound(b);
}

/* A use that is only in memory counts too. */
static void what_was_just_used_stays(void **state)
{
    struct sqlite_bench *b = *state;

    b->size = 1 << 20;
    bench_reopen(b);
    PUT(b, .n = 1, .size = 20000);
    for (uint32_t n = 100; settled(b)->evictions < 60; n++) {
        assert_true(has(b, 1));
        PUT(b, .n = n, .size = 20000);
    }
    assert_true(has(b, 1));
    assert_false(has(b, 100));
}

static void uses_beyond_what_is_held_are_written(void **state)
{
    struct sqlite_bench *b = *state;
    int64_t put_us;

    for (uint32_t n = 0; n < 2 * CACHEDB_TOUCHED; n++)
        PUT(b, .n = n);
    settled(b);
    put_us = clock_wall_us();
    for (uint32_t n = 0; n < CACHEDB_TOUCHED; n++)
        assert_true(has(b, n));
    bench_close(b);
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM entry WHERE used > %lld", (long long)put_us);
    assert_int_equal(look(b, sql), CACHEDB_TOUCHED);
}

static void clear_takes_what_the_filter_names(void **state)
{
    struct sqlite_bench *b = *state;
    struct cache_key three = key_number(3), six = key_number(6);

    PUT(b, .n = 1);
    PUT(b, .n = 2, .model = "meta/llama");
    PUT(b, .n = 3);
    PUT(b, .n = 4, .created_us = clock_wall_us() - DAY_US / 2);
    PUT(b, .n = 5, .model = "gpt-mini");
    PUT(b, .n = 6, .scope = BOB);
    assert_int_equal(CLEAR(b, .model = "openai/nothing"), 0);
    assert_int_equal(CLEAR(b, .model = "open/gpt"), 0);
    assert_int_equal(CLEAR(b, .key = &three, .model = "gpt-mini"), 0);
    assert_int_equal(CLEAR(b, .key = &six), 0);
    assert_int_equal(CLEAR(b, .key = &three), 1);
    assert_int_equal(CLEAR(b, .key = &three), 0);
    assert_int_equal(CLEAR(b, .model = "meta/llama"), 1);
    assert_int_equal(CLEAR(b, .model = "openai/gpt-mini"), 1);
    assert_int_equal(CLEAR(b, .model = "gpt", .created_before_us = clock_wall_us() - DAY_US / 4), 1);
    assert_true(has(b, 1));
    assert_int_equal(settled(b)->entries, 2);
    assert_int_equal(CLEAR(b, .scope = ALICE), 1);
    assert_int_equal(CLEAR(b, .scope = BOB), 1);
    assert_int_equal(settled(b)->bytes, 0);
    bench_close(b);
    assert_sound(b);
}

struct passing { /* a get that overtakes a clear */
    const struct sqlite_bench *b;
    bool done, passed;
    size_t found;
};

static void on_passing(void *data, const struct item_bytes *blobs, size_t n)
{
    struct passing *p = data;
    p->done = true;
    p->passed = !p->b->done;
    for (size_t i = 0; i < n; i++)
        p->found += blobs[i].data != NULL;
}

/* Gets pass a clear that takes long, but do not tell what it will take away; puts pass it, and stay. */
static void a_clear_is_at_once_for_whoever_asks(void **state)
{
    struct sqlite_bench *b = *state;
    struct cache_key keys[] = {key_number(1), key_number(4999)};
    struct passing p = {.b = b};

    for (uint32_t n = 0; n < 5000; n++)
        PUT(b, .n = n);
    settled(b);
    b->done = false;
    tier_sqlite.clear(b->tier, &(struct tier_filter){.scope = ALICE}, bench_on_cleared, b);
    tier_sqlite.get(b->tier, &(struct tier_get){ALICE, keys, 2, on_passing, &p});
    PUT(b, .n = 1, .model = "new");
    bench_await(b, &p.done);
    assert_true(p.passed);
    assert_int_equal(p.found, 0);
    bench_await(b, &b->done);
    assert_in_range(b->removed, 4999, 5000); /* the new one may have taken the old one's place first */
    assert_true(has(b, 1));
    assert_string_equal(item_facts(b->items[0])->model, "new");
    assert_int_equal(settled(b)->entries, 1);
}

/* A clear neither hides nor takes away what was put since it began, however long it takes. */
static void what_is_put_during_a_clear_is_told(void **state)
{
    struct cachedb *db = bench_database(*state);
    struct cachedb_clears clears = LIST_HEAD_INITIALIZER(clears);
    struct cachedb_clear clear = {.scope = (char *)ALICE};
    struct cache_key keys[] = {key_number(1), key_number(2)};
    struct item_bytes blobs[2] = {{0}};
    struct cachedb_get get = {.scope = (char *)ALICE, .keys = keys, .blobs = blobs, .n = 2};
    struct cache_item *old = make_item(&(struct put){.n = 1}), *new = make_item(&(struct put){.n = 2});

    LIST_INSERT_HEAD(&clears, &clear, link);
    assert_true(cachedb_begin(db));
    cachedb_put(db, old);
    clear.begun = true;
    clear.last = db->next_num - 1;
    cachedb_put(db, new);
    cachedb_get(db, &get, &clears);
    assert_null(blobs[0].data);
    assert_non_null(blobs[1].data);
    free((void *)blobs[1].data);
    while (cachedb_clear(db, &clear))
        ;
    assert_int_equal(clear.removed, 1);
    assert_int_equal(db->now.entries, 1);
    assert_true(cachedb_commit(db));
    item_unref(old);
    item_unref(new);
    cachedb_close(db);
}

static void on_listed(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err)
{
    struct sqlite_bench *b = data;
    b->code = err ? err->code : ERR_NONE;
    snprintf(b->after, sizeof b->after, "%s", after);
    bench_keep(b, blobs, n);
}

static void list(struct sqlite_bench *b, const char *scope, const char *after, uint32_t limit)
{
    char from[KEY_HEX + 1]; /* it is borrowed for the call alone */
    snprintf(from, sizeof from, "%s", after);
    b->done = false;
    tier_sqlite.list(b->tier, &(struct tier_list){scope, from, limit, on_listed, b});
    memset(from, 'x', sizeof from);
    bench_await(b, &b->done);
}

static void lists_go_by_key(void **state)
{
    struct sqlite_bench *b = *state;
    uint32_t n = 0;

    for (uint32_t i = 40; i > 0; i--)
        PUT(b, .n = i);
    PUT(b, .n = 41, .created_us = 1, .ttl_us = 1);
    PUT(b, .n = 42, .scope = BOB);
    do {
        list(b, ALICE, n ? b->after : "", 7);
        assert_int_equal(b->code, ERR_NONE);
        assert_true(b->n <= 7);
        for (size_t i = 0; i < b->n; i++) {
            struct cache_key key = key_number(++n);
            assert_true(key_equal(&item_facts(b->items[i])->key, &key));
        }
    } while (b->after[0]);
    assert_int_equal(n, 40);
    list(b, "nobody", "", 7);
    assert_int_equal(b->n, 0);
    assert_string_equal(b->after, "");
    list(b, ALICE, "not a key", 7);
    assert_int_equal(b->code, ERR_INVALID_REQUEST);
}

/* A page ends by its bytes too. */
static void a_page_is_bounded(void **state)
{
    struct sqlite_bench *b = *state;

    b->size = 64 << 20;
    bench_reopen(b);
    for (uint32_t n = 1; n <= 20; n++)
        PUT(b, .n = n, .size = 1 << 20);
    list(b, ALICE, "", 60);
    assert_int_equal(b->n, 4);
    list(b, ALICE, b->after, 60);
    assert_int_equal(b->n, 4);
}

static void never(void *data, const struct item_bytes *blobs, size_t n)
{
    (void)blobs, (void)n;
    *(bool *)data = true;
}

static void a_cancelled_get_tells_nothing(void **state)
{
    struct sqlite_bench *b = *state;
    struct cache_key *key = malloc(sizeof *key);
    char *scope = strdup(ALICE);
    bool told = false;

    PUT(b, .n = 1);
    settled(b);
    *key = key_number(1);
    struct tier_op *op = tier_sqlite.get(b->tier, &(struct tier_get){scope, key, 1, never, &told});
    tier_sqlite.cancel(b->tier, op);
    free(key); /* they were borrowed until now */
    free(scope);
    settled(b);
    assert_false(told);
}

static bool may_have(const struct sqlite_bench *b, uint32_t n)
{
    struct cache_key key = key_number(n << 24); /* as hashes, they differ from their first byte on */
    return tier_sqlite.may_have(b->tier, &key, 1);
}

/* What was put, at once and after a start; until the file was read, anything. */
static void what_it_cannot_have_is_known(void **state)
{
    struct sqlite_bench *b = *state;

    assert_true(may_have(b, 1));
    settled(b);
    assert_false(may_have(b, 1));
    PUT(b, .n = 1 << 24);
    assert_true(may_have(b, 1));
    assert_false(may_have(b, 2));
    bench_reopen(b);
    PUT(b, .n = 3 << 24);
    assert_true(may_have(b, 2));
    settled(b);
    assert_true(may_have(b, 1));
    assert_false(may_have(b, 2));
    assert_true(may_have(b, 3));
    struct cache_key keys[] = {key_number(2 << 24), key_number(3 << 24)};
    assert_true(tier_sqlite.may_have(b->tier, keys, 2));
}

static void what_waits_is_bounded(void **state)
{
    struct sqlite_bench *b = *state;

    b->pace.waiting_max = 3 * 11000;
    bench_reopen(b);
    for (uint32_t n = 0; n < 3; n++) /* the loop does not turn meanwhile */
        PUT(b, .n = n, .size = 9000);
    tier_sqlite.status(b->tier, &b->st);
    assert_int_equal(b->st.failures, 0);
    PUT(b, .n = 3, .size = 9000);
    PUT(b, .n = 4, .size = 9000);
    settled(b);
    assert_int_equal(b->st.failures, 2);
    assert_int_equal(b->st.entries, 3);
    PUT(b, .n = 4, .size = 9000);
    assert_int_equal(settled(b)->entries, 4);
}

static void what_waits_is_written_on_close(void **state)
{
    struct sqlite_bench *b = *state;

    for (uint32_t n = 0; n < 1000; n++)
        PUT(b, .n = n, .size = 1000);
    b->pace.close_ms = 0; /* of the next one */
    bench_reopen(b);
    assert_int_equal(settled(b)->entries, 1000);

    /* Without time nothing is, and all that was asked is told all the same. */
    struct cache_key key = key_number(1);
    struct sqlite_bench asked = {.done = false};
    for (uint32_t n = 1000; n < 21000; n++)
        PUT(b, .n = n);
    b->done = false;
    tier_sqlite.clear(b->tier, &(struct tier_filter){.scope = ALICE}, bench_on_cleared, b);
    tier_sqlite.get(b->tier, &(struct tier_get){ALICE, &key, 1, bench_on_got, &asked});
    bench_close(b);
    assert_true(b->done);
    assert_true(asked.done);
    assert_int_equal(b->code, ERR_UNAVAILABLE);
    assert_in_range(look(b, "SELECT count(*) FROM entry"), 1000, 20000);
    assert_sound(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_is_told),
        TEST(a_new_one_takes_the_place_of_the_old),
        TEST(several_keys_come_in_their_order),
        TEST(what_has_expired_is_not_told),
        TEST(the_least_recently_used_leave),
        TEST(what_was_just_used_stays),
        TEST(uses_beyond_what_is_held_are_written),
        TEST(clear_takes_what_the_filter_names),
        TEST(a_clear_is_at_once_for_whoever_asks),
        TEST(what_is_put_during_a_clear_is_told),
        TEST(lists_go_by_key),
        TEST(a_page_is_bounded),
        TEST(a_cancelled_get_tells_nothing),
        TEST(what_it_cannot_have_is_known),
        TEST(what_waits_is_bounded),
        TEST(what_waits_is_written_on_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
