#include "tests/unit/cache/tier_run.h"

#include <cmocka.h>

static void what_is_put_is_got(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    server_start(&s, NULL);
    run_open(&r, &s);
    assert_string_equal(run_status(&r)->state, "opening");
    run_until_state(&r, "ok");
    assert_false(run_has(&r, 1));
    for (uint8_t n = 1; n <= 10; n++)
        if (n != 4)
            run_put(&r, n);
    run_get(&r, 0, 12); /* more than one command asks for, in their order */
    for (uint8_t n = 0; n < 12; n++)
        assert_int_equal(r.blobs[n].data != NULL, n >= 1 && n <= 10 && n != 4);
    assert_string_equal(server_ask(&s, "DBSIZE"), ":9");
    run_get(&r, 0, 0);
    assert_int_equal(run_status(&r)->entries, -1);
    assert_int_equal(run_status(&r)->bytes, -1);
    assert_int_equal(run_status(&r)->failures, 0);
    run_end(&r, &s);
}

static void check_blob(void *data, const struct item_bytes *blobs, size_t n)
{
    struct run *r = data;
    struct cache_key key = key_number(1);
    assert_int_equal(n, 1);
    struct cache_item *it = item_from_blob(blobs[0].data, blobs[0].len, &key, SCOPE);
    assert_non_null(it);
    assert_int_equal(item_facts(it)->runs.len, 200000);
    item_unref(it);
    r->told++;
}

static void large_items_come_back_as_they_were(void **state)
{
    struct redis_server s;
    struct run r;
    struct cache_key key = key_number(1);
    static double numbers[25000];
    struct item_facts facts = vector_facts(1, numbers, 25000);
    (void)state;
    NEED_REDIS();
    run_begin(&r, &s);
    facts.expires_us = clock_wall_us() + 60 * SECOND_US;
    run_put_facts(&r, &facts);
    const struct tier_get get = {.scope = SCOPE, .keys = &key, .n = 1, .done = check_blob, .data = &r};
    r.ops->get(r.tier, &get);
    RUN_UNTIL(&r, r.told == 1);
    run_end(&r, &s);
}

/* The name of item n, as it stands in Redis. */
static const char *name_of(uint8_t n)
{
    static char name[256];
    char hex[KEY_HEX + 1];
    struct cache_key key = key_number(n);
    key_hex(&key, hex);
    (void)snprintf(name, sizeof name, "askd:" SCOPE ":%s", hex);
    return name;
}

static void items_leave_when_they_expire(void **state)
{
    struct redis_server s;
    struct run r;
    struct item_facts facts = run_facts(1);
    (void)state;
    NEED_REDIS();
    run_begin(&r, &s);
    run_put_facts(&r, &facts);
    assert_true(run_has(&r, 1));
    long left = server_number(server_ask(&s, "PTTL %s", name_of(1)));
    assert_in_range(left, 40000, 60000);
    facts.expires_us = clock_wall_us() - SECOND_US; /* of no use any more */
    facts.created_us = facts.expires_us - SECOND_US;
    facts.key = key_number(2);
    run_put_facts(&r, &facts);
    assert_false(run_has(&r, 2));
    assert_string_equal(server_ask(&s, "DBSIZE"), ":1");
    run_end(&r, &s);
}

/* "ok", or the reason. */
static void check_login(const char *url, const char *says)
{
    struct run r;
    run_open_with(&r, url, RUN_SECRET, RUN_PATIENCE_MS);
    run_until_state(&r, says ? "failing" : "ok");
    if (says && !strstr(run_status(&r)->error, says))
        fail_msg("%s: %s", url, run_status(&r)->error);
    run_close(&r);
}

static void passwords_and_databases(void **state)
{
    struct redis_server s;
    struct run r;
    char url[128];
    (void)state;
    NEED_REDIS();
    server_start(&s, "open-sesame");
    assert_string_equal(server_ask(&s, "ACL SETUSER ali on >baba ~askd:* +mget +set +unlink +scan +ping +select"),
                        "+OK");
    static const struct {
        const char *login, *db, *says;
    } rows[] = {
        {":open-sesame@127.0.0.1", "", NULL},
        {"ali:b%61ba@localhost", "/2", NULL},
        {"127.0.0.1", "", "wants a password"},
        {":open@127.0.0.1", "", "does not take this user and password"},
        {"ali:open-sesame@127.0.0.1", "", "does not take this user and password"},
        {":open-sesame@127.0.0.1", "/99", "no database of this number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(url, sizeof url, "redis://%s:%d%s", rows[i].login, s.port, rows[i].db);
        check_login(url, rows[i].says);
    }
    (void)snprintf(url, sizeof url, "unix://ali:baba@%s?db=3", s.socket);
    run_open_with(&r, url, RUN_SECRET, RUN_PATIENCE_MS);
    run_until_state(&r, "ok");
    run_put(&r, 1);
    run_put(&r, 2);
    assert_true(run_has(&r, 1));
    assert_true(run_has(&r, 2));
    struct cache_key second = key_number(2);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = SCOPE, .key = &second, .model = "claude"}), 1);
    assert_int_equal(run_clear(&r, &(struct tier_filter){.scope = "uid:5"}), 0);
    assert_int_equal(r.code, ERR_NONE);
    assert_string_equal(server_ask(&s, "MOVE %s 3", name_of(1)), ":0"); /* it is not in the first */
    assert_string_equal(server_ask(&s, "SWAPDB 0 3"), "+OK");
    assert_string_equal(server_ask(&s, "DBSIZE"), ":1");
    run_end(&r, &s);
}

