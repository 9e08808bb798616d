/* What users have used since midnight. */
#include "daemon/ledger/today.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define DAY_US (86400 * INT64_C(1000000))
#define NOON (20000 * DAY_US + DAY_US / 2)

static struct ledger_row row_of(uid_t uid, int64_t at_us, enum ledger_how how, int64_t cost_nano, const char *currency)
{
    struct ledger_row r = LEDGER_ROW_INIT;
    r.uid = uid;
    r.at_us = at_us;
    r.how = how;
    r.outcome = LEDGER_DONE;
    if (how == LEDGER_FRESH) {
        r.requests = 1;
        r.cost_nano = cost_nano;
        r.usage.input_tokens = 10;
        r.usage.output_tokens = 5;
        strcpy(r.currency, currency);
    } else {
        r.saved_nano = cost_nano;
        strcpy(r.saved_currency, currency);
    }
    return r;
}

static void add(struct today *t, struct ledger_row row)
{
    today_add(t, &row);
}

static void each_user_has_figures_of_their_own(void **state)
{
    (void)state;
    struct today *t = today_new();
    for (uid_t uid = 9; uid > 0; uid--)
        for (uid_t n = 0; n < uid; n++)
            add(t, row_of(uid, NOON, LEDGER_FRESH, 100, "USD"));
    for (uid_t uid = 1; uid < 10; uid++) {
        const struct today_figures *f = today_of(t, uid, NOON);
        assert_int_equal(f->requests, uid);
        assert_int_equal(f->answers, uid);
        assert_int_equal(f->input_tokens, 10 * (int64_t)uid);
        assert_int_equal(f->output_tokens, 5 * (int64_t)uid);
        assert_int_equal(f->n_sums, 1);
        assert_int_equal(f->sums[0].cost_nano, 100 * (int64_t)uid);
    }
    assert_int_equal(today_of(t, 0, NOON)->requests, 0);
    assert_int_equal(today_of(t, 10, NOON)->n_sums, 0);
    today_free(t);
}

static void currencies_and_what_was_saved_stand_apart(void **state)
{
    (void)state;
    struct today *t = today_new();
    add(t, row_of(1, NOON, LEDGER_FRESH, 100, "USD"));
    add(t, row_of(1, NOON, LEDGER_FRESH, 7, "CNY"));
    add(t, row_of(1, NOON, LEDGER_FRESH, -1, ""));
    add(t, row_of(1, NOON, LEDGER_SHARED, 30, "USD"));
    struct ledger_row hits = row_of(1, NOON, LEDGER_CACHED, 60, "CNY");
    hits.answers = 3;
    add(t, hits);
    const struct today_figures *f = today_of(t, 1, NOON);
    assert_int_equal(f->requests, 3);
    assert_int_equal(f->answers, 7);
    assert_int_equal(f->cache_hits, 3);
    assert_int_equal(f->shared, 1);
    assert_int_equal(f->input_tokens, 30);
    assert_int_equal(f->n_sums, 2);
    assert_string_equal(f->sums[1].currency, "USD");
    assert_int_equal(f->sums[1].cost_nano, 100);
    assert_int_equal(f->sums[1].saved_nano, 30);
    assert_string_equal(f->sums[0].currency, "CNY");
    assert_int_equal(f->sums[0].cost_nano, 7);
    assert_int_equal(f->sums[0].saved_nano, 60);
    today_free(t);
}

static void what_runs_and_arms_are_no_answers(void **state)
{
    (void)state;
    struct today *t = today_new();
    struct ledger_row row = row_of(1, NOON, LEDGER_FRESH, 100, "USD");
    row.outcome = LEDGER_RUNNING;
    add(t, row);
    assert_int_equal(today_of(t, 1, NOON)->requests, 0);
    row.outcome = LEDGER_CANCELLED;
    row.arm = true;
    add(t, row);
    assert_int_equal(today_of(t, 1, NOON)->requests, 1);
    assert_int_equal(today_of(t, 1, NOON)->answers, 0);
    assert_int_equal(today_of(t, 1, NOON)->sums[0].cost_nano, 100);
    today_free(t);
}

