#include "client/ctl/cells.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static size_t rows(const char *s, size_t columns)
{
    return cells_rows(s, strlen(s), columns);
}

static void a_line_takes_the_rows_that_it_wraps_into(void **state)
{
    (void)state;
    assert_int_equal(rows("", 4), 0);
    assert_int_equal(rows("\n", 4), 1);
    assert_int_equal(rows("abc", 4), 1);
    assert_int_equal(rows("abcd\n", 4), 1);
    assert_int_equal(rows("abcde\n", 4), 2);
    assert_int_equal(rows("abcd\n\nefgh\ni", 4), 4);
    assert_int_equal(rows("abcdefgh", 4), 2);
    assert_int_equal(rows("abcdefghi", 4), 3);
}

static void wide_characters_take_two_cells(void **state)
{
    (void)state;
    assert_int_equal(rows("通义", 4), 1);
    assert_int_equal(rows("通义千", 4), 2);
    assert_int_equal(rows("a通b义", 4), 2); /* one that is half in a row is whole in the next */
    assert_int_equal(rows("🙂🙂", 4), 1);
    assert_int_equal(rows("éüöä", 4), 1);
    assert_int_equal(rows("█▌─⠋", 4), 1);
}

static void escapes_take_none_and_a_tab_goes_to_its_stop(void **state)
{
    (void)state;
    assert_int_equal(rows("\x1b[1mabcd\x1b[22m\n", 4), 1);
    assert_int_equal(rows("\x1b]8;;https://example.org\x1b\\abcd\x1b]8;;\a", 4), 1);
    assert_int_equal(rows("a\tb", 9), 1);
    assert_int_equal(rows("a\tbc", 9), 2);
    assert_int_equal(rows("\x1b", 4), 1);
    assert_int_equal(rows("\x1b[", 4), 1);
}

static void what_fits_is_whole_characters(void **state)
{
    (void)state;
    assert_int_equal(cells_fit("abc", 3, 3), 3);
    assert_int_equal(cells_fit("abc", 3, 2), 2);
    assert_int_equal(cells_fit("abc", 3, 0), 0);
    assert_int_equal(cells_fit("通义", 6, 3), 3);
    assert_int_equal(cells_fit("éa", 3, 1), 2);
    assert_int_equal(cells_fit("\x80\x80", 2, 1), 2); /* what is no UTF-8 is walked over too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_takes_the_rows_that_it_wraps_into),
        cmocka_unit_test(wide_characters_take_two_cells),
        cmocka_unit_test(escapes_take_none_and_a_tab_goes_to_its_stop),
        cmocka_unit_test(what_fits_is_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
