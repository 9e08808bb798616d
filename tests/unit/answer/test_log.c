/* Every state and transition of the log, its bounds, and a property test of random schedules against a plain model. */
#include "daemon/answer/answer.h"
#include "daemon/answer/cursor.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct flight_hooks no_hooks = {NULL};

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

static struct answer *answer_on(struct flight *f)
{
    struct answer_asker asker = {.uid = 1000};
    return answer_new(f, &asker);
}

static void test_wake_once_per_flush(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct flight *f = flight_new(log_new(pool, 1000), &no_hooks, NULL);
    struct answer *a = answer_on(f);
    struct cursor c;
    struct cursor_event ev;
    int woken = 0;
    cursor_open(&c, a, 0, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT); /* its start is not known */
    answer_set_start(a, "p", "m", "start", 5);
    log_append(flight_log(f), "one", 3);
    log_append(flight_log(f), "two", 3);
    assert_int_equal(woken, 0); /* nothing is called inside an append */
    log_pool_flush(pool);
    assert_int_equal(woken, 1);
    log_append(flight_log(f), "three", 5);
    log_pool_flush(pool);
    assert_int_equal(woken, 1); /* it does not wait: it lags, and is left alone */
    for (uint64_t seq = 0; seq <= 3; seq++) {
        assert_int_equal(cursor_next(&c, &ev), CURSOR_EVENT);
        assert_int_equal(ev.seq, seq);
    }
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT);
    log_end(flight_log(f), LOG_DONE, NULL, NULL, 0, 0);
    log_pool_flush(pool);
    assert_int_equal(woken, 2);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_END);
    cursor_close(&c);
    cursor_close(&c);
    answer_unref(a);
    flight_unref(f);
    log_pool_free(pool);
}

static void test_attach_beyond_the_end(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct flight *f = flight_new(log_new(pool, 1000), &no_hooks, NULL);
    struct answer *a = answer_on(f);
    struct cursor c;
    struct cursor_event ev;
    int woken = 0;
    answer_set_start(a, "p", "m", "start", 5);
    cursor_open(&c, a, 3, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_WAIT);
    for (int i = 0; i < 4; i++)
        log_append(flight_log(f), "event", 5);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_EVENT);
    assert_int_equal(ev.seq, 3);
    cursor_close(&c);
    log_end(flight_log(f), LOG_FAILED, NULL, NULL, 0, 0);
    cursor_open(&c, a, 100, count, &woken);
    assert_int_equal(cursor_next(&c, &ev), CURSOR_END);
    cursor_close(&c);
    answer_unref(a);
    flight_unref(f);
    log_pool_free(pool);
}

static void test_cancel(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    int abandoned = 0;
    struct flight_hooks hooks = {count};
    struct flight *f = flight_new(log_new(pool, 1000), &hooks, &abandoned);
    struct answer *a = answer_on(f), *b = answer_on(f);
    struct cursor ca, cb;
    struct cursor_event ev;
    int woken_a = 0, woken_b = 0;
    answer_set_start(a, "p", "m", "a", 1);
    answer_set_start(b, "p", "m", "b", 1);
    cursor_open(&ca, a, 1, count, &woken_a);
    cursor_open(&cb, b, 1, count, &woken_b);
    cursor_next(&ca, &ev);
    cursor_next(&cb, &ev);
    answer_cancel(a);
    answer_cancel(a); /* once */
    assert_int_equal(abandoned, 0);
    assert_int_equal(answer_state(a), LOG_CANCELLED);
    assert_int_equal(answer_error(a)->code, ERR_CANCELLED);
    assert_int_equal(answer_state(b), LOG_RUNNING);
    assert_null(answer_error(b));
    log_append(flight_log(f), "more", 4);
    log_pool_flush(pool);
    assert_int_equal(cursor_next(&ca, &ev), CURSOR_END); /* what its log goes on to say is for others */
    assert_int_equal(cursor_next(&cb, &ev), CURSOR_EVENT);
    answer_cancel(b);
    assert_int_equal(abandoned, 1);
    cursor_close(&ca);
    cursor_close(&cb);
    answer_unref(a);
    answer_unref(b);
    flight_unref(f);
    log_pool_free(pool);
}

