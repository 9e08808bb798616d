#include "daemon/engine/fault.h"
#include "daemon/engine/fetch.h"
#include "tests/unit/http/http_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uv_loop_t loop;
static struct http_pool *pool;

struct seen {
    int told;
    struct error err;
    int status;
    char body[4096];
};

static void on_got(void *data, const struct fetch_reply *reply, const struct error *err)
{
    struct seen *s = data;
    s->told++;
    assert_true(!reply == !!err);
    if (err)
        s->err = *err;
    if (reply) {
        s->status = reply->head.status;
        snprintf(s->body, sizeof(s->body), "%.*s", (int)reply->len, (const char *)reply->body);
    }
}

static struct fetch *start(struct seen *s, const char *path, size_t max_body, int64_t timeout_ms)
{
    struct provider p = {.name = "lan", .timeout_connect_ms = 5000};
    const struct fetch_options opt = {p.name, fetch_reach(&p), timeout_ms, max_body, "its models"};
    struct exchange x;
    struct error err = ERROR_INIT;
    char url[128];
    *s = (struct seen){.err = ERROR_INIT};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
    exchange_init(&x, 0);
    x.method = "GET";
    x.url = strdup(url);
    struct fetch *f = fetch_start(&loop, pool, &x, &opt, on_got, s, &err);
    exchange_done(&x);
    assert_non_null(f);
    assert_int_equal(s->told, 0);
    return f;
}

static struct seen get(const char *path, size_t max_body, int64_t timeout_ms)
{
    static struct seen s;
    (void)start(&s, path, max_body, timeout_ms);
    while (!s.told)
        uv_run(&loop, UV_RUN_ONCE);
    return s;
}

static void on_closed(void *data)
{
    (void)data;
}

static int set_up(void **state)
{
    (void)state;
    server_forget();
    if (uv_loop_init(&loop) < 0)
        return -1;
    pool = http_pool_new(&loop, "askd-test");
    return 0;
}

/* No handle is left behind, and nobody is told twice. */
static int tear_down(void **state)
{
    (void)state;
    http_pool_close(pool, on_closed, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void a_body_of_just_the_bound(void **state)
{
    (void)state;
    struct seen s = get("/plain", 5, 5000);
    assert_int_equal(s.err.code, ERR_NONE);
    assert_int_equal(s.status, 200);
    assert_string_equal(s.body, "hello");
}

static void a_larger_one(void **state)
{
    static const char *const paths[] = {"/plain", "/drip"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct seen s = get(paths[i], i == 0 ? 4 : 3, 5000);
        assert_int_equal(s.err.code, ERR_TOO_LARGE);
        assert_int_equal(s.told, 1);
    }
    assert_string_equal(get("/plain", 4, 5000).err.message, "lan sends its models in more than 4 bytes");
}

static void one_that_takes_too_long(void **state)
{
    static const char *const paths[] = {"/wait", "/drip"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct seen s = get(paths[i], 4096, 50);
        assert_int_equal(s.err.code, ERR_TIMEOUT);
        assert_string_equal(s.err.message, "lan did not send its models within 0 s");
    }
}

static void any_status_is_an_answer(void **state)
{
    (void)state;
    struct seen s = get("/redirect", 4096, 5000);
    assert_int_equal(s.err.code, ERR_NONE);
    assert_int_equal(s.status, 302);
    assert_string_equal(s.body, "gone");
}

static void none_came(void **state)
{
    (void)state;
    assert_int_equal(get("/close", 4096, 5000).err.code, ERR_UNAVAILABLE);
    assert_int_equal(get("/short", 4096, 5000).err.code, ERR_UNAVAILABLE);
}

static void cancelled(void **state)
{
    struct seen s;
    (void)state;
    assert_null(fetch_cancel(start(&s, "/plain", 4096, 5000)));
    assert_string_equal(get("/slow", 4096, 5000).body, "hello");
    assert_int_equal(s.told, 0);
    assert_null(fetch_cancel(NULL));
}

/* -- what is said of a key -- */

static void the_source_of_a_refused_key(void **state)
{
    struct error err = ERROR_INIT;
    char longest[600];
    (void)state;
    error_set(&err, ERR_UNAUTHENTICATED, "it is no good");
    fault_name_key(&err, NULL);
    assert_string_equal(err.message, "it is no good");
    fault_name_key(&err, "file /x");
    assert_string_equal(err.message, "it is no good (key from file /x)");
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    error_set(&err, ERR_UNAUTHENTICATED, "%s", longest);
    fault_name_key(&err, "file /y");
    assert_non_null(strstr(err.message, "x (key from file /y)"));
    fault_name_key(&err, longest);
    assert_int_equal(err.message[strlen(err.message) - 1], ')');
    error_set(&err, ERR_RATE_LIMITED, "too often");
    fault_name_key(&err, "file /x");
    assert_string_equal(err.message, "too often");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_of_just_the_bound),
        TEST(a_larger_one),
        TEST(one_that_takes_too_long),
        TEST(any_status_is_an_answer),
        TEST(none_came),
        TEST(cancelled),
        cmocka_unit_test(the_source_of_a_refused_key),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
