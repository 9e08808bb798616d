#include "lib/base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void real_clocks_run(void **state)
{
    (void)state;
    int64_t mono = clock_mono_us();
    const struct timespec nap = {.tv_nsec = 2000000};
    assert_int_equal(nanosleep(&nap, NULL), 0);
    int64_t passed = clock_mono_us() - mono;
    assert_true(passed >= 2000);
    assert_true(passed < 60 * INT64_C(1000000)); /* microseconds, not nanoseconds */
    assert_true(llabs(clock_wall_us() - (int64_t)time(NULL) * 1000000) < 5 * INT64_C(1000000));
}

static void set_clocks_stand(void **state)
{
    (void)state;
    clock_set(0, -5); /* zero is a time like any other, and so is a wall clock before 1970 */
    assert_int_equal(clock_mono_us(), 0);
    assert_int_equal(clock_wall_us(), -5);
    clock_set(17, 42);
    assert_int_equal(clock_mono_us(), 17);
    assert_int_equal(clock_wall_us(), 42);
    clock_set(-1, 42);
    assert_true(clock_mono_us() != 17);
    assert_true(clock_wall_us() > INT64_C(1500000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_clocks_run),
        cmocka_unit_test(set_clocks_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
