/* Every state and transition of the log, its bounds, and a property test of random schedules against a plain model. */
#include "daemon/answer/answer.h"
#include "daemon/answer/cursor.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_append_and_read(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 1 << 20);
    assert_int_equal(log_state(l), LOG_RUNNING);
    assert_int_equal(log_last(l), 0);
    struct log_pos pos = {0};
    const uint8_t *event;
    size_t len;
    assert_false(log_next(l, &pos, &event, &len));
    char text[300];
    for (int i = 1; i <= 500; i++) { /* over several blocks */
        int n = snprintf(text, sizeof text, "event %0*d", i % 200 + 1, i);
        assert_int_equal(log_append(l, text, (size_t)n), ERR_NONE);
    }
    for (int i = 1; i <= 500; i++) {
        int n = snprintf(text, sizeof text, "event %0*d", i % 200 + 1, i);
        assert_true(log_next(l, &pos, &event, &len));
        assert_int_equal(pos.seq, i);
        assert_int_equal(len, n);
        assert_memory_equal(event, text, len);
    }
    assert_false(log_next(l, &pos, &event, &len));
    for (uint64_t from = 0; from <= 501; from++) {
        log_seek(l, &pos, from);
        if (from == 501) {
            assert_false(log_next(l, &pos, &event, &len));
            continue;
        }
        assert_true(log_next(l, &pos, &event, &len));
        assert_int_equal(pos.seq, from ? from : 1);
    }
    log_unref(l);
    assert_int_equal(log_pool_bytes(pool), 0);
    log_pool_free(pool);
}

static void test_every_end(void **state)
{
    (void)state;
    static const enum log_state ends[] = {LOG_DONE, LOG_FAILED, LOG_CANCELLED, LOG_INTERRUPTED};
    struct log_pool *pool = log_pool_new();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct log *l = log_new(pool, 100);
        struct error err = ERROR_INIT;
        error_set(&err, ERR_TIMEOUT, "too slow");
        size_t len;
        uint32_t n;
        assert_null(log_tail(l, &len, &n));
        assert_true(log_end(l, ends[i], &err, "tail", 4, 2));
        assert_int_equal(log_state(l), ends[i]);
        assert_memory_equal(log_tail(l, &len, &n), "tail", 4);
        assert_int_equal(len, 4);
        assert_int_equal(n, 2);
        if (ends[i] == LOG_DONE)
            assert_null(log_failure(l));
        else
            assert_int_equal(log_failure(l)->code, ERR_TIMEOUT);
        /* An end is for good, whatever comes after it. */
        for (size_t j = 0; j < sizeof ends / sizeof *ends; j++)
            assert_false(log_end(l, ends[j], &err, "x", 1, 1));
        assert_int_equal(log_state(l), ends[i]);
        assert_int_equal(log_append(l, "late", 4), ERR_INTERNAL);
        assert_int_equal(log_append_closing(l, "late", 4), ERR_INTERNAL);
        log_unref(l);
    }
    log_pool_free(pool);
}

static void test_bound(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 10);
    assert_int_equal(log_append(l, "0123456789x", 11), ERR_TOO_LARGE);
    assert_int_equal(log_append(l, "01234", 5), ERR_NONE);
    assert_int_equal(log_append(l, "012345", 6), ERR_TOO_LARGE);
    assert_int_equal(log_last(l), 1);
    assert_int_equal(log_append(l, "56789", 5), ERR_NONE);
    assert_int_equal(log_append(l, "", 0), ERR_NONE);
    assert_int_equal(log_append(l, "x", 1), ERR_TOO_LARGE);
    assert_int_equal(log_append_closing(l, "done", 4), ERR_NONE); /* how it ended is always told */
    assert_int_equal(log_append(l, "", 0), ERR_TOO_LARGE);
    assert_int_equal(log_bytes(l), 14);
    log_unref(l);
    log_pool_free(pool);
}

static void test_memory_is_charged(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 10 << 20);
    size_t empty = log_pool_bytes(pool);
    char *big = calloc(1, 1 << 20);
    log_append(l, big, 1 << 20);
    free(big);
    assert_true(log_pool_bytes(pool) >= empty + (1 << 20));
    assert_int_equal(log_memory(l), log_pool_bytes(pool));
    struct log *m = log_ref(l);
    log_unref(l);
    assert_true(log_pool_bytes(pool) > 0);
    log_unref(m);
    assert_int_equal(log_pool_bytes(pool), 0);
    log_pool_free(pool);
}

static void count(void *data)
{
    ++*(int *)data;
}

static struct answer *answer_on(struct log *l)
{
    struct answer_asker asker = {.uid = 1000};
    return answer_new(l, &asker);
}

