#include "lib/base/decimal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_number(const char *text, unsigned places, int64_t want)
{
    int64_t got = 77;

    if (!decimal_parse(text, strlen(text), places, &got))
        fail_msg("'%s' is refused", text);
    if (got != want)
        fail_msg("'%s' to %u places is %lld", text, places, (long long)got);
}

static void refuse(const char *text, size_t len, unsigned places)
{
    int64_t got = 77;

    if (decimal_parse(text, len, places, &got))
        fail_msg("'%s' to %u places is %lld", text, places, (long long)got);
    assert_int_equal(got, 77); /* set on success only */
}

static void numbers_are_exact(void **state)
{
    (void)state;
    check_number("0.00000015", 15, 150000000); /* dollars for a token, to billionths for a million */
    check_number("0.000003", 15, 3000000000);
    check_number("1.5e-7", 15, 150000000);
    check_number("0.075", 9, 75000000);
    check_number("0.1", 9, 100000000);
    check_number("2.00", 9, 2000000000);
    check_number("2", 9, 2000000000);
    check_number("1e-7", 9, 100);
    check_number("12.5E+1", 0, 125);
    check_number("1.25e2", 0, 125);
    check_number("+7", 0, 7);
    check_number("-7.25", 2, -725);
    check_number(".5", 1, 5);
    check_number("5.", 1, 50);
    check_number("000123", 0, 123);
    check_number("-0", 9, 0);
}

static void what_is_behind_is_rounded(void **state)
{
    (void)state;
    check_number("0.4", 0, 0);
    check_number("0.5", 0, 1);
    check_number("0.49999999999999999999999999", 0, 0);
    check_number("-0.5", 0, -1);
    check_number("-1.4999", 0, -1);
    check_number("1.0000000005", 9, 1000000001);
    check_number("5e-10", 9, 1);
    check_number("4.9e-10", 9, 0);
    check_number("9e-11", 9, 0);
    check_number("9.99", 1, 100);
    check_number("99e-2", 0, 1);
}

static void bounds_are_those_of_the_integer(void **state)
{
    (void)state;
    check_number("9223372036854775807", 0, INT64_MAX);
    check_number("-9223372036854775808", 0, INT64_MIN);
    check_number("9.223372036854775807", 18, INT64_MAX);
    check_number("9223372036854775807.4", 0, INT64_MAX);
    refuse("9223372036854775807.5", 21, 0);
    refuse("9223372036854775808", 19, 0);
    refuse("-9223372036854775809", 20, 0);
    refuse("10", 2, 18);
    refuse("1e19", 4, 0);
    refuse("1e999999999999999999999999", 26, 0);
    check_number("1e-999999999999999999999999", 9, 0);
    check_number("0e999999999999999999999999", 9, 0);
}

static void long_numbers_are_read_to_their_end(void **state)
{
    (void)state;
    enum { ZEROS = 1000 };
    char text[ZEROS + 16] = "0.", exponent[16];

    memset(text + 2, '0', ZEROS);
    strcpy(text + 2 + ZEROS, "15");
    check_number(text, 9, 0);
    snprintf(exponent, sizeof(exponent), "e%d", ZEROS);
    strcat(text, exponent);
    check_number(text, 9, 150000000);
}

static void other_texts_are_refused(void **state)
{
    static const char *const bad[] = {"",     ".",   "-",    "+",   "e5",  "1e",   "1e+", " 1",  "1 ",    "1.2.3",
                                      "1e5.", "1,5", "0x10", "inf", "nan", "1e5e", "--1", "+-1", "1_000", "\xc2\xb2"};
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse(bad[i], strlen(bad[i]), 9);
    refuse("1\0", 2, 9);
}

static void length_counts_and_not_a_nul(void **state)
{
    int64_t got;
    (void)state;

    assert_true(decimal_parse("12345", 2, 0, &got));
    assert_int_equal(got, 12);
    assert_true(decimal_parse("1e55", 3, 0, &got));
    assert_int_equal(got, 100000);
}

static void shortest_form_is_printed(void **state)
{
    static const struct {
        int64_t value;
        unsigned places;
        const char *text;
    } rows[] = {
        {75000000, 9, "0.075"},
        {2000000000, 9, "2"},
        {1, 9, "0.000000001"},
        {0, 9, "0"},
        {-1500, 3, "-1.5"},
        {-1, 18, "-0.000000000000000001"},
        {120, 0, "120"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MIN, 0, "-9223372036854775808"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[32];
        decimal_print(rows[i].value, rows[i].places, out);
        assert_string_equal(out, rows[i].text);
        check_number(out, rows[i].places, rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(what_is_behind_is_rounded),
        cmocka_unit_test(bounds_are_those_of_the_integer),
        cmocka_unit_test(long_numbers_are_read_to_their_end),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(length_counts_and_not_a_nul),
        cmocka_unit_test(shortest_form_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