static void a_day_begins_at_nothing(void **state)
{
    (void)state;
    const int64_t midnight = today_begins(NOON);
    assert_int_equal(midnight, NOON - DAY_US / 2);
    assert_int_equal(today_begins(midnight), midnight);
    assert_int_equal(today_begins(midnight - 1), midnight - DAY_US);
    struct today *t = today_new();
    add(t, row_of(1, midnight, LEDGER_FRESH, 100, "USD"));
    add(t, row_of(1, midnight - 1, LEDGER_FRESH, 1000, "USD")); /* of the day before */
    assert_int_equal(today_of(t, 1, midnight + DAY_US - 1)->sums[0].cost_nano, 100);
    add(t, row_of(2, midnight + DAY_US, LEDGER_FRESH, 1, "USD"));
    assert_int_equal(today_of(t, 1, midnight + DAY_US)->n_sums, 0);
    assert_int_equal(today_of(t, 2, midnight + DAY_US)->sums[0].cost_nano, 1);
    assert_int_equal(today_of(t, 2, midnight + 2 * DAY_US)->requests, 0);
    today_free(t);
}

static void what_the_ledger_had_is_added(void **state)
{
    (void)state;
    struct today_sum sums[] = {{"USD", 5, 6}, {"EUR", 7, 0}};
    const struct today_figures had = {.requests = 1,
                                      .answers = 2,
                                      .cache_hits = 3,
                                      .shared = 4,
                                      .input_tokens = 5,
                                      .output_tokens = 6,
                                      .premium_nano = INT64_MAX,
                                      .sums = sums,
                                      .n_sums = 2};
    struct today *t = today_new();
    add(t, row_of(1, NOON, LEDGER_FRESH, 100, "USD"));
    today_recall(t, 1, NOON - 1, &had);
    today_recall(t, 1, NOON - DAY_US, &had); /* of another day */
    today_recall(t, 1, NOON, &had);
    const struct today_figures *f = today_of(t, 1, NOON);
    assert_int_equal(f->requests, 3);
    assert_int_equal(f->answers, 5);
    assert_int_equal(f->cache_hits, 6);
    assert_int_equal(f->shared, 8);
    assert_int_equal(f->input_tokens, 20);
    assert_int_equal(f->output_tokens, 17);
    assert_true(f->premium_nano == INT64_MAX); /* no further */
    assert_string_equal(f->sums[0].currency, "EUR");
    assert_int_equal(f->sums[0].cost_nano, 14);
    assert_int_equal(f->sums[1].cost_nano, 110);
    assert_int_equal(f->sums[1].saved_nano, 12);
    today_free(t);
}

static void users_have_a_bound(void **state)
{
    (void)state;
    struct today *t = today_new();
    for (uid_t uid = 0; uid <= TODAY_USERS_MAX; uid++)
        add(t, row_of(uid, NOON, LEDGER_FRESH, 1, "USD"));
    add(t, row_of(0, NOON, LEDGER_FRESH, 1, "USD"));
    assert_int_equal(today_of(t, 0, NOON)->requests, 2);
    assert_int_equal(today_of(t, TODAY_USERS_MAX - 1, NOON)->requests, 1);
    assert_int_equal(today_of(t, TODAY_USERS_MAX, NOON)->requests, 0);
    today_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_has_figures_of_their_own),
        cmocka_unit_test(currencies_and_what_was_saved_stand_apart),
        cmocka_unit_test(what_runs_and_arms_are_no_answers),
        cmocka_unit_test(a_day_begins_at_nothing),
        cmocka_unit_test(what_the_ledger_had_is_added),
        cmocka_unit_test(users_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
