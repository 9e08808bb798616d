#include "lib/base/version.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OLDER(a, b)                                                                                                    \
    do {                                                                                                               \
        assert_true(version_is_older(a, b));                                                                           \
        assert_false(version_is_older(b, a));                                                                          \
    } while (0)
#define NEITHER(a, b)                                                                                                  \
    do {                                                                                                               \
        assert_false(version_is_older(a, b));                                                                          \
        assert_false(version_is_older(b, a));                                                                          \
    } while (0)

static void numbers_are_numbers(void **state)
{
    (void)state;
    OLDER("0.1.0", "0.1.1");
    OLDER("0.9.9", "0.10.0");
    OLDER("1.2", "1.2.1");
    OLDER("9", "10");
    OLDER("1.99999999999999999999998", "1.99999999999999999999999");
    NEITHER("0.1.0", "0.1.0");
    NEITHER("1.2", "1.2.0.0");
    NEITHER("1.02", "1.2");
}

static void a_suffix_comes_before_the_release(void **state)
{
    (void)state;
    OLDER("1.2~rc1", "1.2");
    OLDER("1.2-dev", "1.2.0");
    OLDER("1.2~rc2", "1.2~rc10");
    OLDER("1.2-dev", "1.2~rc1");
    OLDER("1.1", "1.2~rc1");
    OLDER("1.2~rc1", "1.2.1~rc1");
    NEITHER("1.2~rc1", "1.2-rc1");
    NEITHER("1.2+local", "1.2");
    OLDER("1.2+local", "1.2.1");
}

static void what_is_no_version_is_not_older(void **state)
{
    (void)state;
    NEITHER("", "1.0");
    NEITHER("dev", "1.0");
    NEITHER("v1.0", "1.1");
    NEITHER("", "");
    OLDER("1.", "1.1");
    NEITHER("1..5", "1.0");
}

static void ours_is_one(void **state)
{
    (void)state;
    assert_true(version_is_older("0.0.0.1", askd_version));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_numbers),
        cmocka_unit_test(a_suffix_comes_before_the_release),
        cmocka_unit_test(what_is_no_version_is_not_older),
        cmocka_unit_test(ours_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