static void test_wake_once_per_flush(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 1000);
    struct answer *a = answer_on(l);
    struct cursor c;
    struct cursor_event ev;
    int woken = 0;
    cursor_open(&c, a, 0, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT); /* its start is not known */
    answer_set_start(a, "p", "m", "start", 5);
    log_append(l, "one", 3);
    log_append(l, "two", 3);
    assert_int_equal(woken, 0); /* nothing is called inside an append */
    log_pool_flush(pool);
    assert_int_equal(woken, 1);
    log_append(l, "three", 5);
    log_pool_flush(pool);
    assert_int_equal(woken, 1); /* it does not wait: it lags, and is left alone */
    for (uint64_t seq = 0; seq <= 3; seq++) {
        assert_int_equal(cursor_next(&c, &ev), CURSOR_EVENT);
        assert_int_equal(ev.seq, seq);
    }
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT);
    log_end(l, LOG_DONE, NULL, NULL, 0, 0);
    answer_settle(a);
    log_pool_flush(pool);
    assert_int_equal(woken, 2);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_END);
    cursor_close(&c);
    cursor_close(&c);
    answer_unref(a);
    log_unref(l);
    log_pool_free(pool);
}

static void test_attach_beyond_the_end(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 1000);
    struct answer *a = answer_on(l);
    struct cursor c;
    struct cursor_event ev;
    int woken = 0;
    answer_set_start(a, "p", "m", "start", 5);
    cursor_open(&c, a, 3, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT);
    for (int i = 0; i < 4; i++)
        log_append(l, "event", 5);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_EVENT);
    assert_int_equal(ev.seq, 3);
    cursor_close(&c);
    log_end(l, LOG_FAILED, NULL, NULL, 0, 0);
    answer_settle(a);
    cursor_open(&c, a, 100, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_END);
    cursor_close(&c);
    answer_unref(a);
    log_unref(l);
    log_pool_free(pool);
}

/* Whoever works for an answer decides how it ends; it has not until that is told. */
static void test_cancel(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    int told = 0;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_CANCELLED, "cancelled");
    struct log *l = log_new(pool, 1000);
    struct answer *a = answer_on(l);
    answer_cancel(a); /* nobody works for it */
    answer_on_cancel(a, count, &told);
    answer_cancel(a);
    assert_int_equal(told, 1);
    log_end(l, LOG_CANCELLED, &err, NULL, 0, 0);
    assert_int_equal(answer_state(a), LOG_RUNNING);
    assert_null(answer_error(a));
    answer_settle(a);
    assert_int_equal(answer_state(a), LOG_CANCELLED);
    assert_int_equal(answer_error(a)->code, ERR_CANCELLED);
    answer_cancel(a);
    assert_int_equal(told, 1);
    answer_unref(a);
    log_unref(l);
    log_pool_free(pool);
}

/* An answer that waited on a log of its own, and is given what another log has: its readers, waiting or not, read that
 * one from the start, and wait there. */
static void test_move_to_a_shared_log(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *own = log_new(pool, 1000), *shared = log_new(pool, 1000);
    struct answer *a = answer_on(own), *b = answer_on(shared);
    struct cursor c;
    struct cursor_event ev;
    int woken = 0;
    cursor_open(&c, a, 0, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT);
    log_append(shared, "one", 3);
    answer_move(a, shared);
    log_unref(own);
    answer_set_start(a, "p", "m", "start", 5);
    log_pool_flush(pool);
    assert_int_equal(woken, 1);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_EVENT);
    assert_int_equal(ev.seq, 0);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_EVENT);
    assert_int_equal(ev.seq, 1);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT);
    log_append(shared, "two", 3);
    log_pool_flush(pool);
    assert_int_equal(woken, 2);
    cursor_close(&c);
    answer_unref(a);
    answer_unref(b);
    log_unref(shared);
    log_pool_free(pool);
}

/* An answer that ends alone goes on with a fork; who reads it reads on there, the other goes on. */
static void test_move_to_a_fork(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 1000);
    struct answer *a = answer_on(l), *b = answer_on(l);
    struct cursor ca, cb;
    struct cursor_event ev;
    int woken = 0;
    log_append(l, "one", 3);
    cursor_open(&ca, a, 1, count, &woken);
    cursor_open(&cb, b, 1, count, &woken);
    assert_int_equal(cursor_next(&ca, &ev), CURSOR_EVENT);
    struct log *fork = log_fork(l);
    log_append_closing(fork, "error", 5);
    log_end(fork, LOG_CANCELLED, NULL, NULL, 0, 0);
    log_append(l, "two", 3);
    answer_move(a, fork);
    answer_settle(a);
    assert_int_equal(cursor_next(&ca, &ev), CURSOR_EVENT);
    assert_int_equal(ev.seq, 2);
    assert_memory_equal(ev.data, "error", 5);
    assert_int_equal(cursor_next(&ca, &ev), CURSOR_END);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cursor_next(&cb, &ev), CURSOR_EVENT);
    assert_memory_equal(ev.data, "two", 3);
    assert_int_equal(cursor_next(&cb, &ev), CURSOR_WAIT);
    cursor_close(&ca);
    cursor_close(&cb);
    answer_unref(a);
    answer_unref(b);
    log_unref(l);
    log_unref(fork);
    log_pool_free(pool);
}

