/* A pool on a loop of the test's own, and transfers that tell what they saw. */
#ifndef ASKD_TESTS_POOL_CLIENT_H
#define ASKD_TESTS_POOL_CLIENT_H

#include "daemon/http/pool.h"
#include "lib/base/clock.h"
#include "tests/unit/http/http_server.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What one transfer told. */
struct seen {
    struct http_transfer *t; /* NULL once it is gone */
    struct response_head head;
    struct error err;
    char body[8192];
    size_t body_len;
    unsigned heads, bodies, ends;
    enum error_code code;
    struct seen *cancel_on_head, *cancel_on_body, *cancel_on_end; /* whose transfer to cancel then */
    bool close_on_body, close_on_end, again_on_body, again_on_end;
};

static uv_loop_t loop;
static struct http_pool *pool;
static unsigned n_ends;
static bool pool_closed;

static inline int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static inline void on_closed(void *data)
{
    *(bool *)data = true;
}

static inline void cancel(struct seen *s)
{
    if (!s || !s->t)
        return;
    http_cancel(s->t);
    s->t = NULL;
}

static inline void start(struct seen *s, const char *path);
static struct seen again;

static inline void on_head(void *data, const struct response_head *head)
{
    struct seen *s = data;
    assert_int_equal(s->bodies, 0);
    s->heads++;
    s->head = *head;
    cancel(s->cancel_on_head);
}

static inline void on_body(void *data, const uint8_t *bytes, size_t len)
{
    struct seen *s = data;
    assert_int_equal(s->heads, 1);
    assert_non_null(s->t);
    assert_true(s->body_len + len < sizeof(s->body));
    memcpy(s->body + s->body_len, bytes, len);
    s->body_len += len;
    s->bodies++;
    if (s->again_on_body)
        start(&again, "/plain");
    s->again_on_body = false;
    cancel(s->cancel_on_body);
    if (s->close_on_body)
        http_pool_close(pool, on_closed, &pool_closed);
}

static inline void on_end(void *data, enum error_code code, const struct error *err)
{
    struct seen *s = data;
    assert_non_null(s->t);
    assert_int_equal(code == ERR_NONE, err == NULL);
    s->ends++;
    n_ends++;
    s->code = code;
    if (err)
        s->err = *err;
    cancel(s->cancel_on_end);
    s->t = NULL;
    if (s->again_on_end)
        start(&again, "/plain");
    if (s->close_on_end)
        http_pool_close(pool, on_closed, &pool_closed);
}

static inline enum error_code start_url(struct seen *s, const char *url, const struct http_options *opt,
                                        struct error *err)
{
    static const struct http_callbacks cb = {on_head, on_body, on_end};
    struct exchange x;
    exchange_init(&x, 1024);
    x.method = "GET";
    x.url = strdup(url);
    enum error_code code = http_start(pool, &x, opt, &cb, s, &s->t, err);
    assert_null(x.url);
    assert_int_equal(s->heads + s->bodies + s->ends, 0);
    return code;
}

static inline void start_at(struct seen *s, const char *host, unsigned port, const char *path,
                            const struct http_options *opt)
{
    char url[2048];
    struct error err = ERROR_INIT;
    snprintf(url, sizeof(url), "http://%s:%u%s", host, port, path);
    assert_int_equal(start_url(s, url, opt, &err), ERR_NONE);
}

static inline void start(struct seen *s, const char *path)
{
    start_at(s, "127.0.0.1", server.port, path, &(struct http_options){.timeout_connect_ms = 5000});
}

static inline void run_until(const unsigned *count, unsigned enough)
{
    int64_t end = now_ms() + 10000;
    while (*count < enough) {
        assert_true(now_ms() < end);
        uv_run(&loop, UV_RUN_NOWAIT); /* not ONCE: what is counted may be the server's */
        usleep(200);
    }
}

static inline struct seen get(const char *path)
{
    static struct seen s;
    s = (struct seen){0};
    start(&s, path);
    run_until(&s.ends, 1);
    return s;
}

static inline unsigned active(void)
{
    struct http_stats stats;
    http_pool_stats(pool, &stats);
    return stats.active;
}

static inline int set_up(void **state)
{
    (void)state;
    again = (struct seen){0};
    n_ends = 0;
    pool_closed = false;
    server_forget();
    if (uv_loop_init(&loop) < 0)
        return -1;
    pool = http_pool_new(&loop, "askd-test");
    return 0;
}

/* No handle is left behind, whatever the test did. */
static inline int tear_down(void **state)
{
    (void)state;
    if (!pool_closed)
        http_pool_close(pool, on_closed, &pool_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(pool_closed);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

#define ON_POOL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* What the environment says of proxies is not for these. */
static inline int server_start_alone(void **state)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"};
    for (unsigned i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
        unsetenv(proxies[i]);
    signal(SIGPIPE, SIG_IGN);
    return server_start(state);
}

#endif
