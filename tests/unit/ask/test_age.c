#include "client/common/age.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static void whole_units_are_told(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } ages[] = {
        {0, "0s"},     {0.9, "0s"},    {5, "5s"},           {59.99, "59s"},
        {60, "1min"},  {750, "12min"}, {3599.9, "59min"},   {3600, "1h"},
        {10800, "3h"}, {86399, "23h"}, {86400, "1d"},       {2.5 * 86400, "2d"},
        {-3, "0s"},    {NAN, "0s"},    {1e12, "11574074d"}, {INFINITY, "11574074d"},
    };
    for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
        char text[AGE_LEN];
        age_text(text, ages[i].seconds);
        assert_string_equal(text, ages[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_units_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
