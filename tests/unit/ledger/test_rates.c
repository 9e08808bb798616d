/* What currencies are worth: the section, and sums from one to the other. */
#include "daemon/ledger/rates.h"
#include "tests/unit/ledger/ledger_files.h"

#define NANO INT64_C(1000000000)

struct sum {
    int64_t nano;
    const char *from, *to;
    int64_t want; /* -1: no rate */
};

static void check(const char *text, const struct sum *sums, size_t n)
{
    struct budget_rules *rules = ledger_rules(text);

    for (size_t i = 0; i < n; i++) {
        const struct sum *s = &sums[i];
        int64_t got = -1;
        if (rates_convert(budget_rules_rates(rules), s->nano, s->from, s->to, &got) != (s->want >= 0) ||
            (s->want >= 0 && got != s->want))
            fail_msg("%lld %s in %s: %lld, not %lld", (long long)s->nano, s->from, s->to, (long long)got,
                     (long long)s->want);
    }
    budget_rules_unref(rules);
}

#define CHECK(text, ...)                                                                                               \
    check(text, (const struct sum[]){__VA_ARGS__}, sizeof((const struct sum[]){__VA_ARGS__}) / sizeof(struct sum))

static void test_without_rates(void **state)
{
    (void)state;
    CHECK("", {5, "USD", "USD", 5}, {5, "CNY", "CNY", 5}, {5, "CREDITS", "CREDITS", 5}, {5, "CNY", "USD", -1},
          {5, "USD", "CNY", -1}, {5, "CREDITS", "USD", -1}, {5, "USD", "CREDITS", -1});
}

static void test_to_the_dollar_and_back(void **state)
{
    (void)state;
    CHECK("[rates]\ncny = 0.14\neur = 1.08 USD\n", {100 * NANO, "CNY", "USD", 14 * NANO},
          {14 * NANO, "USD", "CNY", 100 * NANO}, {100 * NANO, "EUR", "USD", 108 * NANO},
          {108 * NANO, "USD", "EUR", 100 * NANO}, {108 * NANO, "CNY", "EUR", 14 * NANO},
          {14 * NANO, "EUR", "CNY", 108 * NANO}, {1, "GBP", "CNY", -1});
}

static void test_between_two_others(void **state)
{
    (void)state;
    CHECK("[rates]\neur = 8 cny\n", {NANO, "EUR", "CNY", 8 * NANO}, {8 * NANO, "CNY", "EUR", NANO},
          {1, "EUR", "USD", -1});
    /* the one between the two goes before the way by the dollar */
    CHECK("[rates]\neur = 8 cny\ncny = 0.2\n", {NANO, "EUR", "CNY", 8 * NANO}, {NANO, "CNY", "USD", NANO / 5},
          {1, "EUR", "USD", -1});
    CHECK("[rates]\nusd = 0.5 eur\n", {NANO, "USD", "EUR", NANO / 2}, {NANO, "EUR", "USD", 2 * NANO});
    /* both say it: of each its own */
    CHECK("[rates]\nusd = 0.5 eur\neur = 4 usd\n", {NANO, "USD", "EUR", NANO / 2}, {NANO, "EUR", "USD", 4 * NANO});
}

static void test_rounded_up(void **state)
{
    (void)state;
    CHECK("[rates]\ncny = 0.14\n", {1, "CNY", "USD", 1}, {7, "CNY", "USD", 1}, {8, "CNY", "USD", 2},
          {1, "USD", "CNY", 8}, {0, "USD", "CNY", 0}, {0, "CNY", "USD", 0});
    CHECK("[rates]\neur = 3\ngbp = 7\n", {1, "USD", "EUR", 1}, {3, "USD", "EUR", 1}, {4, "USD", "EUR", 2},
          {7, "EUR", "GBP", 3}, {8, "EUR", "GBP", 4});
}

