#include "daemon/http/bucket.h"
#include "daemon/provider/rate_limits.h"

#include "tests/unit/recorded_limits.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define MIN (60 * S)
#define T0 (1000 * S)

static const struct bucket_cost nothing = {0, 0};

/* One request, whose head comes at once. */
static void teach_at(struct bucket *b, int64_t now_us, struct limit l)
{
    struct bucket_mark mark = bucket_take(b, now_us, nothing);
    bucket_learn(b, &l, 1, &mark, now_us);
}

static struct bucket taught(struct limit l)
{
    struct bucket b;
    bucket_init(&b);
    teach_at(&b, T0, l);
    return b;
}

static int64_t remaining(const struct bucket *b, int64_t now_us)
{
    struct limit l;
    assert_int_equal(bucket_report(b, now_us, &l, 1), 1);
    return l.remaining;
}

static int64_t reset(const struct bucket *b, int64_t now_us)
{
    struct limit l;
    assert_int_equal(bucket_report(b, now_us, &l, 1), 1);
    return l.reset_us;
}

static struct limit requests(int64_t limit, int64_t left, int64_t reset_us)
{
    return (struct limit){.kind = LIMIT_REQUESTS, .limit = limit, .remaining = left, .reset_us = reset_us};
}

static struct limit tokens(int64_t limit, int64_t left, int64_t reset_us)
{
    return (struct limit){.kind = LIMIT_TOKENS, .limit = limit, .remaining = left, .reset_us = reset_us};
}

/* What the bucket says is to be waited is enough, and all but a little of it is needed. */
static void check_wait(const struct bucket *b, int64_t now_us, struct bucket_cost cost, int64_t want_us)
{
    int64_t wait = bucket_wait_us(b, now_us, cost);
    assert_in_range(wait, want_us, want_us + 2);
    assert_int_equal(bucket_wait_us(b, now_us + wait, cost), 0);
    if (wait > 3)
        assert_true(bucket_wait_us(b, now_us + wait - 3, cost) > 0);
}

static void nothing_known_nothing_waits(void **state)
{
    (void)state;
    struct bucket b;
    struct limit l;
    bucket_init(&b);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(bucket_wait_us(&b, T0, (struct bucket_cost){1000000, 1000000}), 0);
        bucket_take(&b, T0, (struct bucket_cost){1000000, 1000000});
    }
    assert_int_equal(bucket_report(&b, T0, &l, 1), 0);
}

static void flows_back_until_the_reset(void **state)
{
    (void)state;
    struct bucket b = taught(requests(60, 0, MIN));
    assert_int_equal(remaining(&b, T0), 0);
    check_wait(&b, T0, nothing, S);
    assert_int_equal(remaining(&b, T0 + 30 * S), 30);
    assert_int_equal(remaining(&b, T0 + MIN), 60);
    assert_int_equal(remaining(&b, T0 + 10 * MIN), 60);
    assert_in_range(reset(&b, T0 + 20 * S), 40 * S, 40 * S + 2);
    assert_int_equal(reset(&b, T0 + MIN), 0);
}

/* Limits that come back within seconds: the resets are too short to tell the window, but where all was taken. */
static void a_used_up_limit_tells_its_window(void **state)
{
    (void)state;
    struct bucket b = taught(requests(4, 0, 2 * S));
    for (int64_t i = 0, now = T0; i < 20; i++) {
        int64_t wait = bucket_wait_us(&b, now, nothing);
        assert_in_range(wait, 0, 4 * S); /* its window, and what it may lag behind */
        now += wait;
        teach_at(&b, now, requests(4, 0, 2 * S));
    }
    /* The longest one; one of a head that has something left says nothing, nor does one that is next to nothing. */
    b = taught(requests(4, 3, S));
    teach_at(&b, T0 + S, requests(4, 0, 2 * S));
    teach_at(&b, T0 + 2 * S, requests(4, 0, S));
    teach_at(&b, T0 + 3 * S, requests(4, 0, 1));
    assert_int_equal(remaining(&b, T0 + 10 * S), 4);
    for (int i = 0; i < 4; i++)
        bucket_take(&b, T0 + 10 * S, nothing);
    check_wait(&b, T0 + 10 * S, nothing, 3 * S / 2); /* a second for what may lag, half a second for itself */
    /* A window that was told is better. */
    b = taught(requests(60, 30, 30 * S));
    teach_at(&b, T0 + MIN, requests(60, 0, 2 * S));
    assert_int_equal(remaining(&b, T0 + 2 * MIN), 60);
    bucket_take(&b, T0 + 2 * MIN, nothing);
    assert_in_range(reset(&b, T0 + 2 * MIN), S, 2 * S + 2);
}

