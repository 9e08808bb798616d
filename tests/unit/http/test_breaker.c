#include "daemon/http/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define T0 (1000 * S)

static const struct breaker_options defaults = BREAKER_DEFAULTS;

static void check(const struct breaker *b, int64_t now_us, enum breaker_state state, int64_t wait_us)
{
    int64_t wait = -1;
    assert_int_equal(b->state, state);
    assert_int_equal(breaker_allows(b, now_us, &wait), wait_us == 0);
    assert_int_equal(wait, wait_us);
}

static void fail_times(struct breaker *b, unsigned n, int64_t now_us)
{
    for (unsigned i = 0; i < n; i++)
        breaker_fail(b, now_us);
}

/* OPEN since T0, for 30 s. */
static struct breaker opened(void)
{
    struct breaker b;
    breaker_init(&b, &defaults);
    fail_times(&b, 5, T0);
    check(&b, T0, BREAKER_OPEN, 30 * S);
    return b;
}

/* HALF_OPEN since T0 + 30 s, given up 60 s later. */
static struct breaker probed(void)
{
    struct breaker b = opened();
    breaker_begin(&b, T0 + 30 * S);
    check(&b, T0 + 30 * S, BREAKER_HALF_OPEN, 60 * S);
    return b;
}

static void failures_in_a_row_open_it(void **state)
{
    (void)state;
    struct breaker b;
    breaker_init(&b, &defaults);
    check(&b, T0, BREAKER_CLOSED, 0);
    fail_times(&b, 4, T0);
    check(&b, T0, BREAKER_CLOSED, 0);
    breaker_fail(&b, T0 + S);
    check(&b, T0 + S, BREAKER_OPEN, 30 * S);
    check(&b, T0 + 31 * S - 1, BREAKER_OPEN, 1);
    check(&b, T0 + 31 * S, BREAKER_OPEN, 0);
}

static void a_success_starts_the_row_anew(void **state)
{
    (void)state;
    struct breaker b;
    breaker_init(&b, &defaults);
    fail_times(&b, 4, T0);
    breaker_succeed(&b);
    fail_times(&b, 4, T0);
    check(&b, T0, BREAKER_CLOSED, 0);
    /* what was cancelled tells nothing, neither way */
    breaker_begin(&b, T0);
    breaker_cancel(&b);
    check(&b, T0, BREAKER_CLOSED, 0);
    breaker_fail(&b, T0);
    check(&b, T0, BREAKER_OPEN, 30 * S);
}

static void news_from_before_it_opened(void **state)
{
    (void)state;
    struct breaker b = opened();
    breaker_fail(&b, T0 + 10 * S);
    check(&b, T0 + 10 * S, BREAKER_OPEN, 20 * S);
    breaker_cancel(&b);
    check(&b, T0 + 10 * S, BREAKER_OPEN, 20 * S);
    breaker_succeed(&b);
    check(&b, T0 + 10 * S, BREAKER_CLOSED, 0);
}

static void one_probe_at_a_time(void **state)
{
    (void)state;
    struct breaker b = probed();
    check(&b, T0 + 50 * S, BREAKER_HALF_OPEN, 40 * S);
    breaker_succeed(&b);
    check(&b, T0 + 50 * S, BREAKER_CLOSED, 0);
    /* and it takes all failures again, and the first wait */
    fail_times(&b, 4, T0 + 50 * S);
    check(&b, T0 + 50 * S, BREAKER_CLOSED, 0);
    breaker_fail(&b, T0 + 50 * S);
    check(&b, T0 + 50 * S, BREAKER_OPEN, 30 * S);
}

