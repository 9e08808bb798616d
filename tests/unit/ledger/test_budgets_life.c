/* Budgets over time: windows that run over, reloads of the configuration, what the store recalls, warnings. */
#include "tests/unit/ledger/budgets_calls.h"

/* -- windows -- */

static void test_window_begins_anew(void **state)
{
    struct budgets *b = begin("[budget \"d\"]\nlimit = 2 requests\nper = day\n");
    struct budget_wish w = wish(NULL, 1, -1);
    struct ledger_row row = row_of(1, 1, 0);
    (void)state;
    budgets_settle(b, reserve(b, &w), &row);
    struct budget_hold *late = reserve(b, &w);
    refuse(b, &w, "resets at 2026-03-02 00:00 UTC");
    w.now_us = NOW + DAY / 2 - 1;
    refuse(b, &w, "0 requests left");
    assert_int_equal(report(b, NOW + DAY / 2).used, 0); /* looking does not turn it */
    assert_int_equal(report(b, NOW + DAY / 2).left, 2);
    refuse(b, &w, "0 requests left");
    w.now_us = NOW + DAY / 2;
    struct budget_hold *h = reserve(b, &w);
    budgets_settle(b, late, &row); /* of the day before: of no account now */
    struct wanted r = report(b, w.now_us);
    assert_int_equal(r.used, 0);
    assert_int_equal(r.reserved, 1);
    assert_int_equal(r.resets_us, NOW + DAY / 2 + DAY);
    budgets_release(b, h);
    assert_int_equal(report(b, w.now_us).reserved, 0);
    budgets_free(b);
}

static void test_window_never_goes_back(void **state)
{
    struct budgets *b = begin("[budget \"h\"]\nlimit = 1 request\nper = hour\n");
    struct budget_wish w = wish(NULL, 1, -1);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    w.now_us = NOW - 1; /* the clock was set back over the border */
    refuse(b, &w, "resets at 2026-03-01 13:00 UTC");
    w.now_us = NOW - DAY;
    refuse(b, &w, "resets at 2026-03-01 13:00 UTC");
    budgets_release(b, h);
    budgets_free(b);
}

static void test_since_is_the_longest_window(void **state)
{
    static const char text[] = "[budget \"h\"]\nlimit = 1 request\nper = hour\n"
                               "[budget \"w\"]\nlimit = 1 request\nper = week\n"
                               "[budget \"d\"]\nlimit = 1 usd\nper = day\n";
    struct budgets *b = budgets_new(), *later = budgets_new();
    (void)state;
    assert_int_equal(reload(b, text, NOW), NOW - DAY / 2 - 6 * DAY);     /* a Sunday: since Monday */
    assert_int_equal(reload(later, text, NOW + DAY / 2), NOW + DAY / 2); /* and that is one */
    assert_true(budgets_any(b));
    budgets_free(b);
    budgets_free(later);
}

/* -- reloads -- */

#define MONTH_OF(limit) "[budget \"m\"]\nlimit = " limit "\nper = month\n"

static void test_reload_keeps_what_counts_the_same(void **state)
{
    struct budgets *b = begin(MONTH_OF("10 requests"));
    struct budget_wish w = wish(NULL, 1, -1);
    struct ledger_row row = row_of(1, 1, 0);
    (void)state;
    budgets_settle(b, reserve(b, &w), &row);
    struct budget_hold *h = reserve(b, &w);
    assert_int_equal(reload(b, MONTH_OF("3 requests") "warn = 10\nreserve_output = 99\n", NOW), 0);
    check(b, 1, 1, 1);
    assert_int_equal(reload(b, "[budget \"first\"]\nlimit = 9 usd\n" MONTH_OF("1 request"), NOW),
                     NOW - DAY / 2); /* the 1st of March, for `first` alone */
    check(b, 1, 1, 0);
    budgets_recall(b, &row, NULL);
    check(b, 1, 1, 0);
    budgets_settle(b, h, &row);
    check(b, 2, 0, 0);
    budgets_free(b);
}