static void tokens_count_by_kind(void **state)
{
    (void)state;
    static const struct {
        enum limit_kind kind;
        int64_t wait_us;
    } rows[] = {
        {LIMIT_REQUESTS, 0}, {LIMIT_INPUT_TOKENS, 6 * S}, {LIMIT_OUTPUT_TOKENS, 18 * S}, {LIMIT_TOKENS, 54 * S}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bucket b = taught((struct limit){rows[i].kind, 1000, 500, 30 * S, 0, false});
        check_wait(&b, T0, (struct bucket_cost){600, 800}, rows[i].wait_us > 30 * S ? 30 * S : rows[i].wait_us);
    }
}

static void without_a_reset(void **state)
{
    (void)state;
    /* over the window that the name tells */
    struct bucket b = taught((struct limit){LIMIT_REQUESTS, 100, 50, -1, 100 * S, false});
    assert_int_equal(remaining(&b, T0 + 50 * S), 75);
    assert_in_range(reset(&b, T0), 100 * S, 100 * S + 2);
    /* else over a minute */
    b = taught(requests(100, 0, -1));
    assert_int_equal(remaining(&b, T0 + 30 * S), 50);
    /* without a limit what is left is all that is known */
    b = taught(requests(-1, 119, -1));
    assert_int_equal(remaining(&b, T0), 119);
    teach_at(&b, T0 + 2 * S, requests(-1, 60, -1));
    assert_int_equal(remaining(&b, T0 + 2 * S), 60);
    assert_int_equal(remaining(&b, T0 + 2 * S + MIN), 119);
}

static void all_at_once(void **state)
{
    (void)state;
    struct bucket b = taught((struct limit){LIMIT_REQUESTS, 20, 0, 40 * S, 0, true});
    check_wait(&b, T0, nothing, 40 * S);
    assert_int_equal(remaining(&b, T0 + 40 * S - 1), 0);
    assert_int_equal(remaining(&b, T0 + 40 * S), 20);
    for (int i = 0; i < 19; i++)
        bucket_take(&b, T0 + 41 * S, nothing);
    assert_int_equal(remaining(&b, T0 + 41 * S), 0); /* the last is kept back for the way */
    assert_int_equal(remaining(&b, T0 + 42 * S), 1);
}

static void own_count_where_remaining_is_not_told(void **state)
{
    (void)state;
    struct limit l = {LIMIT_REQUESTS, 20, -1, -1, MIN, false};
    struct bucket b = taught(l);
    for (int i = 0; i < 10; i++)
        teach_at(&b, T0 + 2 * S, l);
    assert_int_equal(remaining(&b, T0 + 2 * S), 9); /* a third of one flows back in a second */
    teach_at(&b, T0 + 2 * S, (struct limit){LIMIT_REQUESTS, 5, -1, -1, MIN, false});
    assert_int_equal(remaining(&b, T0 + 2 * S), 5);
}

