/* Budgets: what is reserved, settled and refused. */
#include "tests/unit/ledger/budgets_calls.h"

/* -- reserving and settling -- */

static void test_without_budgets(void **state)
{
    struct budgets *b = budgets_new();
    struct budget_wish w = wish(NULL, 5, -1);
    (void)state;
    assert_null(reserve(b, &w));
    assert_int_equal(ceiling(b, &w), -1);
    assert_false(budgets_any(b));
    assert_int_equal(report(b, NOW).seen, 0);
    assert_int_equal(budgets_applying(b, &w, NULL, 0), 0);
    budgets_settle(b, NULL, NULL);
    budgets_release(b, NULL);
    budgets_free(b);
    assert_null(budgets_free(NULL));
}

static void test_reserved_then_settled(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 0.02 usd\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, 4000);
    struct ledger_row row = row_of(900, 100, 1000 * 1000);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    check(b, 0, 5000 * 1000, 15000 * 1000);
    budgets_settle(b, h, &row);
    check(b, 1000 * 1000, 0, 19000 * 1000);
    h = reserve(b, &w);
    budgets_release(b, h);
    check(b, 1000 * 1000, 0, 19000 * 1000);
    budgets_free(b);
}

/* What came to nothing is still one request, also for a budget that begins before its row is there. */
static void test_shrunk_to_a_request(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 0.02 usd\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, 4000);
    struct ledger_row row = row_of(-1, -1, -1);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    budgets_shrink(b, h);
    check(b, 0, 0, 20000 * 1000);
    (void)reload(b, "[budget \"t\"]\nlimit = 9000 tokens\n", NOW);
    check(b, 0, 0, 9000);
    (void)reload(b, "[budget \"r\"]\nlimit = 9 requests\n", NOW);
    check(b, 0, 1, 8);
    budgets_shrink(b, h);
    check(b, 0, 1, 8);
    budgets_settle(b, h, &row);
    check(b, 1, 0, 8);
    budgets_shrink(b, NULL);
    budgets_free(b);
}

static void test_each_unit(void **state)
{
    static const struct {
        const char *limit;
        int64_t reserved, used;
    } cases[] = {
        {"1 usd", 5000 * 1000, 7000},
        {"99999 tokens", 5000, 77},
        {"10 requests", 1, 3},
        {"10 premium", 2500000000, 1500000000},
    };
    const struct price p = dollar();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "[budget \"m\"]\nlimit = %s\n", cases[i].limit);
        struct budgets *b = begin(text);
        struct budget_wish w = wish(&p, 1000, 4000);
        struct ledger_row row = row_of(70, 7, 7000);
        w.premium_nano = 2500000000;
        row.premium_nano = 1500000000;
        row.requests = 3;
        struct budget_hold *h = reserve(b, &w);
        assert_int_equal(report(b, NOW).reserved, cases[i].reserved);
        budgets_settle(b, h, &row);
        assert_int_equal(report(b, NOW).used, cases[i].used);
        assert_int_equal(report(b, NOW).reserved, 0);
        budgets_free(b);
    }
}

/* All or none: where the second refuses, the first has nothing of it. */
static void test_nothing_is_reserved_where_one_refuses(void **state)
{
    struct budgets *b = begin("[budget \"narrow\"]\nlimit = 1 request\n[budget \"wide\"]\nlimit = 9 requests\n");
    struct budget_wish w = wish(NULL, 1, -1);
    (void)state;
    struct budget_hold *h = reserve(b, &w);
    refuse(b, &w,
           "the budget \"narrow\" has 0 requests left of 1 request, with 1 request reserved for what runs, and "
           "this may take 1 request; it resets at 2026-04-01 00:00 UTC");
    check(b, 0, 1, 8);
    budgets_release(b, h);
    check(b, 0, 0, 9);
    budgets_free(b);
}

/* A limit that admits 20 passes 20 of 200, and the next ones as soon as there is room again. */
static void test_no_more_than_the_limit(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 100000 tokens\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, 4000);
    struct budget_hold *held[200];
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < 200; i++)
        if (budgets_fit(b, &w))
            held[n++] = reserve(b, &w);
    assert_int_equal(n, 20);
    refuse(b, &w, "has 0 tokens left of 100000 tokens");
    struct ledger_row row = row_of(500, 4500, 0);
    budgets_settle(b, held[0], &row);
    refuse(b, &w, "has 0 tokens left");
    row = row_of(1, 0, 0);
    budgets_settle(b, held[1], &row);
    refuse(b, &w, "has 4999 tokens left");
    budgets_release(b, held[2]);
    held[0] = reserve(b, &w);
    budgets_free(b);
}

/* -- the ceiling -- */