/* Each differs from the first in one thing by which it counts. */
static void test_reload_begins_what_counts_another_way(void **state)
{
    static const char *const others[] = {
        "[budget \"x\"]\nlimit = 10 requests\n",
        "[budget \"m\"]\nlimit = 10 tokens\n",
        "[budget \"m\"]\nlimit = 10 requests\nper = day\n",
        "[budget \"m\"]\nlimit = 10 requests\nuid = 1000\n",
        "[budget \"m\"]\nlimit = 10 requests\nprovider = lan\n",
        "[budget \"m\"]\nlimit = 10 requests\nmodel = s*\n",
        "[budget \"m\"]\nlimit = 10 requests\nclient = ask\n",
        "[budget \"m\"]\nlimit = 10 requests\ndirectory = /\n",
        "[budget \"m\"]\nlimit = 10 requests\nlabel = l\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct budgets *b = begin(MONTH_OF("10 requests"));
        struct budget_wish w = wish(NULL, 1, -1);
        struct ledger_row row = row_of(1, 1, 0);
        w.subject.client = "ask";
        w.subject.directory = "/src";
        w.subject.label = "l";
        budgets_settle(b, reserve(b, &w), &row);
        assert_int_not_equal(reload(b, others[i], NOW), 0);
        assert_int_equal(report(b, NOW).used, 0);
        budgets_free(b);
    }
}

/* What is under way goes over to budgets that begin, and out of those that are gone. */
static void test_holds_outlive_a_reload(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 1 usd\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, 4000);
    struct ledger_row row = row_of(1000, 1, 1001 * 1000);
    (void)state;
    struct budget_hold *h = reserve(b, &w), *other = reserve(b, &w);
    (void)reload(b, "[budget \"m\"]\nlimit = 1 usd\n[budget \"t\"]\nlimit = 7000 tokens\nper = day\n", NOW);
    assert_int_equal(report(b, NOW).reserved, 10000); /* over its limit: nothing more is let in */
    refuse(b, &w, "the budget \"t\" has 0 tokens left");
    (void)reload(b, "[budget \"t\"]\nlimit = 7000 tokens\nper = day\n", NOW);
    budgets_settle(b, h, &row);
    assert_int_equal(report(b, NOW).used, 1001);
    assert_int_equal(report(b, NOW).reserved, 5000);
    (void)reload(b, "", NOW);
    assert_int_equal(report(b, NOW).seen, 0);
    budgets_settle(b, other, &row);
    budgets_free(b);
}

static void test_hold_of_an_earlier_window_is_not_taken_over(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 9 requests\n");
    struct budget_wish w = wish(NULL, 1, -1);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    (void)reload(b, "[budget \"h\"]\nlimit = 9 requests\nper = hour\n", NOW + HOUR);
    assert_int_equal(report(b, NOW + HOUR).reserved, 0);
    (void)reload(b, "[budget \"h\"]\nlimit = 9 requests\nper = day\n", NOW + HOUR);
    assert_int_equal(report(b, NOW + HOUR).reserved, 1);
    budgets_release(b, h);
    assert_int_equal(report(b, NOW + HOUR).reserved, 0);
    budgets_free(b);
}

/* One that was taken in where none applied is known to those that do later. */
static void test_hold_without_a_budget_is_taken_over(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 9 requests\nprovider = far\n");
    struct budget_wish w = wish(NULL, 1, -1);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    assert_non_null(h);
    (void)reload(b, "[budget \"m\"]\nlimit = 9 requests\n", NOW);
    check(b, 0, 1, 8);
    budgets_release(b, h);
    check(b, 0, 0, 9);
    budgets_free(b);
}

/* What was borrowed for the call may be gone when a reload looks at the hold. */
static void test_hold_has_texts_and_price_of_its_own(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 9 requests\n");
    struct price p = dollar();
    char provider[] = "lan", client[] = "ask";
    struct budget_wish w = wish(&p, 1000, 4000);
    (void)state;
    w.subject.provider = provider;
    w.subject.client = client;
    struct budget_hold *h = reserve(b, &w);
    strcpy(provider, "xxx");
    strcpy(client, "xxx");
    p.input = p.output = 1;
    (void)reload(b, "[budget \"m\"]\nlimit = 1 usd\nprovider = lan\nclient = ask\n", NOW);
    check(b, 0, 5000 * 1000, NANO - 5000 * 1000);
    budgets_release(b, h);
    budgets_free(b);
}

