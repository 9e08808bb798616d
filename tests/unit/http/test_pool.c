#include "daemon/http/pool.h"

#include "lib/base/clock.h"
#include "lib/base/secret.h"
#include "tests/unit/http/http_server.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 100

/* libcurl's resolver thread calls this one: a name server that does not answer. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node && strcmp(node, "hang.invalid") == 0) {
        usleep(3000000);
        return EAI_AGAIN;
    }
    return real(node, service, hints, res);
}

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

static int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void cancel(struct seen *s)
{
    if (!s || !s->t)
        return;
    http_cancel(s->t);
    s->t = NULL;
}

static void start(struct seen *s, const char *path);
static struct seen again;

static void on_head(void *data, const struct response_head *head)
{
    struct seen *s = data;
    assert_int_equal(s->bodies, 0);
    s->heads++;
    s->head = *head;
    cancel(s->cancel_on_head);
}

static void on_body(void *data, const uint8_t *bytes, size_t len)
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

static void on_end(void *data, enum error_code code, const struct error *err)
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

static enum error_code start_url(struct seen *s, const char *url, const struct http_options *opt, struct error *err)
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

static void start_at(struct seen *s, const char *host, unsigned port, const char *path, const struct http_options *opt)
{
    char url[512];
    struct error err = ERROR_INIT;
    snprintf(url, sizeof(url), "http://%s:%u%s", host, port, path);
    assert_int_equal(start_url(s, url, opt, &err), ERR_NONE);
}

static void start(struct seen *s, const char *path)
{
    start_at(s, "127.0.0.1", server.port, path, &(struct http_options){.timeout_connect_ms = 5000});
}

static void run_until(const unsigned *count, unsigned enough)
{
    int64_t end = now_ms() + 10000;
    while (*count < enough) {
        assert_true(now_ms() < end);
        uv_run(&loop, UV_RUN_NOWAIT); /* not ONCE: what is counted may be the server's */
        usleep(200);
    }
}

static struct seen get(const char *path)
{
    static struct seen s;
    s = (struct seen){0};
    start(&s, path);
    run_until(&s.ends, 1);
    return s;
}

static unsigned active(void)
{
    struct http_stats stats;
    http_pool_stats(pool, &stats);
    return stats.active;
}

