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
        const char *currency;
        bool differs;
    } rows[] = {
        {1000000, 1000000, "USD", false},
        {1010000, 1000000, "USD", false}, /* one per cent */
        {1010001, 1000000, "USD", true},
        {990000, 1000000, "USD", false},
        {989999, 1000000, "USD", true},
        {5100, 5050, "USD", false},
        {5101, 5050, "USD", true},
        {1, 0, "USD", false}, /* rounding */
        {2, 0, "USD", true},
        {0, 1, "USD", false},
        {0, 2, "USD", true},
        {50, 51, "USD", false},
        {49, 51, "USD", true},
        {0, 0, "USD", false},
        {INT64_MAX, 0, "USD", true},
        {0, INT64_MAX, "USD", true},
        {INT64_MAX, INT64_MAX, "USD", false},
        {-1, 1000, "USD", false}, /* not known */
        {1000, -1, "USD", false},
        {-1, -1, "", false},
        {7000000, 1000000, "CNY", false}, /* not to be compared */
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct usage u = USAGE_INIT;
        u.cost_nano = rows[i].theirs;
        if (usage_cost_differs(&u, rows[i].ours, rows[i].currency) != rows[i].differs)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_differs_by_over_a_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
