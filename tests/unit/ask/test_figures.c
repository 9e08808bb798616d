#include "client/common/figures.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void billionths_are_told_exactly(void **state)
{
    (void)state;
    static const struct {
        int64_t nano;
        const char *text, *rounded;
    } cases[] = {
        {0, "0.00", "0.0000"},
        {1, "0.000000001", "<0.0001"},
        {99999, "0.000099999", "<0.0001"},
        {100000, "0.0001", "0.0001"},
        {149999, "0.000149999", "0.0001"},
        {150000, "0.00015", "0.0002"},
        {20000000000, "20.00", "20.0000"},
        {1302658532, "1.302658532", "1.3027"},
        {999999999, "0.999999999", "1.0000"},
        {-1500000000, "-1.50", "-1.5000"},
        {INT64_MAX, "9223372036.854775807", "9223372036.8548"},
        {INT64_MIN, "-9223372036.854775808", "-9223372036.8548"},
    };
    char text[FIGURE_LEN];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        figures_nano(text, cases[i].nano);
        assert_string_equal(text, cases[i].text);
        figures_nano_rounded(text, cases[i].nano);
        assert_string_equal(text, cases[i].rounded);
    }
}

static void a_quantity_has_no_places_where_all_are_0(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"}, {7, "7"}, {12.5, "12.50"}, {0.33, "0.33"}, {0.075, "0.075"}, {100, "100"}, {-1, ""}};
    char text[FIGURE_LEN];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        figures_quantity(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_moment_is_a_day_or_so_long_ago(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double begins, ends; /* 0: it is none */
    } cases[] = {
        {"1970-01-02", 86400, 172800},
        {"2024-02-29", 1709164800, 1709251200},
        {"1970-01-01", 1, 86400},
        {"2h", 1000000, 1000000},
        {"1d", 1007200 - 86400, 1007200 - 86400},
        {"20d", 1, 1},
        {"2023-02-29", 0, 0},
        {"2024-13-01", 0, 0},
        {"2024-1-01", 0, 0},
        {"2024-01-01 ", 0, 0},
        {"2024-01-32", 0, 0},
        {"", 0, 0},
        {"yesterday", 0, 0},
        {"2024-01-01T00:00", 0, 0},
        {"-1d", 0, 0},
    };
    const int64_t now_us = 1007200 * INT64_C(1000000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double begins = 0, ends = 0;
        assert_int_equal(figures_read_moment(cases[i].text, now_us, false, &begins), cases[i].begins > 0);
        assert_int_equal(figures_read_moment(cases[i].text, now_us, true, &ends), cases[i].ends > 0);
        if (cases[i].begins > 0) {
            assert_true(begins == cases[i].begins);
            assert_true(ends == cases[i].ends);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(billionths_are_told_exactly),
        cmocka_unit_test(a_quantity_has_no_places_where_all_are_0),
        cmocka_unit_test(a_moment_is_a_day_or_so_long_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
