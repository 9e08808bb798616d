/* What is answered, and the connections behind it. */
#include "lib/base/secret.h"
#include "tests/unit/http/pool_client.h"

#define MANY 100

/* --- what is answered --- */

static void plain(void **state)
{
    (void)state;
    struct seen s = get("/plain");
    assert_int_equal(s.code, ERR_NONE);
    assert_int_equal(s.head.status, 200);
    assert_string_equal(s.head.content_type, "text/plain");
    assert_string_equal(s.head.request_id, "req-1");
    assert_true(s.head.retry_after < 0);
    assert_int_equal(s.head.should_retry, -1);
    assert_string_equal(s.body, "hello");
    assert_int_equal(active(), 0);
}

static void chunked(void **state)
{
    (void)state;
    struct seen s = get("/chunked");
    assert_int_equal(s.code, ERR_NONE);
    assert_string_equal(s.head.content_type, "text/event-stream");
    assert_string_equal(s.body, "one two three");
    assert_true(s.bodies >= 3);
    assert_int_equal(s.heads, 1);
    assert_string_equal(s.head.request_id, ""); /* that was a trailer */
}

static void gzip(void **state)
{
    (void)state;
    struct seen s = get("/gzip");
    assert_int_equal(s.code, ERR_NONE);
    assert_int_equal(s.body_len, 8 * 23);
    assert_memory_equal(s.body, "hello from a gzip body\nhello", 28);
    s = get("/badgzip");
    assert_int_equal(s.code, ERR_BAD_RESPONSE);
    assert_int_equal(s.body_len, 0);
}

static void redirect_is_not_followed(void **state)
{
    (void)state;
    struct seen s = get("/redirect");
    assert_int_equal(s.code, ERR_NONE);
    assert_int_equal(s.head.status, 302);
    assert_string_equal(s.body, "gone");
    assert_int_equal(server.n_paths, 1);
}

static void interim_head_is_skipped(void **state)
{
    (void)state;
    struct seen s = get("/early");
    assert_int_equal(s.heads, 1);
    assert_int_equal(s.head.status, 200);
    assert_string_equal(s.head.content_type, "");
    assert_string_equal(s.head.request_id, "");
    assert_string_equal(s.body, "late");
}

static void retry_fields(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        int retry_after_ms, should_retry; /* -1: not told */
    } rows[] = {
        {"Retry-After:+7", 7000, -1},
        {"retry-after:2.5+|x-should-retry:+true", 2500, 1},
        {"Retry-After:+7|retry-after-ms:+120|X-Should-Retry:+FALSE", 120, 0},
        {"retry-after-ms:+120|Retry-After:+7", 120, -1},
        {"Retry-After:+Sun,+09+Sep+2001+01:46:50+GMT", 10000, -1}, /* the clock stands at 1000000000 */
        {"Retry-After:+Sun,+09+Sep+2001+01:46:30+GMT", 0, -1},
        {"Retry-After:+-3", -1, -1},
        {"Retry-After:+inf|x-should-retry:+maybe", -1, -1},
        {"Retry-After:+soon", -1, -1},
        {"Retry-After:", -1, -1},
    };
    clock_set(0, INT64_C(1000000000) * 1000000);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[200];
        snprintf(path, sizeof(path), "/head?%s", rows[i].fields);
        struct seen s = get(path);
        assert_int_equal(s.heads, 1);
        assert_int_equal(s.head.retry_after < 0 ? -1 : (int)(s.head.retry_after * 1000 + 0.5), rows[i].retry_after_ms);
        assert_int_equal(s.head.should_retry, rows[i].should_retry);
    }
    clock_set(-1, 0);
}

static void rate_fields(void **state)
{
    (void)state;
    struct seen s = get("/head?X-RateLimit-Limit-Requests:+500|Date:+Sun,+09+Sep+2001+01:46:40+GMT|"
                        "anthropic-ratelimit-tokens-reset:+2026-08-19T14:34:19Z|RateLimit-Remaining:|"
                        "X-Rate-Limit-Reset:+7|x-trial-endpoint-call-limit:+20|x-trial-endpoint-call-remaining:+19|"
                        "x-endpoint-monthly-call-limit:+1000|x-limit:+1|x-call:+2");
    static const struct rate_header rows[] = {
        {"x-ratelimit-limit-requests", "500"},
        {"anthropic-ratelimit-tokens-reset", "2026-08-19T14:34:19Z"},
        {"ratelimit-remaining", ""},
        {"x-rate-limit-reset", "7"},
        {"x-trial-endpoint-call-limit", "20"},
        {"x-trial-endpoint-call-remaining", "19"},
        {"x-endpoint-monthly-call-limit", "1000"},
    };
    assert_int_equal(s.head.n_rate, sizeof(rows) / sizeof(rows[0]));
    for (unsigned i = 0; i < s.head.n_rate; i++) {
        assert_string_equal(s.head.rate[i].name, rows[i].name);
        assert_string_equal(s.head.rate[i].value, rows[i].value);
    }
    assert_int_equal(s.head.date_us, INT64_C(1000000000) * 1000000);
    s = get("/head?Date:+yesterday");
    assert_int_equal(s.head.n_rate, 0);
    assert_int_equal(s.head.date_us, 0);
}