static void larger_than_the_limit(void **state)
{
    (void)state;
    struct bucket b = taught(tokens(1000, 500, 30 * S));
    check_wait(&b, T0, (struct bucket_cost){5000, 0}, 30 * S);
    bucket_take(&b, T0 + 30 * S, (struct bucket_cost){5000, 0});
    /* its debt is one limit at most, so that the next goes after two windows */
    check_wait(&b, T0 + 30 * S, (struct bucket_cost){5000, 0}, 2 * MIN);
    /* a limit of nothing lets everything through */
    b = taught(tokens(0, 0, 30 * S));
    assert_int_equal(bucket_wait_us(&b, T0, (struct bucket_cost){10, 0}), 0);
}

static void what_was_taken_since_stays_subtracted(void **state)
{
    (void)state;
    struct bucket b = taught(requests(100, 100, 0));
    struct limit l = requests(100, 50, 30 * S);
    struct bucket_mark mark = bucket_take(&b, T0 + 2 * S, nothing);
    for (int i = 0; i < 7; i++)
        bucket_take(&b, T0 + 4 * S, nothing);
    bucket_learn(&b, &l, 1, &mark, T0 + 5 * S);
    assert_int_equal(remaining(&b, T0 + 5 * S), 43);
}

static void an_earlier_head_says_nothing_new(void **state)
{
    (void)state;
    struct bucket b = taught(requests(100, 100, 0));
    struct limit l = requests(100, 99, 600000), later = requests(100, 40, 36 * S);
    struct bucket_mark first = bucket_take(&b, T0 + 2 * S, nothing), last = bucket_take(&b, T0 + 10 * S, nothing);
    bucket_learn(&b, &later, 1, &last, T0 + 11 * S);
    bucket_learn(&b, &l, 1, &first, T0 + 11 * S);
    assert_int_equal(remaining(&b, T0 + 11 * S), 40);
    /* but of another limit it does */
    l = tokens(1000, 10, MIN);
    bucket_learn(&b, &l, 1, &first, T0 + 11 * S);
    struct limit rows[3];
    assert_int_equal(bucket_report(&b, T0 + 11 * S, rows, 3), 2);
    assert_int_equal(rows[1].remaining, 10);
}

/* Ten go out together. The head of the last is that of a request that came in first. */
static void requests_overtake_each_other(void **state)
{
    (void)state;
    struct bucket b = taught(requests(10, 10, 0));
    struct bucket_mark mark;
    for (int i = 0; i < 10; i++)
        mark = bucket_take(&b, T0 + 5 * S, nothing);
    struct limit l = requests(10, 9, 6 * S);
    bucket_learn(&b, &l, 1, &mark, T0 + 5 * S);
    assert_int_equal(remaining(&b, T0 + 5 * S), 0);
    assert_true(bucket_wait_us(&b, T0 + 5 * S, nothing) > 5 * S);
}

static void others_use_the_same_key(void **state)
{
    (void)state;
    struct bucket b = taught(requests(100, 100, 0));
    for (int i = 1; i < 5; i++)
        teach_at(&b, T0 + i * 2 * S, requests(100, 100 - 20 * i, 12 * i * S));
    assert_int_equal(remaining(&b, T0 + 8 * S), 20);
}

static void limits_change(void **state)
{
    (void)state;
    struct bucket b = taught(requests(100, 90, 6 * S));
    teach_at(&b, T0 + 2 * S, requests(10, 5, 30 * S));
    assert_int_equal(remaining(&b, T0 + 2 * S), 5);
    assert_int_equal(remaining(&b, T0 + MIN), 10);
    teach_at(&b, T0 + MIN, requests(1000, 999, 60000));
    assert_int_equal(remaining(&b, T0 + MIN), 999);
}

static void forgets_what_heads_speak_of_no_more(void **state)
{
    (void)state;
    struct bucket b = taught(requests(1, 0, MIN));
    struct limit l;
    struct bucket_mark mark = bucket_take(&b, T0 + S, nothing);
    bucket_learn(&b, NULL, 0, &mark, T0 + 2 * MIN - 1);
    assert_int_equal(bucket_report(&b, T0 + 2 * MIN - 1, &l, 1), 1);
    bucket_learn(&b, NULL, 0, &mark, T0 + 2 * MIN);
    assert_int_equal(bucket_report(&b, T0 + 2 * MIN, &l, 1), 0);
}