/* The last answer ends with its log: whoever runs that decides when. */
static void test_cancel_of_the_last(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    int abandoned = 0;
    struct flight_hooks hooks = {count};
    struct error err = ERROR_INIT;
    error_set(&err, ERR_CANCELLED, "cancelled");
    struct flight *f = flight_new(log_new(pool, 1000), &hooks, &abandoned);
    struct answer *a = answer_on(f);
    answer_cancel(a);
    assert_int_equal(abandoned, 1);
    assert_int_equal(answer_state(a), LOG_RUNNING);
    flight_settle(f);
    answer_cancel(a); /* it is settled how it ends */
    assert_int_equal(abandoned, 1);
    log_end(flight_log(f), LOG_CANCELLED, &err, NULL, 0, 0);
    assert_int_equal(answer_state(a), LOG_CANCELLED);
    assert_int_equal(answer_error(a)->code, ERR_CANCELLED);
    answer_unref(a);
    flight_unref(f);
    log_pool_free(pool);
}

static void test_cancel_after_end_is_nothing(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    int abandoned = 0;
    struct flight_hooks hooks = {count};
    struct flight *f = flight_new(log_new(pool, 1000), &hooks, &abandoned);
    struct answer *a = answer_on(f);
    log_end(flight_log(f), LOG_DONE, NULL, NULL, 0, 0);
    answer_cancel(a);
    assert_int_equal(answer_state(a), LOG_DONE);
    assert_int_equal(abandoned, 0);
    answer_unref(a);
    flight_unref(f);
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
    struct flight *flight;
    struct answer *answer;
    struct reader readers[READERS];
    uint64_t events; /* in the log */
    bool ended, cancelled;
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
    bool over = m->cancelled && r->next > 0;
    if (r->next <= m->events && !over) {
        assert_int_equal(s, CURSOR_EVENT);
        check_event(&ev, r->next++);
    } else if (m->ended || m->cancelled) {
        assert_int_equal(s, CURSOR_END);
    } else {
        assert_int_equal(s, CURSOR_WAIT);
        r->waits = true;
    }
}

static void step(struct model *m, struct log_pool *pool)
{
    struct log *l = flight_log(m->flight);
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
        }
        break;
    case 3:
        if (rand() % 40 == 0 && !m->ended) {
            answer_cancel(m->answer);
            m->cancelled = true;
        }
        break;
    case 4:
    case 5:
    case 6:
        log_pool_flush(pool);
        /* Whoever waits still has nothing to read. */
        for (int i = 0; i < READERS; i++)
            if (m->readers[i].waits)
                assert_true(!m->ended && !m->cancelled && m->readers[i].next > m->events);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
    case 11: {
        int n = snprintf(text, sizeof text, "event %llu", (unsigned long long)m->events + 1);
        if (log_append(l, text, (size_t)n) == ERR_NONE)
            m->events++;
        else
            assert_true(m->ended);
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
        struct model m = {.flight = flight_new(log_new(pool, 1 << 20), &no_hooks, NULL)};
        m.answer = answer_on(m.flight);
        answer_set_start(m.answer, "p", "m", "start", 5);
        for (int i = 0; i < STEPS; i++)
            step(&m, pool);
        for (int i = 0; i < READERS; i++) {
            struct reader *r = &m.readers[i];
            while (r->open && r->next <= m.events && !(m.cancelled && r->next > 0))
                step_read(&m, r);
            cursor_close(&r->c);
        }
        assert_int_equal(answer_readers(m.answer), 0);
        answer_unref(m.answer);
        flight_unref(m.flight);
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
        cmocka_unit_test(test_cancel_of_the_last),
        cmocka_unit_test(test_cancel_after_end_is_nothing),
        cmocka_unit_test(test_random_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
