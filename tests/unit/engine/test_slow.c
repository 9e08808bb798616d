/* How many slow answers are told of. */
#include "daemon/engine/slow.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void so_many_in_a_span(void **state)
{
    (void)state;
    struct slow s = {0};
    uint64_t untold = 99;
    for (int i = 0; i < SLOW_LINES; i++) {
        assert_true(slow_allow(&s, 1000 + i, &untold));
        assert_int_equal(untold, 0);
    }
    assert_false(slow_allow(&s, 2000, &untold));
    assert_false(slow_allow(&s, 1000 + SLOW_SPAN_US - 1, &untold));
    assert_true(slow_allow(&s, 1000 + SLOW_SPAN_US, &untold));
    assert_int_equal(untold, 2);
    assert_true(slow_allow(&s, 1000 + SLOW_SPAN_US, &untold));
    assert_int_equal(untold, 0);
}

static void the_first_begins_the_span(void **state)
{
    (void)state;
    struct slow s = {0};
    uint64_t untold;
    assert_true(slow_allow(&s, 5 * (int64_t)SLOW_SPAN_US, &untold));
    for (int i = 1; i < SLOW_LINES; i++)
        assert_true(slow_allow(&s, 6 * (int64_t)SLOW_SPAN_US - 1, &untold));
    assert_false(slow_allow(&s, 6 * (int64_t)SLOW_SPAN_US - 1, &untold));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_in_a_span),
        cmocka_unit_test(the_first_begins_the_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