/* A name of 47 and a value of 63 characters fit, one more of either does not; nor does the header after the last. */
static void rate_fields_are_bounded(void **state)
{
    (void)state;
    char path[1000];
    snprintf(path, sizeof(path),
             "/head?x-ratelimit-%035d:+1|x-ratelimit-%036d:+1|x-ratelimit-a:+%063d|x-ratelimit-b:+%064d", 0, 0, 0, 0);
    struct seen s = get(path);
    assert_int_equal(s.head.n_rate, 2);
    assert_int_equal(strlen(s.head.rate[0].name), 47);
    assert_string_equal(s.head.rate[1].name, "x-ratelimit-a");
    assert_int_equal(strlen(s.head.rate[1].value), 63);

    int len = snprintf(path, sizeof(path), "/head?");
    for (int i = 0; i <= RATE_HEADERS_MAX; i++)
        len += snprintf(path + len, sizeof(path) - (size_t)len, "ratelimit-%d:+%d|", i, i);
    snprintf(path + len, sizeof(path) - (size_t)len, "request-id:+last");
    s = get(path);
    assert_int_equal(s.head.n_rate, RATE_HEADERS_MAX);
    assert_string_equal(s.head.rate[RATE_HEADERS_MAX - 1].value, "15");
    assert_string_equal(s.head.request_id, "last");
}

static void request_is_sent_whole(void **state)
{
    (void)state;
    static const struct http_callbacks cb = {on_head, on_body, on_end};
    struct seen s = {0};
    struct exchange x;
    struct error err = ERROR_INIT;
    struct secret *key = secret_new("sk-123", 6);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/headers", server.port);
    exchange_init(&x, 1200000);
    x.method = "POST";
    x.url = strdup(url);
    exchange_header(&x, "Content-Type", "application/json");
    exchange_header(&x, "X-Empty", "");
    exchange_secret_header(&x, "Authorization", "Bearer ", key);
    exchange_secret_header(&x, "X-Api-Key", "", key);
    for (unsigned i = 0; i < 1200000; i++)
        buf_putc(&x.body, 'a'); /* large: for this one curl would ask "Expect: 100-continue" */
    assert_int_equal(http_start(pool, &x, &(struct http_options){0}, &cb, &s, &s.t, &err), ERR_NONE);
    assert_int_equal(x.n_headers, 0);
    secret_unref(key);
    run_until(&s.ends, 1);
    assert_int_equal(s.code, ERR_NONE);
    assert_non_null(strstr(s.body, "POST /headers HTTP/1.1\r\n"));
    assert_non_null(strstr(s.body, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(s.body, "X-Empty:"));
    assert_non_null(strstr(s.body, "Authorization: Bearer sk-123\r\n"));
    assert_non_null(strstr(s.body, "X-Api-Key: sk-123\r\n"));
    assert_non_null(strstr(s.body, "User-Agent: askd-test\r\n"));
    assert_non_null(strstr(s.body, "Content-Length: 1200000\r\n"));
    assert_null(strcasestr(s.body, "Expect:"));
}

static void body_arrives(void **state)
{
    (void)state;
    static const struct http_callbacks cb = {on_head, on_body, on_end};
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/echo", server.port);
    static const char *const bodies[] = {"", "{\"a\": [1, 2]}"};
    for (unsigned i = 0; i < 2; i++) {
        struct seen s = {0};
        struct exchange x;
        struct error err = ERROR_INIT;
        exchange_init(&x, 1024);
        x.method = "POST";
        x.url = strdup(url);
        buf_puts(&x.body, bodies[i]);
        assert_int_equal(http_start(pool, &x, &(struct http_options){0}, &cb, &s, &s.t, &err), ERR_NONE);
        run_until(&s.ends, 1);
        assert_int_equal(s.code, ERR_NONE);
        assert_string_equal(s.body, bodies[i]);
    }
}

/* --- connections --- */

static void connections_are_kept(void **state)
{
    (void)state;
    struct http_stats stats;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(get(i % 2 ? "/chunked" : "/plain").code, ERR_NONE);
    http_pool_stats(pool, &stats);
    assert_int_equal(stats.started, 5);
    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.reused, 4);
    assert_int_equal(stats.http1, 5);
    assert_int_equal(server.connections, 1);
}

static struct http_host_stats host_stats(const char *path)
{
    struct http_host_stats stats;
    char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
    http_host_stats(pool, url, &stats);
    return stats;
}

