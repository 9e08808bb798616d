/* What becomes of a tier whose Redis goes away, is slow, full, or no Redis at all. */
#include "daemon/core/log.h"
#include "tests/unit/cache/tier_run.h"

#include <cmocka.h>

#define TIMEOUT_MS 20
#define MARGIN_MS 500 /* that a busy machine may take in addition; what waits for a reply waits for seconds */

static int64_t get_takes_ms(struct run *r, uint8_t n, bool *has)
{
    int64_t begun = clock_mono_us();
    *has = run_has(r, n);
    return (clock_mono_us() - begun) / 1000;
}

static unsigned lines;

static void count_line(size_t bytes)
{
    lines += bytes > 0;
}

/* It is logged once that it has gone, however often it is looked for, and once that it is back. */
static void a_server_that_comes_back_is_taken_up(void **state)
{
    struct redis_server s;
    struct run r;
    char url[64];
    bool has = true;
    (void)state;
    NEED_REDIS();
    server_start(&s, NULL);
    (void)snprintf(url, sizeof url, "redis://localhost:%d", s.port);
    run_open_with(&r, url, RUN_SECRET, RUN_PATIENCE_MS);
    run_until_state(&r, "ok");
    run_put_whole(&r, 1);
    server_kill(&s);
    log_on_written(count_line);
    RUN_UNTIL(&r, run_status(&r)->failures >= 3);
    assert_int_equal(lines, 1);
    assert_string_equal(run_status(&r)->state, "failing");
    assert_true(get_takes_ms(&r, 1, &has) < MARGIN_MS); /* told without waiting, though it might wait for long */
    assert_false(has);
    uint64_t failures = run_status(&r)->failures;
    run_put(&r, 1);
    assert_int_equal(run_status(&r)->failures, failures + 1);
    server_run(&s);
    run_until_state(&r, "ok");
    assert_int_equal(lines, 2);
    log_on_written(NULL);
    run_put_whole(&r, 1);
    run_end(&r, &s);
}

static void a_server_that_was_not_there_is_taken_up(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    server_start(&s, NULL);
    server_kill(&s);
    run_open(&r, &s);
    run_until_state(&r, "failing");
    server_run(&s);
    run_until_state(&r, "ok");
    run_end(&r, &s);
}

static void a_slow_server_is_left_alone(void **state)
{
    struct redis_server s;
    struct run r;
    bool has = true;
    (void)state;
    NEED_REDIS();
    run_begin_with(&r, &s, TIMEOUT_MS);
    run_put(&r, 1);
    RUN_UNTIL(&r, run_has(&r, 1));
    server_signal(&s, SIGSTOP);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(run_status(&r)->state, "ok");
        int64_t ms = get_takes_ms(&r, 1, &has);
        assert_in_range(ms, TIMEOUT_MS - 1, TIMEOUT_MS + MARGIN_MS);
        assert_false(has);
    }
    assert_string_equal(run_status(&r)->state, "failing");
    assert_string_equal(run_status(&r)->error, "it is too slow");
    for (int i = 0; i < 50; i++) { /* none waits; 50 that did would take a second */
        assert_true(get_takes_ms(&r, 1, &has) < MARGIN_MS);
        assert_false(has);
    }
    server_signal(&s, SIGCONT);
    /* What it was asked before is answered to nobody. It works when something was answered in time. */
    RUN_UNTIL(&r, run_has(&r, 1));
    assert_string_equal(run_status(&r)->state, "ok");
    run_end(&r, &s);
}

static void several_at_once_are_slow_once(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    run_begin_with(&r, &s, TIMEOUT_MS);
    server_signal(&s, SIGSTOP);
    for (int i = 0; i < 10; i++)
        run_ask(&r, 1, 1);
    RUN_UNTIL(&r, r.told == 10);
    assert_string_equal(run_status(&r)->state, "ok");
    assert_int_equal(run_status(&r)->failures, 10);
    server_signal(&s, SIGCONT);
    run_end(&r, &s);
}

/* A tier whose server had taken the first item, and since that command takes no second one. */
static void begin_refused(struct run *r, struct redis_server *s, const char *command)
{
    run_begin(r, s);
    run_put_whole(r, 1);
    assert_string_equal(server_ask(s, "%s", command), "+OK");
    run_put(r, 2);
    run_until_state(r, "failing");
}

