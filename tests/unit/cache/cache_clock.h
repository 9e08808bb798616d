/* For tests whose wall clock stands at NOW_US until they move it: set-up and tear-down. */
#ifndef ASKD_TESTS_CACHE_CLOCK_H
#define ASKD_TESTS_CACHE_CLOCK_H

#include "lib/base/clock.h"
#include "tests/unit/cache/cache_items.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, clock_stop, clock_go_on)

static inline int clock_stop(void **state)
{
    (void)state;
    clock_set(0, NOW_US);
    return 0;
}

static inline int clock_go_on(void **state)
{
    (void)state;
    clock_set(-1, 0);
    return 0;
}

#endif