static void test_ceiling_is_what_the_rest_pays_for(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 0.01 usd\nreserve_output = 8000\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, -1);
    (void)state;
    assert_int_equal(ceiling(b, &w), 8000); /* of 9000 that are paid for */
    w.model_max = 4096;
    assert_int_equal(ceiling(b, &w), 4096);
    w.input_tokens = 9000;
    assert_int_equal(ceiling(b, &w), 1000);
    w.input_tokens = 10000 - BUDGET_OUTPUT_MIN;
    assert_int_equal(ceiling(b, &w), BUDGET_OUTPUT_MIN);
    w.input_tokens++;
    refuse(b, &w, "has 0.01 USD left of 0.01 USD, and this may take 0.010001 USD");
    w.model_max = 1; /* a model that gives no more needs no more */
    w.input_tokens = 9999;
    assert_int_equal(ceiling(b, &w), 1);
    budgets_free(b);
}

static void test_ceiling_that_was_asked_for_is_kept(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 10000 tokens\nreserve_output = 100\n");
    struct budget_wish w = wish(NULL, 1000, 9000);
    (void)state;
    assert_int_equal(ceiling(b, &w), 9000);
    w.max_tokens = 9001;
    refuse(b, &w, "this may take 10001 tokens");
    w.model_max = 9000; /* of which the model gives no more than that */
    assert_int_equal(ceiling(b, &w), 9001);
    w.max_tokens = 0;
    assert_int_equal(ceiling(b, &w), 0);
    budgets_free(b);
}

static void test_ceiling_is_of_the_smallest(void **state)
{
    struct budgets *b = begin("[budget \"a\"]\nlimit = 3000 tokens\n[budget \"b\"]\nlimit = 0.002 usd\n"
                              "[budget \"c\"]\nlimit = 5000 tokens\nreserve_output = 1500\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, -1);
    (void)state;
    assert_int_equal(ceiling(b, &w), 1000);
    w.input_tokens = 100;
    assert_int_equal(ceiling(b, &w), 1500);
    budgets_free(b);
}

static void test_requests_need_no_ceiling(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 5 requests\n[budget \"p\"]\nlimit = 5 premium\n");
    struct budget_wish w = wish(NULL, 1000, -1);
    (void)state;
    assert_int_equal(ceiling(b, &w), -1);
    w.max_tokens = 7;
    assert_int_equal(ceiling(b, &w), 7);
    budgets_free(b);
}

/* Input may be written to the provider's cache, either may be sound: the dearest rate counts. */
static void test_the_dearest_kind_is_reserved(void **state)
{
    static const struct {
        int64_t cached, write, input_audio, output_audio, want; /* thousands of billionths for 1000 and 100 tokens */
    } cases[] = {
        {-1, -1, -1, -1, 1100},   {-1, 1250, -1, -1, 1350},     {-1, 1, 1, 1, 1100},
        {9000, -1, -1, -1, 1100}, {-1, 1250, 40000, -1, 40100}, {-1, -1, -1, 80000, 9000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct budgets *b = begin("[budget \"m\"]\nlimit = 1 usd\n");
        struct price p = dollar();
        struct budget_wish w = wish(&p, 1000, 100);
        p.cached_input = cases[i].cached < 0 ? PRICE_UNKNOWN : cases[i].cached * 1000000;
        p.cache_write = cases[i].write < 0 ? PRICE_UNKNOWN : cases[i].write * 1000000;
        p.input_audio = cases[i].input_audio < 0 ? PRICE_UNKNOWN : cases[i].input_audio * 1000000;
        p.output_audio = cases[i].output_audio < 0 ? PRICE_UNKNOWN : cases[i].output_audio * 1000000;
        reserve(b, &w);
        check(b, 0, cases[i].want * 1000, NANO - cases[i].want * 1000);
        budgets_free(b); /* with what is held */
    }
}

static void test_images_and_the_request_are_reserved(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 1 usd\n");
    struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, 0);
    (void)state;
    p.image = 7000;
    p.request = 500;
    w.images = 3;
    reserve(b, &w);
    check(b, 0, 1000 * 1000 + 3 * 7000 + 500, NANO - 1000 * 1000 - 3 * 7000 - 500);
    budgets_free(b);
}

/* -- what is not known -- */

static void test_what_has_no_price_is_refused(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 1 usd\n");
    struct budget_wish w = wish(NULL, 1000, 10);
    struct price p = PRICE_INIT;
    (void)state;
    refuse(b, &w, "the price of lan/small is not known; 'unpriced = allow' there lets it pass");
    p.input = 1;
    strcpy(p.currency, "USD");
    w.price = &p; /* but not what output costs */
    refuse(b, &w, "the price of lan/small is not known");
    w.max_tokens = -1;
    refuse(b, &w, "the price of lan/small is not known");
    w.max_tokens = 0; /* of which there is none, as with vectors */
    assert_int_equal(ceiling(b, &w), 0);
    budgets_free(b);
}

static void test_what_has_no_price_counts_nothing_where_it_is_allowed(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 1 usd\nunpriced = allow\n");
    struct budget_wish w = wish(NULL, 1000, -1);
    struct ledger_row row = row_of(900, 100, -1);
    (void)state;
    row.currency[0] = '\0';
    assert_int_equal(ceiling(b, &w), -1);
    struct budget_hold *h = reserve(b, &w);
    check(b, 0, 0, NANO);
    budgets_settle(b, h, &row);
    check(b, 0, 0, NANO);
    budgets_free(b);
}

static void test_another_currency_needs_a_rate(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 0.001 eur\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 0, 1);
    (void)state;
    refuse(b, &w, "the budget \"m\" is in EUR, and the price of lan/small in USD: the section [rates]");
    budgets_free(b);
    b = begin("[budget \"m\"]\nlimit = 0.001 eur\n[rates]\neur = 1.08\n");
    w = wish(&p, 0, -1);
    assert_int_equal(ceiling(b, &w), 1080); /* 0.00108 USD */
    budgets_free(b);
}