/* -- recalls -- */

static void test_recall_counts_what_lies_in_the_window(void **state)
{
    struct budgets *b = budgets_new();
    struct ledger_row row = row_of(100, 10, 5);
    (void)state;
    assert_int_equal(reload(b, "[budget \"d\"]\nlimit = 1000 tokens\nper = day\n", NOW), NOW - DAY / 2);
    row.at_us = NOW - DAY / 2 - 1;
    budgets_recall(b, &row, NULL);
    row.at_us = NOW + DAY / 2;
    budgets_recall(b, &row, NULL);
    check(b, 0, 0, 1000);
    row.at_us = NOW - DAY / 2;
    budgets_recall(b, &row, NULL);
    check(b, 110, 0, 890);
    row.uid = 7; /* anybody's */
    row.at_us = NOW + DAY / 2 - 1;
    budgets_recall(b, &row, NULL);
    check(b, 220, 0, 780);
    budgets_recalled(b);
    budgets_recall(b, &row, NULL); /* of an earlier question to the store */
    check(b, 220, 0, 780);
    budgets_free(b);
}

static void test_recall_after_reservations(void **state)
{
    struct budgets *b = budgets_new();
    struct budget_wish w = wish(NULL, 1, -1);
    struct ledger_row row = row_of(1, 1, 0);
    (void)state;
    (void)reload(b, MONTH_OF("3 requests"), NOW);
    struct budget_hold *h = reserve(b, &w);
    row.requests = 2;
    budgets_recall(b, &row, NULL);
    check(b, 2, 1, 0);
    refuse(b, &w, "0 requests left");
    row.requests = 1;
    budgets_settle(b, h, &row);
    check(b, 3, 0, 0);
    budgets_free(b);
}

/* A second reload while the store is still asked: it is asked anew, and nothing is counted twice. */
static void test_recall_that_is_given_up(void **state)
{
    struct budgets *b = budgets_new();
    struct budget_wish w = wish(NULL, 1, -1);
    struct ledger_row row = row_of(1, 1, 0);
    (void)state;
    (void)reload(b, MONTH_OF("9 requests"), NOW);
    budgets_settle(b, reserve(b, &w), &row);
    budgets_recall(b, &row, NULL);
    check(b, 2, 0, 7);
    assert_int_equal(reload(b, MONTH_OF("9 requests"), NOW), NOW - DAY / 2);
    check(b, 1, 0, 8);
    budgets_recall(b, &row, NULL);
    budgets_recalled(b);
    check(b, 2, 0, 7);
    assert_int_equal(reload(b, MONTH_OF("9 requests"), NOW), 0);
    check(b, 2, 0, 7);
    budgets_free(b);
}

static void test_recall_by_what_a_budget_is_narrowed_by(void **state)
{
    struct budgets *b = budgets_new();
    struct ledger_row row = row_of(1, 1, 2 * NANO);
    (void)state;
    (void)reload(b, "[budget \"m\"]\nlimit = 9 eur\nmodel = gpt-*\n[rates]\neur = 2\n", NOW);
    budgets_recall(b, &row, NULL);
    check(b, 0, 0, 9 * NANO);
    budgets_recall(b, &row, "gpt-4.1");
    check(b, NANO, 0, 8 * NANO);
    row.cost_nano = -1; /* unpriced */
    budgets_recall(b, &row, "gpt-4.1");
    row.cost_nano = NANO; /* no rate */
    strcpy(row.currency, "CNY");
    budgets_recall(b, &row, "gpt-4.1");
    check(b, NANO, 0, 8 * NANO);
    budgets_free(b);
}

/* -- warnings -- */

