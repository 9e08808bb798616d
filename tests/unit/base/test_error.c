#include "lib/base/error.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int c = ERR_NONE; c < ERR_COUNT; c++) {
        const char *name = error_name((enum error_code)c);
        assert_true(strlen(name) > 0);
        assert_int_equal(error_from_name(name, strlen(name)), c);
    }
    assert_string_equal(error_name(ERR_RATE_LIMITED), "rate_limited");
    assert_string_equal(error_name((enum error_code)99), "internal");
    assert_int_equal(error_from_name("rate_limite", 11), ERR_NONE);
    assert_int_equal(error_from_name("rate_limited_", 13), ERR_NONE);
    assert_int_equal(error_from_name("", 0), ERR_NONE);
}

static void set_returns_the_code_and_resets(void **state)
{
    (void)state;
    struct error e;
    memset(&e, 'x', sizeof(e));
    assert_int_equal(error_set(&e, ERR_TIMEOUT, "after %d s", 5), ERR_TIMEOUT);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_string_equal(e.message, "after 5 s");
    assert_string_equal(e.param, "");
    assert_string_equal(e.provider, "");
    assert_string_equal(e.model, "");
    assert_int_equal(e.status, 0);
    assert_true(e.retry_after < 0);
    assert_int_equal(error_set(NULL, ERR_TIMEOUT, "nobody asked"), ERR_TIMEOUT);
}

static void param_is_kept(void **state)
{
    (void)state;
    struct error e = ERROR_INIT;
    assert_int_equal(error_set_param(&e, "messages[0]", "is empty"), ERR_INVALID_REQUEST);
    assert_string_equal(e.param, "messages[0]");
    assert_string_equal(e.message, "is empty");
    assert_int_equal(error_set_param(&e, e.param, "%s: %s", e.param, e.message), ERR_INVALID_REQUEST);
    assert_string_equal(e.param, "messages[0]");
    assert_string_equal(e.message, "messages[0]: is empty");
    assert_int_equal(error_set_param(NULL, "x", "y"), ERR_INVALID_REQUEST);
}

static void errno_is_told(void **state)
{
    (void)state;
    struct error e = ERROR_INIT;
    assert_int_equal(error_set_errno(&e, ERR_NOT_FOUND, ENOENT, "open %s", "/x"), ERR_NOT_FOUND);
    assert_string_equal(e.message, "open /x: No such file or directory");
}

static void message_may_quote_itself(void **state)
{
    (void)state;
    struct error e = ERROR_INIT;
    error_set(&e, ERR_INTERNAL, "inner");
    error_set(&e, ERR_UNAVAILABLE, "outer: %s", e.message);
    assert_string_equal(e.message, "outer: inner");
}

static void long_messages_are_cut_between_characters(void **state)
{
    (void)state;
    struct error e = ERROR_INIT;
    char text[2000];
    /* 1 + 2 n: 511 bytes fit exactly; one byte less of room would cut a character. */
    text[0] = 'a';
    for (size_t i = 1; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[1999] = '\0';
    error_set(&e, ERR_INTERNAL, "%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
    assert_true(utf8_valid(e.message, strlen(e.message)));
    error_set(&e, ERR_INTERNAL, "b%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 2);
    assert_true(utf8_valid(e.message, strlen(e.message)));
    error_set_errno(&e, ERR_INTERNAL, EIO, "%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
}

static void text_is_one_clean_line(void **state)
{
    (void)state;
    char out[64];
    const char dirty[] = "a\r\nb\tc\x1b[31m\x7f\0d\xc2\x9b";
    error_text(out, sizeof(out), dirty, sizeof(dirty) - 1);
    assert_string_equal(out, "a  b c [31m  d ");
    error_text(out, sizeof(out), "\xff\xc3", 2);
    assert_string_equal(out, "\xef\xbf\xbd\xef\xbf\xbd");
    error_text(out, sizeof(out), "\xc2\xa0", 2); /* the first behind C1 stays */
    assert_string_equal(out, "\xc2\xa0");
}

static void text_fits_exactly(void **state)
{
    (void)state;
    char out[5] = "####";
    error_text(out, 5, "abcd", 4);
    assert_string_equal(out, "abcd");
    error_text(out, 5, "abcde", 5);
    assert_string_equal(out, "abcd");
    error_text(out, 5, "ab\xe2\x82\xac", 5);
    assert_string_equal(out, "ab");
    error_text(out, 5, "ab\xff", 3);
    assert_string_equal(out, "ab");
    error_text(out, 1, "abc", 3);
    assert_string_equal(out, "");
    out[0] = '!';
    error_text(out, 0, "abc", 3);
    assert_int_equal(out[0], '!');
    error_text(out, 5, NULL, 0);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(set_returns_the_code_and_resets),
        cmocka_unit_test(param_is_kept),
        cmocka_unit_test(errno_is_told),
        cmocka_unit_test(message_may_quote_itself),
        cmocka_unit_test(long_messages_are_cut_between_characters),
        cmocka_unit_test(text_is_one_clean_line),
        cmocka_unit_test(text_fits_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
