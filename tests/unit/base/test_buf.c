#include "lib/base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void new_one_holds_nothing(void **state)
{
    (void)state;
    struct buf b;
    size_t len = 7;
    buf_init(&b, 10);
    assert_null(b.data);
    assert_string_equal(buf_cstr(&b), "");
    assert_null(b.data);
    assert_null(buf_take(&b, &len));
    assert_int_equal(len, 0);
    assert_true(buf_append(&b, NULL, 0));
    buf_consume(&b, 0);
    buf_done(&b);
}

static void max_is_exact(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    assert_true(buf_append(&b, "abcd", 4));
    assert_string_equal(buf_cstr(&b), "abcd"); /* the NUL does not count */
    assert_false(b.failed);
    assert_true(buf_append(&b, "", 0));
    assert_false(buf_putc(&b, 'e'));
    assert_true(b.failed);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "abcd", 4);
    buf_done(&b);
}

static void failure_stays_until_clear(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    assert_true(buf_puts(&b, "ab"));
    assert_false(buf_puts(&b, "xyz"));
    assert_false(buf_putc(&b, 'c')); /* would fit, but would follow a gap */
    assert_false(buf_printf(&b, "c"));
    assert_false(buf_reserve(&b, 0));
    assert_int_equal(b.len, 2);
    assert_string_equal(buf_cstr(&b), "");
    buf_clear(&b);
    assert_true(buf_puts(&b, "cd"));
    assert_string_equal(buf_cstr(&b), "cd");
    assert_false(buf_puts(&b, "xyz"));
    buf_done(&b);
    assert_true(buf_puts(&b, "wxyz")); /* born anew with the same max */
    assert_false(buf_putc(&b, '!'));
    buf_done(&b);
}

static void a_max_of_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_true(buf_puts(&b, ""));
    assert_true(buf_printf(&b, "%s", ""));
    assert_false(buf_putc(&b, 'x'));
    buf_done(&b);
}

static void printf_is_exact(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_true(buf_printf(&b, "%d", 12));
    assert_true(buf_printf(&b, "%060d", 7)); /* over the first 64 bytes */
    assert_int_equal(b.len, 62);
    assert_true(buf_printf(&b, "%038d", 8));
    assert_int_equal(b.len, 100);
    assert_int_equal(b.data[99], '8');
    assert_false(b.failed);
    assert_false(buf_printf(&b, "x"));
    assert_int_equal(b.len, 100);
    buf_done(&b);
}

static void unlimited_does_not_wrap(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX);
    assert_true(buf_putc(&b, 'a'));
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_true(b.failed);
    assert_int_equal(b.len, 1);
    buf_done(&b);
}

static void grows_and_keeps(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++)
        assert_true(buf_putc(&b, (char)('a' + i % 26)));
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    assert_true(b.cap <= b.max + 1);
    assert_int_equal(strlen(buf_cstr(&b)), 100000);
    buf_done(&b);
}

static void reserve_is_no_append(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_true(buf_reserve(&b, 1000));
    assert_int_equal(b.len, 0);
    uint8_t *before = b.data;
    for (int i = 0; i < 1000; i++)
        assert_true(buf_putc(&b, 'x'));
    assert_ptr_equal(b.data, before);
    buf_done(&b);
}

static void consume_moves_the_rest(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 6);
    assert_true(buf_puts(&b, "abcdef"));
    buf_consume(&b, 2);
    assert_string_equal(buf_cstr(&b), "cdef");
    assert_true(buf_puts(&b, "gh"));
    assert_string_equal(buf_cstr(&b), "cdefgh");
    buf_consume(&b, 6);
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_done(&b);
}

static void take_hands_over(void **state)
{
    (void)state;
    struct buf b;
    size_t len;
    buf_init(&b, 6);
    assert_true(buf_puts(&b, "abc"));
    uint8_t *mine = buf_take(&b, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(mine, "abc", 3);
    assert_null(b.data);
    assert_int_equal(b.cap, 0);
    assert_true(buf_puts(&b, "defghi"));
    assert_memory_equal(mine, "abc", 3);
    free(mine);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_one_holds_nothing),     cmocka_unit_test(max_is_exact),
        cmocka_unit_test(failure_stays_until_clear), cmocka_unit_test(a_max_of_nothing),
        cmocka_unit_test(printf_is_exact),           cmocka_unit_test(unlimited_does_not_wrap),
        cmocka_unit_test(grows_and_keeps),           cmocka_unit_test(reserve_is_no_append),
        cmocka_unit_test(consume_moves_the_rest),    cmocka_unit_test(take_hands_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