static int set_up(void **state)
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
static int tear_down(void **state)
{
    (void)state;
    if (!pool_closed)
        http_pool_close(pool, on_closed, &pool_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(pool_closed);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

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

/* --- faults --- */

static void check_fault(const struct seen *s, enum error_code code, const char *text)
{
    assert_int_equal(s->ends, 1);
    assert_int_equal(s->code, code);
    assert_int_equal(s->err.code, code);
    if (!strstr(s->err.message, text))
        fail_msg("\"%s\" does not say \"%s\"", s->err.message, text);
    assert_non_null(strstr(s->err.message, "127.0.0.1:"));
}

static void refused(void **state)
{
    (void)state;
    unsigned port;
    close(listen_loopback(1, &port)); /* nobody listens there any more */
    static struct seen s;
    s = (struct seen){0};
    start_at(&s, "127.0.0.1", port, "/", &(struct http_options){0});
    run_until(&s.ends, 1);
    check_fault(&s, ERR_UNAVAILABLE, "Connection refused");
    assert_int_equal(s.heads, 0);
}

static void broken_answers(void **state)
{
    (void)state;
    struct seen s = get("/close");
    check_fault(&s, ERR_UNAVAILABLE, "without an answer");
    assert_int_equal(s.heads, 0);
    s = get("/torn");
    check_fault(&s, ERR_UNAVAILABLE, "head");
    assert_int_equal(s.heads, 0);
    s = get("/short");
    check_fault(&s, ERR_UNAVAILABLE, "before the answer's end");
    assert_string_equal(s.body, "half");
    s = get("/reset");
    check_fault(&s, ERR_UNAVAILABLE, "broke");
    assert_string_equal(s.body, "half");
    s = get("/garbage");
    check_fault(&s, ERR_BAD_RESPONSE, "HTTP");
    assert_int_equal(s.heads, 0);
}

static void post(struct seen *s, const char *path, bool fresh)
{
    static const struct http_callbacks cb = {on_head, on_body, on_end};
    struct exchange x;
    struct error err = ERROR_INIT;
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
    *s = (struct seen){0};
    exchange_init(&x, 1024);
    x.method = "POST";
    x.url = strdup(url);
    buf_puts(&x.body, "once");
    assert_int_equal(http_start(pool, &x, &(struct http_options){.fresh = fresh}, &cb, s, &s->t, &err), ERR_NONE);
    run_until(&s->ends, 1);
}

/* A kept connection that breaks tells nothing of whether the server took the request. */
static void sent_once(void **state)
{
    (void)state;
    static struct seen s;
    assert_int_equal(get("/plain").code, ERR_NONE);
    unsigned before = server.n_paths;
    post(&s, "/close", false);
    check_fault(&s, ERR_UNAVAILABLE, "without an answer");
    assert_int_equal(server.n_paths - before, 1);
}

/* One that was closed while it was idle is noticed before anything is sent on it. */
static void closed_while_idle(void **state)
{
    (void)state;
    static struct seen s;
    assert_int_equal(get("/last").code, ERR_NONE);
    while (server_open())
        usleep(200);
    post(&s, "/echo", false);
    assert_int_equal(s.code, ERR_NONE);
    assert_string_equal(s.body, "once");
    assert_int_equal(server.connections, 2);
    assert_int_equal(server.n_paths, 2);
}

static void over_a_new_connection(void **state)
{
    (void)state;
    static struct seen s;
    assert_int_equal(get("/plain").code, ERR_NONE);
    unsigned before = server.connections;
    post(&s, "/echo", true);
    assert_string_equal(s.body, "once");
    assert_int_equal(server.connections - before, 1);
}

static void bad_urls(void **state)
{
    (void)state;
    static struct seen s;
    struct error err = ERROR_INIT;
    const struct http_options none = {0};
    s = (struct seen){0};
    assert_int_equal(start_url(&s, "file:///etc/passwd", &none, &err), ERR_PERMISSION_DENIED);
    assert_int_equal(start_url(&s, "ftp://127.0.0.1/x", &none, &err), ERR_PERMISSION_DENIED);
    assert_int_equal(start_url(&s, "no url", &none, &err), ERR_INVALID_REQUEST);
    assert_int_equal(start_url(&s, "", &none, &err), ERR_INVALID_REQUEST);
    assert_int_equal(start_url(&s, "http://127.0.0.1:99999/", &none, &err), ERR_INVALID_REQUEST);
    assert_int_equal(active(), 0);
}

/* A full backlog drops what comes: as good as a host that is not there. */
static void connect_times_out(void **state)
{
    (void)state;
    unsigned port;
    int fd = listen_loopback(0, &port), fill[4];
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (unsigned i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fill[i], (struct sockaddr *)&at, sizeof(at));
    }
    static struct seen s;
    s = (struct seen){0};
    int64_t began = now_ms();
    start_at(&s, "127.0.0.1", port, "/", &(struct http_options){.timeout_connect_ms = 200});
    run_until(&s.ends, 1);
    check_fault(&s, ERR_TIMEOUT, "within 0.2 s");
    assert_true(now_ms() - began >= 190 && now_ms() - began < 1500);
    for (unsigned i = 0; i < 4; i++)
        close(fill[i]);
    close(fd);
}

/* --- cancelling --- */

static void cancel_before_the_head(void **state)
{
    (void)state;
    static struct seen s;
    s = (struct seen){0};
    start(&s, "/wait");
    cancel(&s); /* curl has not even begun */
    start(&s, "/wait");
    run_until(&server.n_paths, 1);
    cancel(&s);
    assert_int_equal(active(), 0);
    assert_int_equal(get("/plain").code, ERR_NONE);
    assert_int_equal(s.heads + s.ends, 0);
}

static void cancel_itself(void **state)
{
    (void)state;
    static struct seen s[3];
    memset(s, 0, sizeof(s));
    s[0].cancel_on_head = &s[0];
    s[1].cancel_on_body = &s[1];
    s[2].cancel_on_end = &s[2]; /* too late, and harmless */
    start(&s[0], "/plain");
    start(&s[1], "/chunked");
    start(&s[2], "/plain");
    run_until(&s[0].heads, 1);
    run_until(&s[1].bodies, 1);
    run_until(&s[2].ends, 1);
    assert_int_equal(get("/slow").code, ERR_NONE); /* time for what must not come */
    assert_int_equal(s[0].bodies + s[0].ends, 0);
    assert_int_equal(s[1].bodies, 1);
    assert_int_equal(s[1].ends, 0);
    assert_int_equal(active(), 0);
}

static void cancel_another(void **state)
{
    (void)state;
    static struct seen s[6];
    memset(s, 0, sizeof(s));
    for (unsigned i = 0; i < 3; i++)
        start(&s[i], "/drip");
    run_until(&s[0].bodies, 1);
    run_until(&s[1].bodies, 1);
    run_until(&s[2].bodies, 1);
    s[3].cancel_on_head = &s[0];
    s[4].cancel_on_body = &s[1];
    s[5].cancel_on_end = &s[2];
    for (unsigned i = 3; i < 6; i++)
        start(&s[i], "/plain");
    run_until(&n_ends, 3);
    for (unsigned i = 0; i < 6; i++) {
        assert_null(s[i].t);
        assert_int_equal(s[i].ends, i >= 3);
    }
    assert_int_equal(active(), 0);
}

static void start_in_callbacks(void **state)
{
    (void)state;
    static struct seen s;
    s = (struct seen){.again_on_body = true};
    start(&s, "/chunked");
    run_until(&again.ends, 1);
    assert_int_equal(again.code, ERR_NONE);
    run_until(&s.ends, 1);
    again = (struct seen){0};
    s = (struct seen){.again_on_end = true};
    start(&s, "/plain");
    run_until(&again.ends, 1);
    assert_string_equal(again.body, "hello");
}

/* --- closing --- */

static void close_under_way(void **state)
{
    (void)state;
    static struct seen s[3];
    memset(s, 0, sizeof(s));
    start(&s[0], "/drip");
    start(&s[1], "/wait");
    run_until(&s[0].bodies, 1);
    start(&s[2], "/plain"); /* not begun */
    http_pool_close(pool, on_closed, &pool_closed);
    assert_false(pool_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(pool_closed);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(s[i].ends, 0);
}

static void close_in_a_callback(void **state)
{
    (void)state;
    static struct seen s, other;
    bool on_end_too = *state != NULL;
    s = (struct seen){.close_on_body = !on_end_too, .close_on_end = on_end_too};
    other = (struct seen){0};
    start(&other, "/drip");
    run_until(&other.bodies, 1);
    start(&s, "/plain");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(pool_closed);
    assert_int_equal(s.ends, on_end_too);
    assert_int_equal(other.ends, 0);
}

/* --- a resolver that hangs --- */

static void turn(uv_timer_t *timer)
{
    int64_t *gap = timer->data, now = now_ms();
    if (now - gap[0] > gap[1])
        gap[1] = now - gap[0];
    gap[0] = now;
}

static void hanging_resolver(void **state)
{
    (void)state;
    static struct seen s[2];
    int64_t gap[2] = {now_ms(), 0}, began = now_ms(); /* last turn, longest stall */
    uv_timer_t ticker;
    memset(s, 0, sizeof(s));
    uv_timer_init(&loop, &ticker);
    ticker.data = gap;
    uv_timer_start(&ticker, turn, 1, 1);
    start_at(&s[0], "hang.invalid", 80, "/", &(struct http_options){.timeout_connect_ms = 10000});
    start_at(&s[1], "hang.invalid", 80, "/", &(struct http_options){.timeout_connect_ms = 10000});
    struct seen other = get("/slow"); /* the loop goes on meanwhile */
    assert_int_equal(other.code, ERR_NONE);
    cancel(&s[0]);
    assert_int_equal(get("/plain").code, ERR_NONE); /* perhaps with the handle that was left behind */
    uv_close((uv_handle_t *)&ticker, NULL);
    http_pool_close(pool, on_closed, &pool_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(pool_closed);
    assert_true(gap[1] < 500);
    assert_true(now_ms() - began < 1500);
    assert_int_equal(s[0].ends + s[1].ends, 0);
}

static void resolver_times_out(void **state)
{
    (void)state;
    static struct seen s;
    s = (struct seen){0};
    int64_t began = now_ms();
    start_at(&s, "hang.invalid", 80, "/", &(struct http_options){.timeout_connect_ms = 150});
    run_until(&s.ends, 1);
    assert_int_equal(s.code, ERR_TIMEOUT);
    assert_non_null(strstr(s.err.message, "hang.invalid:80"));
    assert_true(now_ms() - began < 1500);
}

#define ON_POOL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"};
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
        ON_POOL(refused),
        ON_POOL(broken_answers),
        ON_POOL(sent_once),
        ON_POOL(closed_while_idle),
        ON_POOL(over_a_new_connection),
        ON_POOL(bad_urls),
        ON_POOL(connect_times_out),
        ON_POOL(cancel_before_the_head),
        ON_POOL(cancel_itself),
        ON_POOL(cancel_another),
        ON_POOL(start_in_callbacks),
        ON_POOL(close_under_way),
        {"close_in_on_body", close_in_a_callback, set_up, tear_down, NULL},
        {"close_in_on_end", close_in_a_callback, set_up, tear_down, &server},
        ON_POOL(hanging_resolver),
        ON_POOL(resolver_times_out),
    };
    for (unsigned i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
        unsetenv(proxies[i]);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
