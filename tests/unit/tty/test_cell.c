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

static void what_hides_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"a\xe2\x80\xae"
         "b",
         "a\\u{202e}b"},                                 /* turns what follows */
        {"a\xe2\x80\x8d", "a\\u{200d}"},                 /* a joiner with nothing to join */
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", /* of an emoji of two */
         "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"},
        {"\xd9\x85\xe2\x80\x8c\xdb\x8c", "\xd9\x85\xe2\x80\x8c\xdb\x8c"}, /* as Persian is written */
        {"1\xef\xb8\x8f", "1\xef\xb8\x8f"},
        {"1\xef\xb8\x8f\xef\xb8\x8f", "1\xef\xb8\x8f\\u{fe0f}"},
        {"\xf3\xa0\x81\x81", "\\u{e0041}"},
        {"\xf4\x8f\xbf\xbf", "\xef\xbf\xbd"}, /* no character */
    };
    struct buf b;
    buf_init(&b, 1024);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(made(&b, rows[i].text), rows[i].shown);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_are_shown),
        cmocka_unit_test(widths_are_cells),
        cmocka_unit_test(what_hides_is_shown),
        cmocka_unit_test(what_is_cut_says_so),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
