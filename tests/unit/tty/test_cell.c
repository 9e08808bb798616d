#include "client/tty/cell.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

static const char *made(struct buf *b, const char *s)
{
    buf_clear(b);
    cell_append(b, s, strlen(s));
    return (const char *)b->data;
}

static void controls_are_shown(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    assert_string_equal(made(&b, "a\x1b[31mb"), "a\\x1b[31mb");
    assert_string_equal(made(&b, "a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
    assert_string_equal(made(&b, "\xc2\x9b"), "\\x9b");
    assert_string_equal(made(&b, "\xff"), "\\xff");
    buf_done(&b);
}

static void widths_are_cells(void **state)
{
    (void)state;
    assert_int_equal(cell_width("abc"), 3);
    assert_int_equal(cell_width("\xe4\xb8\xad\xe6\x96\x87"), 4); /* two Chinese characters */
    assert_int_equal(cell_width("e\xcc\x81"), 1);                /* a letter and an accent over it */
}

static void what_is_cut_says_so(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    cell_append_cut(&b, "abcdef", 4);
    assert_string_equal((const char *)b.data, "abc\xe2\x80\xa6");
    buf_clear(&b);
    cell_append_cut(&b, "abcd", 4);
    assert_string_equal((const char *)b.data, "abcd");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_are_shown),
        cmocka_unit_test(widths_are_cells),
        cmocka_unit_test(what_is_cut_says_so),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
