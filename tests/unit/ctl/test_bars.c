#include "client/ctl/bars.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define FULL "\xe2\x96\x88"
#define HALF "\xe2\x96\x8c"
#define EIGHTH "\xe2\x96\x8f"

static char bar[BAR_SIZE];

static void it_is_to_its_cells_as_the_value_to_the_most(void **state)
{
    (void)state;
    assert_int_equal(bar_draw(bar, 10, 10, 4), 4);
    assert_string_equal(bar, FULL FULL FULL FULL);
    assert_int_equal(bar_draw(bar, 5, 10, 4), 2);
    assert_string_equal(bar, FULL FULL);
    assert_int_equal(bar_draw(bar, 3, 8, 4), 2);
    assert_string_equal(bar, FULL HALF);
    assert_int_equal(bar_draw(bar, INT64_MAX / 2, INT64_MAX, 2), 1);
    assert_string_equal(bar, FULL);
}

static void nothing_has_none_and_little_has_some(void **state)
{
    (void)state;
    assert_int_equal(bar_draw(bar, 0, 10, 4), 0);
    assert_string_equal(bar, "");
    assert_int_equal(bar_draw(bar, -1, 10, 4), 0);
    assert_int_equal(bar_draw(bar, 1, 0, 4), 0);
    assert_int_equal(bar_draw(bar, 1, 10, 0), 0);
    assert_string_equal(bar, "");
    assert_int_equal(bar_draw(bar, 1, INT64_MAX, 4), 1);
    assert_string_equal(bar, EIGHTH);
}

static void it_stays_within_its_cells_and_its_bound(void **state)
{
    (void)state;
    assert_int_equal(bar_draw(bar, 11, 10, 3), 3);
    assert_string_equal(bar, FULL FULL FULL);
    assert_int_equal(bar_draw(bar, 1, 1, BAR_CELLS_MAX), BAR_CELLS_MAX);
    assert_int_equal(strlen(bar), BAR_SIZE - 1);
    assert_int_equal(bar_draw(bar, 1, 1, BAR_CELLS_MAX + 1), BAR_CELLS_MAX);
    assert_int_equal(strlen(bar), BAR_SIZE - 1);
}

/* Never longer for less, and a cell at a time. */
static void it_grows_with_the_value(void **state)
{
    (void)state;
    size_t before = 0;
    for (int64_t v = 0; v <= 1000; v++) {
        size_t cells = bar_draw(bar, v, 1000, 37);
        assert_in_range(cells, before, before + 1);
        before = cells;
    }
    assert_int_equal(before, 37);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_to_its_cells_as_the_value_to_the_most),
        cmocka_unit_test(nothing_has_none_and_little_has_some),
        cmocka_unit_test(it_stays_within_its_cells_and_its_bound),
        cmocka_unit_test(it_grows_with_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
