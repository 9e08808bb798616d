#include "lib/chat/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void cost_differs_by_over_a_share(void **state)
{
    static const struct {
        int64_t ours, theirs;
        bool differs;
    } rows[] = {
        {1000000, 1000000, false},
        {1000000, 1010000, false}, /* one per cent */
        {1000000, 1010001, true},
        {1000000, 990000, false},
        {1000000, 989999, true},
        {5050, 5100, false},
        {5050, 5101, true},
        {0, 1, false}, /* rounding */
        {0, 2, true},
        {1, 0, false},
        {2, 0, true},
        {51, 50, false},
        {51, 49, true},
        {0, 0, false},
        {INT64_MAX, 0, true},
        {0, INT64_MAX, true},
        {INT64_MAX, INT64_MAX, false},
        {-1, 1000, false}, /* not known */
        {1000, -1, false},
        {-1, -1, false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (usage_cost_differs(rows[i].ours, rows[i].theirs) != rows[i].differs)
            fail_msg("row %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_differs_by_over_a_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
