#include "client/tty/line_layout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

static void check(const wchar_t *text, unsigned columns, unsigned row, unsigned column)
{
    struct line_place p = {0, 0};
    line_layout_text(&p, text, wcslen(text), columns);
    assert_int_equal(p.row, row);
    assert_int_equal(p.column, column);
}

static void a_full_line_is_followed_at_once(void **state)
{
    (void)state;
    check(L"", 10, 0, 0);
    check(L"123456789", 10, 0, 9);
    check(L"1234567890", 10, 1, 0);
    check(L"12345678901", 10, 1, 1);
    check(L"ab\ncd", 10, 1, 2);
    check(L"a\tb", 20, 0, 9);
    check(L"abcd", 1, 4, 0);
}

static void wide_characters_stand_on_one_line(void **state)
{
    (void)state;
    check(L"\x4e2d\x6587", 10, 0, 4);
    check(L"123456789\x4e2d", 10, 1, 2);
    check(L"12345678\x4e2d", 10, 1, 0);
    check(L"e\x301", 10, 0, 1); /* an accent over the letter */
    check(L"\x4e2d", 1, 2, 0);  /* fits nowhere: as it comes */
}

static void what_has_no_picture_is_spelled(void **state)
{
    (void)state;
    check(L"\x1b", 20, 0, 2);
    check(L"\x7f", 20, 0, 2);
    check(L"\x85", 20, 0, 7);
    check(L"\x10ffff", 20, 0, 8);
}

static void a_prompt_has_pieces_of_no_width(void **state)
{
    (void)state;
    struct line_place p = {0, 0};
    line_layout_prompt(&p, L"\1\x1b[1m\1model>\1\x1b[0m\1 ", 80);
    assert_int_equal(p.row, 0);
    assert_int_equal(p.column, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_line_is_followed_at_once),
        cmocka_unit_test(wide_characters_stand_on_one_line),
        cmocka_unit_test(what_has_no_picture_is_spelled),
        cmocka_unit_test(a_prompt_has_pieces_of_no_width),
    };
    (void)setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