static void rows_are_bounded(void **state)
{
    (void)state;
    struct bucket b;
    struct limit rows[BUCKET_ROWS_MAX + 1];
    bucket_init(&b);
    for (int i = 0; i <= BUCKET_ROWS_MAX; i++)
        teach_at(&b, T0, (struct limit){LIMIT_REQUESTS, 10, 5, -1, MIN + i, false});
    assert_int_equal(bucket_report(&b, T0, rows, BUCKET_ROWS_MAX + 1), BUCKET_ROWS_MAX);
    assert_int_equal(rows[BUCKET_ROWS_MAX - 1].window_us, MIN + BUCKET_ROWS_MAX - 1);
    assert_int_equal(bucket_report(&b, T0, rows, 2), 2);
}

static void blocks(void **state)
{
    (void)state;
    struct bucket b;
    bucket_init(&b);
    bucket_block(&b, T0, 7.5);
    assert_int_equal(bucket_wait_us(&b, T0, nothing), 7500000);
    bucket_block(&b, T0, -1); /* no shorter than what was told before */
    assert_int_equal(bucket_wait_us(&b, T0, nothing), 7500000);
    assert_int_equal(bucket_wait_us(&b, T0 + 7500000, nothing), 0);
    bucket_init(&b);
    bucket_block(&b, T0, -1);
    assert_int_equal(bucket_wait_us(&b, T0, nothing), BUCKET_BLOCK_US);
    bucket_block(&b, T0, (double)NAN);
    assert_int_equal(bucket_wait_us(&b, T0, nothing), BUCKET_BLOCK_US);
    bucket_block(&b, T0, 1e300);
    assert_int_equal(bucket_wait_us(&b, T0, nothing), 31 * 1440 * MIN);
}

/* --- what was recorded --- */

/* The longest that a head tells to wait: its resets, or windows, or a minute. */
static int64_t longest_told(const struct limit *l, size_t n)
{
    int64_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t told = l[i].reset_us >= 0 ? l[i].reset_us : l[i].window_us ? l[i].window_us : MIN;
        longest = told > longest ? told : longest;
    }
    return longest;
}

static void check_report(const struct bucket *b, int64_t now_us)
{
    struct limit rows[BUCKET_ROWS_MAX];
    size_t n = bucket_report(b, now_us, rows, BUCKET_ROWS_MAX);
    for (size_t i = 0; i < n; i++) {
        assert_in_range(rows[i].remaining, 0, rows[i].limit);
        assert_true(rows[i].reset_us >= 0);
    }
}

/* The recorded heads one after the other over a day, as if one provider had sent them all. */
static void a_day_of_recorded_heads(void **state)
{
    (void)state;
    const int64_t step_us = 1440 * MIN / (int64_t)RECORDED_LIMITS;
    struct bucket b;
    bucket_init(&b);
    int64_t now_us = T0;
    for (size_t i = 0; i < RECORDED_LIMITS; i++, now_us += step_us) {
        struct response_head head = head_of(recorded_limits[i].text);
        struct limit rows[LIMITS_MAX];
        size_t n = rate_limits_read(&head, recorded_limits[i].date * S, rows, LIMITS_MAX);
        assert_true(n > 0);
        assert_int_equal(bucket_wait_us(&b, now_us, nothing), 0); /* whatever was told before is over */
        struct bucket_mark mark = bucket_take(&b, now_us, nothing);
        bucket_learn(&b, rows, n, &mark, now_us);
        int64_t wait = bucket_wait_us(&b, now_us, nothing);
        assert_in_range(wait, 0, longest_told(rows, n) + 1);
        assert_int_equal(bucket_wait_us(&b, now_us + wait, nothing), 0);
        for (int64_t at_us = 0; at_us < step_us; at_us += step_us / 7)
            check_report(&b, now_us + at_us);
    }
}