static void check_events_of(const struct log *l, unsigned n)
{
    struct log_pos pos = {0};
    const uint8_t *event;
    size_t len;
    unsigned got;
    for (unsigned i = 1; i <= n; i++) {
        assert_true(log_next(l, &pos, &event, &len));
        memcpy(&got, event, sizeof got);
        assert_int_equal(len, 100);
        assert_int_equal(got, i);
    }
    assert_false(log_next(l, &pos, &event, &len));
    for (unsigned i = n; i > 0; i--) {
        log_seek(l, &pos, i);
        assert_true(log_next(l, &pos, &event, &len));
        memcpy(&got, event, sizeof got);
        assert_int_equal(got, i);
    }
}

/* However much is there already, a fork costs little, and outlives what it began with. */
static void test_fork(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 10 << 20);
    struct log *forks[4];
    char event[100] = {0};
    unsigned at[] = {0, 1, 1000, 20000}, n = 0;
    for (size_t i = 0; i < 4; i++) {
        for (; n < at[i];) {
            n++;
            memcpy(event, &n, sizeof n);
            assert_int_equal(log_append(l, event, sizeof event), ERR_NONE);
        }
        forks[i] = log_fork(l);
        assert_true(log_memory(forks[i]) < 8192);
        assert_int_equal(log_bytes(forks[i]), log_bytes(l));
        assert_int_equal(log_state(forks[i]), LOG_RUNNING);
    }
    log_unref(l);
    for (size_t i = 0; i < 4; i++) {
        unsigned next = at[i] + 1;
        check_events_of(forks[i], at[i]);
        memcpy(event, &next, sizeof next);
        assert_int_equal(log_append(forks[i], event, sizeof event), ERR_NONE);
        assert_true(log_end(forks[i], LOG_DONE, NULL, "tail", 4, 1));
    }
    for (size_t i = 0; i < 4; i++) {
        size_t len;
        uint32_t entries;
        check_events_of(forks[i], at[i] + 1);
        assert_memory_equal(log_tail(forks[i], &len, &entries), "tail", 4);
        log_unref(forks[i]);
    }
    assert_int_equal(log_pool_bytes(pool), 0);
    log_pool_free(pool);
}

static void release(void *owner)
{
    ++*(int *)owner;
}

static void test_log_over_anothers_bytes(void **state)
{
    (void)state;
    static const uint8_t runs[] = {3, 0, 0, 0, 'o', 'n', 'e', 0, 0, 0, 0, 2, 0, 0, 0, 'm', 'e'};
    struct log_pool *pool = log_pool_new();
    int released = 0;
    struct log_whole w = {.runs = runs, .runs_len = sizeof runs, .events = 3, .release = release, .owner = &released};
    struct log *l = log_over(pool, &w);
    struct log_pos pos = {0};
    const uint8_t *event;
    size_t len;
    assert_int_equal(log_state(l), LOG_DONE);
    assert_int_equal(log_last(l), 3);
    assert_true(log_next(l, &pos, &event, &len));
    assert_ptr_equal(event, runs + 4);
    assert_int_equal(len, 3);
    assert_true(log_next(l, &pos, &event, &len) && len == 0);
    assert_true(log_next(l, &pos, &event, &len) && len == 2);
    assert_false(log_next(l, &pos, &event, &len));
    log_seek(l, &pos, 3);
    assert_true(log_next(l, &pos, &event, &len) && len == 2);
    assert_int_equal(log_append(l, "x", 1), ERR_INTERNAL);
    assert_int_equal(log_pool_bytes(pool), 0);
    log_take_over(l);
    assert_int_equal(log_pool_bytes(pool), LOG_OVER_BYTES + sizeof runs);
    log_unref(l);
    assert_int_equal(log_pool_bytes(pool), 0);
    assert_int_equal(released, 1);
    for (w.events = 0; w.events < 5; w.events++) /* so many are not there */
        if (w.events != 3)
            assert_null(log_over(pool, &w));
    w.events = 3;
    for (w.runs_len = 0; w.runs_len < sizeof runs; w.runs_len++)
        assert_null(log_over(pool, &w));
    assert_int_equal(released, 1);
    log_pool_free(pool);
}

