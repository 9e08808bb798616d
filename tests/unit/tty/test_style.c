#include "client/tty/style.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *moved(struct buf *b, style_set from, style_set to)
{
    buf_clear(b);
    style_move(b, from, to);
    return buf_cstr(b);
}

static void sets_are_weights_and_a_colour(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    assert_string_equal(moved(&b, 0, STYLE_SET(STYLE_STRONG)), "\x1b[0;1m");
    assert_string_equal(moved(&b, STYLE_SET(STYLE_STRONG), STYLE_SET(STYLE_STRONG) | STYLE_SET(STYLE_EMPHASIS)),
                        "\x1b[0;1;3m");
    assert_string_equal(moved(&b, 0, STYLE_SET(STYLE_CODE) | STYLE_SET(STYLE_LINK)), "\x1b[0;4;33m");
    assert_string_equal(moved(&b, STYLE_SET(STYLE_CODE), 0), "\x1b[0m");
    assert_string_equal(moved(&b, STYLE_SET(STYLE_ADDED), STYLE_SET(STYLE_STRING)), ""); /* they look alike */
    assert_string_equal(moved(&b, 0, 0), "");
    buf_done(&b);
}

/* All that a role may look like, so that any theme suits: weights, and colours that are neither black nor white. */
static void roles_are_bold_dim_italic_underlined_or_coloured(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    for (unsigned i = 0; i < STYLES; i++) {
        const char *s = moved(&b, 0, STYLE_SET(i));
        assert_memory_equal(s, "\x1b[0", 3);
        for (s += 3; *s == ';'; s += 2) {
            assert_in_range(s[1], '1', '4');
            if (s[1] == '3' && s[2] >= '0' && s[2] <= '9') {
                assert_in_range(s[2], '1', '6');
                s++;
            }
        }
        assert_string_equal(s, "m");
    }
    buf_done(&b);
}

static void without_colour_there_is_the_text(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    style_puts(&b, false, STYLE_ERROR, "a");
    style_puts(&b, true, STYLE_STATUS, "b");
    assert_string_equal(buf_cstr(&b), "a\x1b[0;2mb\x1b[0m");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_weights_and_a_colour),
        cmocka_unit_test(roles_are_bold_dim_italic_underlined_or_coloured),
        cmocka_unit_test(without_colour_there_is_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
