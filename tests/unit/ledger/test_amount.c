/* Amounts: what a limit may be, and how it is told. */
#include "daemon/ledger/amount.h"
#include "daemon/ledger/currency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NANO INT64_C(1000000000)

static void test_amounts(void **state)
{
    static const struct {
        const char *text;
        enum amount_unit unit;
        int64_t value;
        const char *name, *told; /* of the unit; the whole as it is told */
    } cases[] = {
        {"20 usd", AMOUNT_MONEY, 20 * NANO, "USD", "20 USD"},
        {"0.5 EUR", AMOUNT_MONEY, NANO / 2, "EUR", "0.5 EUR"},
        {"1 Cny", AMOUNT_MONEY, NANO, "CNY", "1 CNY"},
        {"0.000000001 usd", AMOUNT_MONEY, 1, "USD", "0.000000001 USD"},
        {"9223372036.854775807 usd", AMOUNT_MONEY, INT64_MAX, "USD", "9223372036.854775807 USD"},
        {"0 usd", AMOUNT_MONEY, 0, "USD", "0 USD"},
        {"500000 tokens", AMOUNT_TOKENS, 500000, "tokens", "500000 tokens"},
        {"1 token", AMOUNT_TOKENS, 1, "tokens", "1 token"},
        {"9223372036854775807 tokens", AMOUNT_TOKENS, INT64_MAX, "tokens", "9223372036854775807 tokens"},
        {"50\t requests", AMOUNT_REQUESTS, 50, "requests", "50 requests"},
        {"1 request", AMOUNT_REQUESTS, 1, "requests", "1 request"},
        {"0 requests", AMOUNT_REQUESTS, 0, "requests", "0 requests"},
        {"300 premium", AMOUNT_PREMIUM, 300 * NANO, "premium", "300 premium requests"},
        {"12.5 premium requests", AMOUNT_PREMIUM, 12 * NANO + NANO / 2, "premium", "12.5 premium requests"},
        {"1 premium request", AMOUNT_PREMIUM, NANO, "premium", "1 premium request"},
        {"0.33 premium", AMOUNT_PREMIUM, 330000000, "premium", "0.33 premium requests"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = ERROR_INIT;
        struct amount a, again;
        char told[AMOUNT_TEXT];
        if (amount_parse(cases[i].text, &a, &err) != ERR_NONE)
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_int_equal(a.unit, cases[i].unit);
        assert_int_equal(a.value, cases[i].value);
        assert_string_equal(amount_unit(&a), cases[i].name);
        amount_print(&a, told);
        assert_string_equal(told, cases[i].told);
        assert_int_equal(amount_parse(told, &again, &err), ERR_NONE);
        assert_memory_equal(&a, &again, sizeof(a));
    }
}

static void test_what_is_no_amount(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "an amount is a number and a unit"},
        {"20", "an amount is a number and a unit"},
        {"usd", "an amount is a number and a unit"},
        {"usd 20", "an amount is a number and a unit"},
        {"20usd", "an amount is a number and a unit"},
        {"20 usd a month", "an amount is a number and a unit"},
        {"20 usd ", "an amount is a number and a unit"},
        {"20 xxx", "an amount is a number and a unit"},
        {"20 tokns", "as in 20 usd, not '20 tokns'"},
        {"-1 usd", "'-1' is no number that an amount can have"},
        {"1,5 usd", "'1,5' is no number that an amount can have"},
        {"many usd", "'many' is no number that an amount can have"},
        {"9223372036.854775808 usd", "is no number that an amount can have"},
        {"9223372036854775808 tokens", "is no number that an amount can have"},
        {"0.5 tokens", "tokens are counted by whole numbers"},
        {"2.0 requests", "requests are counted by whole numbers"},
        {"1e3 tokens", "tokens are counted by whole numbers"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = ERROR_INIT;
        struct amount a = {.value = 7};
        assert_int_equal(amount_parse(cases[i].text, &a, &err), ERR_INVALID_REQUEST);
        if (!strstr(err.message, cases[i].part))
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_int_equal(a.value, 7);
    }
}

static void test_longest_text_has_room(void **state)
{
    const struct amount a = {.unit = AMOUNT_PREMIUM, .value = INT64_MAX};
    char told[AMOUNT_TEXT];
    (void)state;
    amount_print(&a, told);
    assert_string_equal(told, "9223372036.854775807 premium requests");
}

static void test_currencies(void **state)
{
    (void)state;
    for (int c = 0; c < CURRENCY_COUNT; c++) {
        const char *code = currency_code((enum currency)c);
        assert_int_equal(strlen(code), 3);
        assert_int_equal(currency_find(code), c);
        assert_true(c == 0 || strcmp(currency_code((enum currency)(c - 1)), code) < 0);
    }
    assert_int_equal(currency_find("eur"), CURRENCY_EUR);
    assert_int_equal(currency_find("EU"), CURRENCY_COUNT);
    assert_int_equal(currency_find(""), CURRENCY_COUNT);
    assert_null(currency_code(CURRENCY_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_what_is_no_amount),
        cmocka_unit_test(test_longest_text_has_room),
        cmocka_unit_test(test_currencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