/* -- a random schedule against a model -- */

#define READERS 5
#define STEPS 400

struct reader {
    struct cursor c;
    bool open, waits;
    uint64_t next; /* what the model says it must see next */
};

struct model {
    struct log *log;
    struct answer *answer;
    struct reader readers[READERS];
    uint64_t events;    /* in the log */
    bool ended, forked; /* forked: it goes on with a fork that has ended, the log with nobody */
};

static void on_model_wake(void *data)
{
    struct reader *r = data;
    assert_true(r->open && r->waits);
    r->waits = false;
}

static void check_event(const struct cursor_event *ev, uint64_t seq)
{
    char want[32];
    int n = snprintf(want, sizeof want, seq ? "event %llu" : "start", (unsigned long long)seq);
    assert_int_equal(ev->seq, seq);
    assert_int_equal(ev->len, n);
    assert_memory_equal(ev->data, want, ev->len);
}

static void step_read(struct model *m, struct reader *r)
{
    struct cursor_event ev;
    enum cursor_status s = cursor_next(&r->c, &ev);
    if (r->next <= m->events) {
        assert_int_equal(s, CURSOR_EVENT);
        check_event(&ev, r->next++);
    } else if (m->ended) {
        assert_int_equal(s, CURSOR_END);
    } else {
        assert_int_equal(s, CURSOR_WAIT);
        r->waits = true;
    }
}

static void end_on_a_fork(struct model *m)
{
    struct log *fork = log_fork(m->log);
    log_end(fork, LOG_CANCELLED, NULL, NULL, 0, 0);
    answer_move(m->answer, fork);
    answer_settle(m->answer);
    log_unref(fork);
    m->ended = m->forked = true;
}

static void step(struct model *m, struct log_pool *pool)
{
    struct log *l = m->log;
    struct reader *r = &m->readers[rand() % READERS];
    char text[32];
    switch (rand() % 20) {
    case 0:
        if (!r->open) {
            r->next = (uint64_t)rand() % (m->events + 3);
            cursor_open(&r->c, m->answer, r->next, on_model_wake, r);
            r->open = true;
            r->waits = false;
        }
        break;
    case 1:
        cursor_close(&r->c);
        r->open = r->waits = false;
        break;
    case 2:
        if (rand() % 40 == 0 && !m->ended) {
            m->ended = true;
            assert_true(log_end(l, LOG_DONE, NULL, NULL, 0, 0));
            answer_settle(m->answer);
        }
        break;
    case 3:
        if (rand() % 40 == 0 && !m->ended)
            end_on_a_fork(m);
        break;
    case 4:
    case 5:
    case 6:
        log_pool_flush(pool);
        /* Whoever waits still has nothing to read. */
        for (int i = 0; i < READERS; i++)
            if (m->readers[i].waits)
                assert_true(!m->ended && m->readers[i].next > m->events);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
    case 11: {
        int n = snprintf(text, sizeof text, "event %llu", (unsigned long long)m->events + 1);
        bool taken = log_append(l, text, (size_t)n) == ERR_NONE;
        assert_true(taken || m->ended);
        m->events += taken && !m->forked; /* else it is for others */
        break;
    }
    default:
        if (r->open && !r->waits)
            step_read(m, r);
    }
}

static void test_random_schedules(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 400; seed++) {
        srand(seed);
        struct log_pool *pool = log_pool_new();
        struct model m = {.log = log_new(pool, 1 << 20)};
        m.answer = answer_on(m.log);
        answer_set_start(m.answer, "p", "m", "start", 5);
        for (int i = 0; i < STEPS; i++)
            step(&m, pool);
        for (int i = 0; i < READERS; i++) {
            struct reader *r = &m.readers[i];
            while (r->open && r->next <= m.events)
                step_read(&m, r);
            cursor_close(&r->c);
        }
        assert_int_equal(answer_readers(m.answer), 0);
        answer_unref(m.answer);
        log_unref(m.log);
        assert_int_equal(log_pool_bytes(pool), 0);
        log_pool_free(pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_and_read),
        cmocka_unit_test(test_every_end),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_memory_is_charged),
        cmocka_unit_test(test_wake_once_per_flush),
        cmocka_unit_test(test_attach_beyond_the_end),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_move_to_a_shared_log),
        cmocka_unit_test(test_move_to_a_fork),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_log_over_anothers_bytes),
        cmocka_unit_test(test_random_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
