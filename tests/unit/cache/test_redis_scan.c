/* Clears and lists of the tier in Redis. */
#include "tests/unit/cache/tier_run.h"

#include <cmocka.h>

#define ODD "namespace:a*b[c]?\\^-x"

/* Scopes that a pattern made without care would take for ODD, or for "uid:1000". */
static const char *const others[] = {"namespace:aXb[c]?\\^-x", "namespace:a*bc?\\^-x", ODD ":more", "uid:10001",
                                     "uid:1000:1"};
#define OTHERS (sizeof others / sizeof others[0])

static void put_in(struct run *r, const char *scope, uint8_t n)
{
    struct item_facts facts = run_facts(n);
    facts.scope = scope;
    run_put_facts(r, &facts);
}

static void open_filled(struct run *r, struct redis_server *s)
{
    run_begin(r, s);
    for (uint8_t n = 1; n <= 40; n++) {
        put_in(r, ODD, n);
        put_in(r, SCOPE, n);
    }
    for (size_t i = 0; i < OTHERS; i++)
        put_in(r, others[i], 1);
    assert_true(run_has(r, 40)); /* so all are there */
}

static long size_of(const struct redis_server *s)
{
    return server_number(server_ask(s, "DBSIZE"));
}

static void a_scope_is_cleared_and_no_other(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    open_filled(&r, &s);
    assert_int_equal(size_of(&s), 80 + OTHERS);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = "uid:100"}), 0);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = "*"}), 0);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = ODD}), 40);
    assert_int_equal(r.code, ERR_NONE);
    assert_int_equal(size_of(&s), 40 + OTHERS);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE}), 40);
    assert_int_equal(size_of(&s), OTHERS);
    run_end(&r, &s);
}

static void filters_hold_together(void **state)
{
    struct redis_server s;
    struct run r;
    struct cache_key key = key_number(7), none = key_number(77);
    struct item_facts facts = run_facts(50);
    (void)state;
    NEED_REDIS();
    open_filled(&r, &s);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .key = &none}), 0);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .key = &key, .model = "gpt"}), 0);
    assert_true(run_has(&r, 7));
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .key = &key}), 1);
    assert_false(run_has(&r, 7));

    facts.model = "gpt";
    facts.provider = "openai";
    facts.created_us -= 3600 * SECOND_US;
    run_put_facts(&r, &facts);
    facts.key = key_number(51);
    facts.created_us += 3600 * SECOND_US;
    run_put_facts(&r, &facts);
    assert_true(run_has(&r, 51));
    int64_t hour_ago = clock_wall_us() - 1800 * SECOND_US;
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .model = "anthropic/gpt"}), 0);
    assert_int_equal(
        run_clear(&r, &(struct tier_filter){.scope = SCOPE, .model = "claude", .created_before_us = hour_ago}), 0);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .created_before_us = hour_ago}), 1);
    assert_false(run_has(&r, 50));
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .model = "openai/gpt"}), 1);
    assert_false(run_has(&r, 51));
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .model = "claude"}), 39);
    assert_int_equal(size_of(&s), 40 + OTHERS);
    run_end(&r, &s);
}

/* Which of 1 .. 40 pages through the scope have told, each once. */
struct seen {
    unsigned times[41], pages, most;
    const char *scope;
    bool over;
    char after[64];
};

static void on_page(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err)
{
    struct seen *seen = data;
    assert_null(err);
    for (size_t i = 0; i < n; i++) {
        unsigned found = 0;
        for (uint8_t k = 1; k <= 40; k++) {
            struct cache_key key = key_number(k);
            struct cache_item *it = item_from_blob(blobs[i].data, blobs[i].len, &key, seen->scope);
            found += it != NULL;
            seen->times[k] += it != NULL;
            item_unref(it);
        }
        assert_int_equal(found, 1);
    }
    seen->pages++;
    seen->most = n > seen->most ? (unsigned)n : seen->most;
    (void)snprintf(seen->after, sizeof seen->after, "%s", after);
    seen->over = true;
}

static void check_pages(struct run *r, struct seen *seen, uint32_t limit)
{
    do {
        const struct tier_list list = {
            .scope = seen->scope, .after = seen->after, .limit = limit, .done = on_page, .data = seen};
        seen->over = false;
        r->ops->list(r->tier, &list);
        assert_false(seen->over);
        RUN_UNTIL(r, seen->over);
    } while (seen->after[0]);
    for (int n = 1; n <= 40; n++)
        assert_int_equal(seen->times[n], 1);
}

static void lists_come_in_pages(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    open_filled(&r, &s);
    struct seen few = {.scope = ODD}, all = {.scope = SCOPE};
    check_pages(&r, &few, 4);
    assert_true(few.pages > 2);
    assert_true(few.most < 30);
    check_pages(&r, &all, 1000);
    assert_int_equal(all.pages, 1);

    const struct tier_list bad = {
        .scope = SCOPE, .after = "7; FLUSHALL", .limit = 1, .done = run_on_listed, .data = &r};
    unsigned told = r.told;
    r.ops->list(r.tier, &bad);
    assert_int_equal(r.told, told);
    RUN_UNTIL(&r, r.told > told);
    assert_int_equal(r.code, ERR_INVALID_REQUEST);
    run_end(&r, &s);
}

static void there_are_only_so_many_at_once(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    open_filled(&r, &s);
    unsigned told = r.told;
    server_signal(&s, SIGSTOP); /* so they wait */
    for (int i = 0; i < 9; i++)
        r.ops->clear(r.tier, &(struct tier_filter){.scope = "uid:5"}, run_on_cleared, &r);
    RUN_UNTIL(&r, r.told == told + 1);
    assert_int_equal(r.code, ERR_OVERLOADED);
    server_signal(&s, SIGCONT);
    RUN_UNTIL(&r, r.told == told + 9);
    assert_int_equal(r.code, ERR_NONE);
    run_end(&r, &s);
}

static void what_cannot_be_cleared_is_an_error(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    open_filled(&r, &s);
    assert_string_equal(server_ask(&s, "ACL SETUSER default -unlink"), "+OK");
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE}), 0);
    assert_int_equal(r.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(r.error, "NOPERM"));
    server_kill(&s);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE}), 0);
    assert_int_equal(r.code, ERR_UNAVAILABLE);
    run_end(&r, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scope_is_cleared_and_no_other),
        cmocka_unit_test(filters_hold_together),
        cmocka_unit_test(lists_come_in_pages),
        cmocka_unit_test(there_are_only_so_many_at_once),
        cmocka_unit_test(what_cannot_be_cleared_is_an_error),
    };
    return cmocka_run_group_tests_name("redis_scan", tests, NULL, NULL);
}
