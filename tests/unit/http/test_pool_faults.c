/* Faults, and transfers that end before they are over: cancelled, closed, or with a name that is not resolved. */
#include "tests/unit/http/pool_client.h"
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    return cmocka_run_group_tests(tests, server_start_alone, server_stop);
}