static void failed_probes_double_the_wait(void **state)
{
    (void)state;
    static const int64_t waits[] = {60 * S, 120 * S, 240 * S, 300 * S, 300 * S};
    struct breaker b = opened();
    int64_t now = T0 + 30 * S;
    for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        breaker_begin(&b, now);
        breaker_fail(&b, now + S);
        check(&b, now + S, BREAKER_OPEN, waits[i]);
        now += S + waits[i];
        check(&b, now, BREAKER_OPEN, 0);
    }
    breaker_begin(&b, now);
    breaker_succeed(&b);
    fail_times(&b, 5, now);
    check(&b, now, BREAKER_OPEN, 30 * S);
}

static void a_cancelled_probe_leaves_room_for_the_next(void **state)
{
    (void)state;
    struct breaker b = probed();
    breaker_cancel(&b);
    check(&b, T0 + 31 * S, BREAKER_OPEN, 0);
    breaker_begin(&b, T0 + 31 * S);
    check(&b, T0 + 31 * S, BREAKER_HALF_OPEN, 60 * S);
    breaker_fail(&b, T0 + 32 * S); /* the wait is doubled once, as one probe has failed */
    check(&b, T0 + 32 * S, BREAKER_OPEN, 60 * S);
}

static void options_change(void **state)
{
    (void)state;
    static const struct breaker_options others = {
        .failures = 3, .wait_us = S, .wait_max_us = 10 * S, .probe_us = 60 * S};
    struct breaker b;
    breaker_init(&b, &defaults);
    fail_times(&b, 4, T0);
    breaker_configure(&b, &others);
    check(&b, T0, BREAKER_CLOSED, 0);
    breaker_fail(&b, T0); /* more than enough */
    check(&b, T0, BREAKER_OPEN, S);
    b = opened();
    breaker_configure(&b, &others);
    check(&b, T0, BREAKER_OPEN, 30 * S);
    breaker_begin(&b, T0 + 30 * S);
    breaker_fail(&b, T0 + 30 * S);
    check(&b, T0 + 30 * S, BREAKER_OPEN, 10 * S); /* twice the old wait would be over the bound */
}

static void a_lost_probe_is_given_up(void **state)
{
    (void)state;
    struct breaker b = probed();
    check(&b, T0 + 90 * S - 1, BREAKER_HALF_OPEN, 1);
    check(&b, T0 + 90 * S, BREAKER_HALF_OPEN, 0);
    breaker_begin(&b, T0 + 95 * S);
    check(&b, T0 + 95 * S, BREAKER_HALF_OPEN, 60 * S);
}

static void the_options_are_kept_to(void **state)
{
    (void)state;
    struct breaker b;
    breaker_init(&b, &(struct breaker_options){.failures = 1, .wait_us = 7, .wait_max_us = 9, .probe_us = 5});
    breaker_fail(&b, T0);
    check(&b, T0, BREAKER_OPEN, 7);
    breaker_begin(&b, T0 + 7);
    check(&b, T0 + 7, BREAKER_HALF_OPEN, 5);
    breaker_fail(&b, T0 + 8);
    check(&b, T0 + 8, BREAKER_OPEN, 9);

    breaker_init(&b, &(struct breaker_options){.failures = 0, .wait_us = 7, .wait_max_us = 9, .probe_us = 5});
    fail_times(&b, 1000, T0);
    check(&b, T0, BREAKER_CLOSED, 0);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(breaker_state_name(BREAKER_CLOSED), "closed");
    assert_string_equal(breaker_state_name(BREAKER_OPEN), "open");
    assert_string_equal(breaker_state_name(BREAKER_HALF_OPEN), "half-open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_a_row_open_it),
        cmocka_unit_test(a_success_starts_the_row_anew),
        cmocka_unit_test(news_from_before_it_opened),
        cmocka_unit_test(one_probe_at_a_time),
        cmocka_unit_test(failed_probes_double_the_wait),
        cmocka_unit_test(a_cancelled_probe_leaves_room_for_the_next),
        cmocka_unit_test(a_lost_probe_is_given_up),
        cmocka_unit_test(the_options_are_kept_to),
        cmocka_unit_test(options_change),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