static void hosts_are_known(void **state)
{
    (void)state;
    struct http_host_stats stats;
    assert_null(host_stats("/").protocol);
    for (unsigned i = 0; i < 3; i++)
        get("/plain");
    assert_string_equal(host_stats("/elsewhere").protocol, "http/1.1");
    assert_int_equal(host_stats("/").opened, 1);
    assert_int_equal(host_stats("/").reused, 2);
    http_host_stats(pool, "http://other.invalid/", &stats);
    assert_null(stats.protocol);
    http_host_stats(pool, "no URL", &stats);
    assert_null(stats.protocol);
}

/* A host leaves for another, if no connection to it is kept. */
static void hosts_are_bounded(void **state)
{
    bool kept = *state != NULL;
    static struct seen s;
    char url[64];
    struct error err = ERROR_INIT;
    get(kept ? "/plain" : "/short");
    assert_non_null(host_stats("/").protocol);
    for (unsigned i = 1; i <= 256; i++) {
        assert_non_null(host_stats("/").protocol);
        snprintf(url, sizeof(url), "http://h%u.invalid/", i);
        assert_int_equal(start_url(&s, url, &(struct http_options){0}, &err), ERR_NONE);
        cancel(&s);
    }
    assert_int_equal(host_stats("/").protocol != NULL, kept);
}

static void many_at_once(void **state)
{
    (void)state;
    static struct seen s[MANY];
    memset(s, 0, sizeof(s));
    for (unsigned i = 0; i < MANY; i++)
        start(&s[i], i % 2 ? "/slow" : "/chunked");
    assert_int_equal(active(), MANY);
    run_until(&n_ends, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(s[i].code, ERR_NONE);
        assert_int_equal(s[i].ends, 1);
        assert_string_equal(s[i].body, i % 2 ? "hello" : "one two three");
    }
    assert_true(server.most_at_once > 10); /* they ran side by side */
}

/* --- connections that are opened ahead; that they are used: tests/rpc/test_warm.py --- */

static unsigned long long warmed(void)
{
    struct http_stats stats;
    http_pool_stats(pool, &stats);
    return stats.warmed;
}

static unsigned n_failed;
static struct error last_failure;

static void on_failed(const struct error *err)
{
    n_failed++;
    last_failure = *err;
}

static void warm(const char *scheme, unsigned port)
{
    char url[64];
    snprintf(url, sizeof(url), "%s://127.0.0.1:%u/v1", scheme, port);
    http_warm(pool, url, &(struct http_options){.timeout_connect_ms = 5000}, on_failed);
}

static void only_tls_is_warmed(void **state)
{
    (void)state;
    n_failed = 0;
    warm("http", server.port);
    warm("ftp", server.port);
    http_warm(pool, "https://", &(struct http_options){0}, on_failed);
    assert_int_equal(warmed(), 0);
    assert_int_equal(n_failed, 0);
}

static void warmed_once(void **state)
{
    (void)state;
    unsigned port;
    int fd = listen_loopback(4, &port);
    warm("https", port);
    assert_int_equal(active(), 1);
    warm("HTTPS", port); /* the first is under way */
    assert_int_equal(warmed(), 1);
    close(fd);
}

static void warmed_in_vain(void **state)
{
    (void)state;
    unsigned port;
    n_failed = 0;
    close(listen_loopback(1, &port)); /* nobody listens there any more */
    warm("https", port);
    assert_int_equal(n_failed, 0);
    run_until(&n_failed, 1);
    assert_int_equal(last_failure.code, ERR_UNAVAILABLE);
    assert_int_equal(active(), 0);
    warm("https", port); /* not so soon */
    assert_int_equal(warmed(), 1);
    http_warm(pool, "https://127.0.0.1:1/", &(struct http_options){0}, NULL);
    assert_int_equal(warmed(), 2);
    while (active())
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(n_failed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POOL(plain),
        ON_POOL(chunked),
        ON_POOL(gzip),
        ON_POOL(redirect_is_not_followed),
        ON_POOL(interim_head_is_skipped),
        ON_POOL(retry_fields),
        ON_POOL(rate_fields),
        ON_POOL(rate_fields_are_bounded),
        ON_POOL(request_is_sent_whole),
        ON_POOL(body_arrives),
        ON_POOL(connections_are_kept),
        ON_POOL(hosts_are_known),
        ON_POOL(hosts_are_bounded),
        {"hosts_with_connections_stay", hosts_are_bounded, set_up, tear_down, &server},
        ON_POOL(many_at_once),
        ON_POOL(only_tls_is_warmed),
        ON_POOL(warmed_once),
        ON_POOL(warmed_in_vain),
    };
    return cmocka_run_group_tests(tests, server_start_alone, server_stop);
}