static void test_warned_once(void **state)
{
    struct budgets *b =
        begin("[budget \"m\"]\nlimit = 1000 tokens\nper = day\n"
              "[budget \"half\"]\nlimit = 100 usd\nwarn = 50\n[budget \"never\"]\nlimit = 1 usd\nwarn = 0\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1, 1);
    struct ledger_row row = row_of(700, 99, 50 * NANO);
    char text[256];
    (void)state;
    assert_false(budgets_warned(b, NULL, text, sizeof(text)));
    budgets_settle(b, reserve(b, &w), &row);
    assert_int_equal(report(b, NOW).left, 0);
    (void)reload(b,
                 "[budget \"never\"]\nlimit = 100 usd\nwarn = 0\n[budget \"half\"]\nlimit = 100 usd\nwarn = 50\n"
                 "[budget \"m\"]\nlimit = 1000 tokens\nper = day\n",
                 NOW);
    struct budget_hold *h = reserve(b, &w); /* 799 of 1000: not yet */
    assert_true(budgets_warned(b, h, text, sizeof(text)));
    assert_string_equal(text,
                        "50 % of the budget \"half\" is used: 50 USD of 100 USD; it resets at 2026-04-01 00:00 UTC");
    assert_false(budgets_warned(b, h, text, sizeof(text)));
    row = row_of(1, 0, 0);
    budgets_settle(b, h, &row);
    h = reserve(b, &w); /* 800 */
    assert_true(budgets_warned(b, h, text, sizeof(text)));
    assert_string_equal(
        text, "80 % of the budget \"m\" is used: 800 tokens of 1000 tokens; it resets at 2026-03-02 00:00 UTC");
    assert_false(budgets_warned(b, h, text, sizeof(text)));
    w.now_us = NOW + DAY;
    struct budget_hold *next = reserve(b, &w);
    row = row_of(900, 0, 0);
    budgets_settle(b, next, &row);
    assert_false(budgets_warned(b, h, text, sizeof(text))); /* asked the day before */
    next = reserve(b, &w);
    assert_true(budgets_warned(b, next, text, sizeof(text)));
    budgets_free(b);
}

/* What settles while the store is asked may be in what it tells: it is asked again, and that counts. */
static void test_settled_during_a_recall(void **state)
{
    struct budgets *b = begin("[budget \"other\"]\nlimit = 9 requests\nper = month\n");
    struct budget_wish w = wish(NULL, 1, -1);
    struct ledger_row row = row_of(1, 1, 0);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    reload(b, MONTH_OF("10 requests"), NOW);
    check(b, 0, 1, 9);
    assert_false(budgets_unsure(b));
    budgets_recall(b, &row, NULL);
    budgets_settle(b, h, &row);
    assert_true(budgets_unsure(b));
    budgets_recall_again(b);
    assert_false(budgets_unsure(b));
    check(b, 0, 0, 10);
    budgets_recall(b, &row, NULL);
    budgets_recall(b, &row, NULL);
    budgets_recalled(b);
    check(b, 2, 0, 8);
    h = reserve(b, &w);
    budgets_settle(b, h, &row);
    assert_false(budgets_unsure(b)); /* nobody is asked any more */
    budgets_recall_again(b);
    check(b, 3, 0, 7);
    budgets_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_begins_anew),
        cmocka_unit_test(test_window_never_goes_back),
        cmocka_unit_test(test_since_is_the_longest_window),
        cmocka_unit_test(test_reload_keeps_what_counts_the_same),
        cmocka_unit_test(test_reload_begins_what_counts_another_way),
        cmocka_unit_test(test_holds_outlive_a_reload),
        cmocka_unit_test(test_hold_of_an_earlier_window_is_not_taken_over),
        cmocka_unit_test(test_hold_without_a_budget_is_taken_over),
        cmocka_unit_test(test_hold_has_texts_and_price_of_its_own),
        cmocka_unit_test(test_recall_counts_what_lies_in_the_window),
        cmocka_unit_test(test_recall_after_reservations),
        cmocka_unit_test(test_recall_that_is_given_up),
        cmocka_unit_test(test_settled_during_a_recall),
        cmocka_unit_test(test_recall_by_what_a_budget_is_narrowed_by),
        cmocka_unit_test(test_warned_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