static void two_share_what_one_has_put(void **state)
{
    struct redis_server s;
    struct run a, b, stranger;
    (void)state;
    NEED_REDIS();
    server_start(&s, NULL);
    run_open(&a, &s);
    run_open(&b, &s);
    run_open_with(&stranger, s.socket, "another secret", RUN_PATIENCE_MS);
    run_until_state(&a, "ok");
    run_until_state(&b, "ok");
    run_until_state(&stranger, "ok");
    run_put_whole(&a, 1);
    assert_true(run_has(&b, 1));
    assert_false(run_has(&stranger, 1));
    assert_int_equal(run_status(&stranger)->failures, 1);
    run_put_whole(&stranger, 2);
    assert_false(run_has(&b, 2));
    run_close(&a);
    run_close(&b);
    run_close(&stranger);
    server_stop(&s);
}

static void what_was_not_put_by_us_is_a_miss(void **state)
{
    struct redis_server s;
    struct run r;
    char other[256];
    (void)state;
    NEED_REDIS();
    run_begin(&r, &s);
    for (uint8_t n = 1; n <= 5; n++)
        run_put(&r, n);
    run_get(&r, 1, 5);
    long len = server_number(server_ask(&s, "STRLEN %s", name_of(1))); /* of all of them */
    assert_true(len > 0);
    assert_int_equal(server_number(server_ask(&s, "SETRANGE %s 0 x", name_of(1))), len);
    assert_int_equal(server_number(server_ask(&s, "APPEND %s x", name_of(2))), len + 1);
    assert_string_equal(server_ask(&s, "SET %s short", name_of(3)), "+OK");
    (void)snprintf(other, sizeof other, "%s", name_of(5));
    assert_string_equal(server_ask(&s, "COPY %s %s REPLACE", other, name_of(4)), ":1"); /* signed, but of another */
    assert_string_equal(server_ask(&s, "LPUSH %s x", name_of(6)), ":1");
    run_get(&r, 1, 6);
    for (uint8_t n = 1; n <= 6; n++)
        assert_int_equal(r.blobs[n - 1].data != NULL, n == 5);
    assert_int_equal(run_status(&r)->failures, 4); /* MGET says of a list that there is nothing */
    assert_string_equal(run_status(&r)->state, "ok");
    run_put_whole(&r, 1);
    run_end(&r, &s);
}

static void a_cancelled_get_tells_nothing(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    server_start(&s, NULL);
    run_open(&r, &s);
    r.ops->cancel(r.tier, run_ask(&r, 1, 1)); /* not connected yet */
    run_until_state(&r, "ok");
    r.ops->cancel(r.tier, run_ask(&r, 1, 1));
    assert_int_equal(r.told, 0);
    assert_false(run_has(&r, 1)); /* its reply is behind that of the others */
    assert_int_equal(r.told, 1);
    run_end(&r, &s);
}

static void what_was_put_is_written_before_it_closes(void **state)
{
    struct redis_server s;
    struct run r;
    struct tier_list list = {.scope = SCOPE, .after = "", .limit = 10, .done = run_on_listed, .data = &r};
    const struct tier_filter filter = {.scope = "uid:5"};
    (void)state;
    NEED_REDIS();
    run_begin(&r, &s);
    run_ask(&r, 1, 1);
    r.ops->list(r.tier, &list);
    r.ops->clear(r.tier, &filter, run_on_cleared, &r);
    for (uint8_t n = 1; n <= 20; n++)
        run_put(&r, n);
    assert_int_equal(r.told, 0);
    run_close(&r);
    assert_int_equal(r.told, 3);
    assert_int_equal(r.code, ERR_CANCELLED);
    assert_string_equal(server_ask(&s, "DBSIZE"), ":20");
    server_stop(&s);
}

static void it_closes_before_it_has_connected(void **state)
{
    struct run r;
    (void)state;
    if (!run_module())
        SKIP("built without hiredis");
    run_open_with(&r, "redis://localhost:1", RUN_SECRET, 20);
    run_close(&r); /* while it looks the name up */
    run_open_with(&r, "/nonexistent/askd.sock", RUN_SECRET, 20);
    run_close(&r);
    run_open_with(&r, "/nonexistent/askd.sock", RUN_SECRET, 20);
    run_until_state(&r, "failing");
    assert_string_equal(run_status(&r)->error, "no such file or directory");
    run_close(&r);
}

static void what_it_does_not_open(void **state)
{
    static const struct {
        const char *url, *secret, *says;
    } rows[] = {
        {NULL, "s", "no url"},          {"", "s", "no url"},        {"redis://h", NULL, "no secret"},
        {"redis://h", "", "no secret"}, {"rediss://h", "s", "TLS"},
    };
    uv_loop_t loop;
    const struct tier_ops *ops = run_module();
    (void)state;
    if (!ops)
        SKIP("built without hiredis");
    assert_ptr_equal(run_module(), ops);
    assert_string_equal(ops->name, "redis");
    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = ERROR_INIT;
        const struct tier_options opt = {.url = rows[i].url, .secret = rows[i].secret, .timeout_ms = 20};
        assert_null(ops->open(&loop, &opt, &err));
        assert_non_null(strstr(err.message, rows[i].says));
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_got),
        cmocka_unit_test(large_items_come_back_as_they_were),
        cmocka_unit_test(items_leave_when_they_expire),
        cmocka_unit_test(passwords_and_databases),
        cmocka_unit_test(two_share_what_one_has_put),
        cmocka_unit_test(what_was_not_put_by_us_is_a_miss),
        cmocka_unit_test(a_cancelled_get_tells_nothing),
        cmocka_unit_test(what_was_put_is_written_before_it_closes),
        cmocka_unit_test(it_closes_before_it_has_connected),
        cmocka_unit_test(what_it_does_not_open),
    };
    return cmocka_run_group_tests_name("redis", tests, NULL, NULL);
}