/* Heads that say that there is plenty, of requests that might have taken more than they did: once all are heard of,
 * what they might have taken holds nobody up. */
static void what_was_not_taken_comes_back(void **state)
{
    (void)state;
    const struct bucket_cost much = {10, 4000};
    const struct limit plenty = tokens(150000, 149984, 6 * MIN);
    struct bucket_mark marks[50];
    struct bucket b;
    bucket_init(&b);
    for (int i = 0; i < 50; i++)
        marks[i] = bucket_take(&b, T0 + i, much);
    for (int i = 0; i < 49; i++)
        bucket_learn(&b, &plenty, 1, &marks[i], T0 + S / 2);
    assert_true(bucket_wait_us(&b, T0 + S / 2, much) > 0); /* the last one may still take what is left */
    bucket_end(&b, &marks[49], T0 + S / 2);                /* it broke */
    assert_int_equal(bucket_wait_us(&b, T0 + S / 2, much), 0);
    assert_int_equal(remaining(&b, T0 + S / 2), 149984);
}

/* One after the other, however quick: each was counted before the next was sent. */
static void heads_in_a_row_are_believed(void **state)
{
    (void)state;
    const struct bucket_cost some = {10, 1000};
    struct bucket b;
    bucket_init(&b);
    for (int i = 0; i < 500; i++) {
        const struct limit l = tokens(100000, 99000 - i, 6 * MIN);
        assert_int_equal(bucket_wait_us(&b, T0 + i * 1000, some), 0);
        struct bucket_mark mark = bucket_take(&b, T0 + i * 1000, some);
        bucket_learn(&b, &l, 1, &mark, T0 + i * 1000 + 500);
    }
}

/* Of several at once the provider may have counted any last: the least that was told is what is left. */
static void least_of_a_burst_is_left(void **state)
{
    (void)state;
    struct bucket b;
    bucket_init(&b);
    struct bucket_mark first = bucket_take(&b, T0, nothing), second = bucket_take(&b, T0, nothing);
    const struct limit fewer = requests(10, 3, MIN), more = requests(10, 7, MIN);
    bucket_learn(&b, &more, 1, &second, T0 + 1);
    bucket_learn(&b, &fewer, 1, &first, T0 + 2);
    assert_true(remaining(&b, T0 + 2) <= 7);
    const struct limit least = requests(10, 2, MIN);
    struct bucket_mark third = bucket_take(&b, T0 + 3, nothing);
    bucket_learn(&b, &least, 1, &third, T0 + 4);
    assert_int_equal(remaining(&b, T0 + 4), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_nothing_waits),
        cmocka_unit_test(flows_back_until_the_reset),
        cmocka_unit_test(a_used_up_limit_tells_its_window),
        cmocka_unit_test(tokens_count_by_kind),
        cmocka_unit_test(without_a_reset),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(own_count_where_remaining_is_not_told),
        cmocka_unit_test(larger_than_the_limit),
        cmocka_unit_test(what_was_taken_since_stays_subtracted),
        cmocka_unit_test(an_earlier_head_says_nothing_new),
        cmocka_unit_test(requests_overtake_each_other),
        cmocka_unit_test(others_use_the_same_key),
        cmocka_unit_test(limits_change),
        cmocka_unit_test(forgets_what_heads_speak_of_no_more),
        cmocka_unit_test(rows_are_bounded),
        cmocka_unit_test(blocks),
        cmocka_unit_test(what_was_not_taken_comes_back),
        cmocka_unit_test(heads_in_a_row_are_believed),
        cmocka_unit_test(least_of_a_burst_is_left),
        cmocka_unit_test(a_day_of_recorded_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
