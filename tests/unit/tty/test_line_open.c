#include "client/tty/line_open.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum line_open open_of(const wchar_t *s)
{
    return line_open(s, wcslen(s));
}

static void a_backslash_goes_on(void **state)
{
    (void)state;
    assert_int_equal(open_of(L""), LINE_CLOSED);
    assert_int_equal(open_of(L"a"), LINE_CLOSED);
    assert_int_equal(open_of(L"a\\"), LINE_OPEN_BACKSLASH);
    assert_int_equal(open_of(L"\\"), LINE_OPEN_BACKSLASH);
    assert_int_equal(open_of(L"a\\\\"), LINE_CLOSED);
    assert_int_equal(open_of(L"a\\\\\\"), LINE_OPEN_BACKSLASH);
    assert_int_equal(open_of(L"a\\ "), LINE_CLOSED);
}

static void a_block_of_code_goes_on_to_its_end(void **state)
{
    (void)state;
    assert_int_equal(open_of(L"```"), LINE_OPEN_FENCE);
    assert_int_equal(open_of(L"see\n```c\nint x;"), LINE_OPEN_FENCE);
    assert_int_equal(open_of(L"```c\nint x;\n```"), LINE_CLOSED);
    assert_int_equal(open_of(L"```\na\n```\n~~~\nb"), LINE_OPEN_FENCE);
    assert_int_equal(open_of(L"   ```"), LINE_OPEN_FENCE);
    assert_int_equal(open_of(L"    ```"), LINE_CLOSED); /* that is code already */
    assert_int_equal(open_of(L"``"), LINE_CLOSED);
    assert_int_equal(open_of(L"```inline```"), LINE_CLOSED);
    assert_int_equal(open_of(L"````\n```"), LINE_OPEN_FENCE); /* shorter than what began it */
    assert_int_equal(open_of(L"````\n`````  "), LINE_CLOSED);
    assert_int_equal(open_of(L"```\n``` not bare"), LINE_OPEN_FENCE);
    assert_int_equal(open_of(L"```\n~~~"), LINE_OPEN_FENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backslash_goes_on),
        cmocka_unit_test(a_block_of_code_goes_on_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