/* What it is worth, never less, and less than a billionth more; there and back again it is no less than before. */
static void test_never_worth_less(void **state)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t chance = 9;
    (void)state;
    for (int i = 0; i < 300; i++) {
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        const uint64_t rate = 1 + (chance >> 20) % (100 * (uint64_t)NANO);
        char text[64];
        snprintf(text, sizeof(text), "[rates]\neur = %u.%09u\n", (unsigned)(rate / (uint64_t)NANO),
                 (unsigned)(rate % (uint64_t)NANO));
        struct budget_rules *rules = ledger_rules(text);
        for (int k = 0; k < 100; k++) {
            int64_t dollars, euros;
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            const int64_t nano = (int64_t)(chance >> (14 + k % 49));
            assert_true(rates_convert(budget_rules_rates(rules), nano, "EUR", "USD", &dollars));
            const wide exact = (wide)(uint64_t)nano * rate, got = (wide)(uint64_t)dollars * (uint64_t)NANO;
            assert_true(dollars == INT64_MAX || (got >= exact && got < exact + (uint64_t)NANO));
            assert_true(rates_convert(budget_rules_rates(rules), dollars, "USD", "EUR", &euros));
            assert_true(dollars == INT64_MAX || euros >= nano);
        }
        budget_rules_unref(rules);
    }
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    CHECK("[rates]\neur = 9223372036.854775807\ngbp = 0.000000001\n", {INT64_MAX, "EUR", "USD", INT64_MAX},
          {INT64_MAX, "USD", "GBP", INT64_MAX}, {INT64_MAX, "EUR", "GBP", INT64_MAX}, {NANO, "EUR", "USD", INT64_MAX},
          {INT64_MAX, "GBP", "USD", 9223372037}, {INT64_MAX, "USD", "EUR", NANO}, {INT64_MAX, "USD", "USD", INT64_MAX});
}

static void test_what_is_no_rate(void **state)
{
    (void)state;
    ledger_refuse("[rates]\ncny = 0.14\neur = 0\n", 3,
                  "eur must be what one EUR is worth in another currency, as in eur = 1.08");
    ledger_refuse("[rates]\neur = -1\n", 2, "not '-1'");
    ledger_refuse("[rates]\neur = 0.0000000001\n", 2, "with at most 9 decimal places");
    ledger_refuse("[rates]\neur = usd\n", 2, "not 'usd'");
    ledger_refuse("[rates]\neur = 1.08 bitcoin\n", 2, "not '1.08 bitcoin'");
    ledger_refuse("[rates]\neur = 1 eur\n", 2, "in another currency");
    ledger_refuse("[rates]\nusd = 1\n", 2, "usd must be what one USD is worth in another currency");
    ledger_refuse("[rates]\neur = 99999999999\n", 2, "not '99999999999'");
    ledger_refuse("[rates]\nxxx = 1\n", 2, "xxx");
    ledger_refuse("[rates]\nEUR = 1\n", 2, "EUR");
}

/* One row of the manual stands for all currencies; of the others those are shown that are given. */
static void test_shown_where_they_are_given(void **state)
{
    struct error err = ERROR_INIT;
    char path[64], *text = NULL;
    size_t size;
    (void)state;
    struct config *c = ledger_config("[rates]\ncny = 0.14\n", path, &err);
    assert_non_null(c);
    FILE *out = open_memstream(&text, &size);
    config_print(c, out);
    fclose(out);
    char want[256];
    snprintf(want, sizeof(want), "[rates]\ncny = 0.14 ; %s:2\neur = (unset) ; default\n", path);
    assert_string_equal(text, want);
    free(text);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rates),      cmocka_unit_test(test_to_the_dollar_and_back),
        cmocka_unit_test(test_between_two_others), cmocka_unit_test(test_rounded_up),
        cmocka_unit_test(test_what_does_not_fit),  cmocka_unit_test(test_what_is_no_rate),
        cmocka_unit_test(test_never_worth_less),   cmocka_unit_test(test_shown_where_they_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