static void a_full_server_still_answers(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    begin_refused(&r, &s, "CONFIG SET maxmemory 1 maxmemory-policy noeviction");
    assert_string_equal(run_status(&r)->error, "it is full (OOM)");
    assert_false(run_has(&r, 2));
    assert_true(run_has(&r, 1));
    assert_string_equal(run_status(&r)->state, "failing"); /* for it takes nothing */
    assert_string_equal(server_ask(&s, "CONFIG SET maxmemory 0"), "+OK");
    run_put_whole(&r, 2);
    assert_string_equal(run_status(&r)->state, "ok");
    run_end(&r, &s);
}

static void a_read_only_replica_is_read(void **state)
{
    struct redis_server s;
    struct run r;
    (void)state;
    NEED_REDIS();
    begin_refused(&r, &s, "REPLICAOF 127.0.0.1 1");
    assert_non_null(strstr(run_status(&r)->error, "READONLY"));
    assert_true(run_has(&r, 1));
    assert_string_equal(server_ask(&s, "CONFIG SET replica-serve-stale-data no"), "+OK");
    assert_false(run_has(&r, 1));
    assert_non_null(strstr(run_status(&r)->error, "MASTERDOWN"));
    assert_string_equal(server_ask(&s, "REPLICAOF NO ONE"), "+OK");
    assert_true(run_has(&r, 1));
    run_put(&r, 2);
    run_until_state(&r, "ok");
    run_end(&r, &s);
}

/* -- a peer that says one thing, whatever it is asked -- */

struct impostor {
    char dir[32], path[64];
    uv_pipe_t listener, peer;
    uv_write_t write;
    const char *says;
    bool has_peer;
};

static void impostor_speak(uv_stream_t *listener, int status)
{
    struct impostor *im = listener->data;
    uv_buf_t b = uv_buf_init((char *)im->says, (unsigned)strlen(im->says));
    assert_int_equal(status, 0);
    if (im->has_peer) /* those that come again are not let in */
        return;
    uv_pipe_init(listener->loop, &im->peer, 0);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&im->peer), 0);
    im->has_peer = true;
    assert_int_equal(uv_write(&im->write, (uv_stream_t *)&im->peer, &b, 1, NULL), 0);
}

static void impostor_start(struct impostor *im, uv_loop_t *loop)
{
    uv_pipe_init(loop, &im->listener, 0);
    im->listener.data = im;
    assert_int_equal(uv_pipe_bind(&im->listener, im->path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&im->listener, 4, impostor_speak), 0);
}

static void check_impostor(const char *speech, const char *error)
{
    struct impostor im = {.dir = "/tmp/askd-t-XXXXXX", .says = speech};
    struct run r;
    assert_non_null(mkdtemp(im.dir));
    (void)snprintf(im.path, sizeof im.path, "%s/r.sock", im.dir);
    run_open_with(&r, im.path, RUN_SECRET, 50);
    run_until_state(&r, "failing"); /* nobody listens yet */
    impostor_start(&im, &r.loop);
    RUN_UNTIL(&r, im.has_peer);
    RUN_UNTIL(&r, run_status(&r)->error && strstr(run_status(&r)->error, error));
    uv_close((uv_handle_t *)&im.listener, NULL);
    uv_close((uv_handle_t *)&im.peer, NULL);
    run_close(&r);
    assert_int_equal(folder_remove(im.dir), 0);
}

static void what_is_no_redis_does_no_harm(void **state)
{
    static const struct {
        const char *says, *error;
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "not Redis's protocol"},
        {"$5\r\nhello\r\n", "unexpected"},
        {"*2147483647\r\n", "too much"},
        {"*-7\r\n", "not Redis's protocol"},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "not Redis's protocol"},
        {"-LOADING Redis is loading the dataset in memory\r\n", "LOADING"},
        {"-NOAUTH Authentication required.\r\n", "NOAUTH"},
        {"-ERR with args beginning with: hunter2\r\n", "refuses a command"},
        {"-\r\n", "refuses a command"},
        {"+PONG\r\n+and more\r\n", "nobody asked"},
        {"+PONG\r\n-ERR max number of clients reached\r\n", "nobody asked"},
    };
    (void)state;
    if (!run_module())
        SKIP("built without hiredis");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_impostor(rows[i].says, rows[i].error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_comes_back_is_taken_up),
        cmocka_unit_test(a_server_that_was_not_there_is_taken_up),
        cmocka_unit_test(a_slow_server_is_left_alone),
        cmocka_unit_test(several_at_once_are_slow_once),
        cmocka_unit_test(a_full_server_still_answers),
        cmocka_unit_test(a_read_only_replica_is_read),
        cmocka_unit_test(what_is_no_redis_does_no_harm),
    };
    return cmocka_run_group_tests_name("redis_faults", tests, NULL, NULL);
}
