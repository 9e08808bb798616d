#include "daemon/http/retry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void grows_up_to_the_cap(void **state)
{
    (void)state;
    static const int64_t top[] = {500, 1000, 2000, 4000, 8000, 8000};
    for (unsigned i = 0; i < sizeof(top) / sizeof(top[0]); i++) {
        assert_int_equal(retry_delay_ms(i, -1, UINT32_MAX), top[i]);
        assert_int_equal(retry_delay_ms(i, -1, UINT32_MAX / 2 + 1), top[i] / 2);
        assert_int_equal(retry_delay_ms(i, -1, 0), 0);
    }
    /* shifts over the width of a type */
    assert_int_equal(retry_delay_ms(31, -1, UINT32_MAX), RETRY_CAP_MS);
    assert_int_equal(retry_delay_ms(64, -1, UINT32_MAX), RETRY_CAP_MS);
    assert_int_equal(retry_delay_ms(UINT32_MAX, -1, UINT32_MAX), RETRY_CAP_MS);
}

static void never_less_than_told(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(0, 20, 0), 20000);
    assert_int_equal(retry_delay_ms(0, 20, UINT32_MAX), 20000);
    assert_int_equal(retry_delay_ms(0, 0.0101, 0), 11);
    assert_int_equal(retry_delay_ms(0, 0.1, UINT32_MAX), 500);
    assert_int_equal(retry_delay_ms(0, 0, 0), 0);
}

static void survives_odd_numbers(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(0, (double)NAN, 0), 0);
    assert_int_equal(retry_delay_ms(0, -(double)INFINITY, 0), 0);
    assert_true(retry_delay_ms(0, 1e300, 0) > 0);
    assert_true(retry_delay_ms(0, (double)INFINITY, 0) <= INT64_MAX / 1000); /* still fits in microseconds */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_up_to_the_cap),
        cmocka_unit_test(never_less_than_told),
        cmocka_unit_test(survives_odd_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