/* The price was known when it was reserved: what cannot be told any more counts as the most that it can be. */
static void test_settled_without_a_cost(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 1 usd\n");
    const struct price p = dollar();
    struct budget_wish w = wish(&p, 1000, 4000);
    struct ledger_row row = row_of(1000, 10, -1);
    (void)state;
    budgets_settle(b, reserve(b, &w), &row);
    check(b, 5000 * 1000, 0, NANO - 5000 * 1000);
    row = row_of(-1, -1, -1); /* but of nothing that was counted there is no cost */
    budgets_settle(b, reserve(b, &w), &row);
    check(b, 5000 * 1000, 0, NANO - 5000 * 1000);
    budgets_free(b);
}

/* -- which apply -- */

static void test_only_those_that_apply(void **state)
{
    struct budgets *b = begin("[budget \"other\"]\nlimit = 0 requests\nprovider = far\n"
                              "[budget \"own\"]\nlimit = 1 request\nprovider = lan\n");
    struct budget_wish w = wish(NULL, 1, -1);
    const char *names[2] = {NULL, NULL};
    (void)state;
    assert_int_equal(budgets_applying(b, &w, names, 2), 1);
    assert_string_equal(names[0], "own");
    struct budget_hold *h = reserve(b, &w);
    refuse(b, &w, "\"own\" has 0 requests left");
    w.subject.provider = "far";
    refuse(b, &w, "\"other\" has 0 requests left of 0 requests, and");
    w.subject.provider = "third";
    assert_int_equal(budgets_applying(b, &w, names, 0), 0);
    budgets_release(b, reserve(b, &w));
    budgets_release(b, h);
    budgets_free(b);
}

static void test_what_does_not_fit_a_number(void **state)
{
    struct budgets *b = begin("[budget \"m\"]\nlimit = 9223372036854775807 tokens\nreserve_output = 100\n");
    struct budget_wish w = wish(NULL, INT64_MAX - 100, -1);
    struct ledger_row row = row_of(INT64_MAX, INT64_MAX, 0);
    (void)state;
    budgets_settle(b, reserve(b, &w), &row);
    check(b, INT64_MAX, 0, 0);
    w = wish(NULL, INT64_MAX, INT64_MAX);
    refuse(b, &w, "has 0 tokens left");
    budgets_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_budgets),
        cmocka_unit_test(test_reserved_then_settled),
        cmocka_unit_test(test_each_unit),
        cmocka_unit_test(test_shrunk_to_a_request),
        cmocka_unit_test(test_nothing_is_reserved_where_one_refuses),
        cmocka_unit_test(test_no_more_than_the_limit),
        cmocka_unit_test(test_ceiling_is_what_the_rest_pays_for),
        cmocka_unit_test(test_ceiling_that_was_asked_for_is_kept),
        cmocka_unit_test(test_ceiling_is_of_the_smallest),
        cmocka_unit_test(test_requests_need_no_ceiling),
        cmocka_unit_test(test_the_dearest_kind_is_reserved),
        cmocka_unit_test(test_images_and_the_request_are_reserved),
        cmocka_unit_test(test_what_has_no_price_is_refused),
        cmocka_unit_test(test_what_has_no_price_counts_nothing_where_it_is_allowed),
        cmocka_unit_test(test_another_currency_needs_a_rate),
        cmocka_unit_test(test_settled_without_a_cost),
        cmocka_unit_test(test_only_those_that_apply),
        cmocka_unit_test(test_what_does_not_fit_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
