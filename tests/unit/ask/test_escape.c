#include "client/common/escape.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void what_deceives_is_shown(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"plain\n\ttext \xc3\xa4 \xf0\x9f\x90\x98", "plain\n\ttext \xc3\xa4 \xf0\x9f\x90\x98"},
        {"\x1b[31m\r\x7f", "\\x1b[31m\\x0d\\x7f"},
        {"\xc2\x9b", "\\x9b"},
        {"a\xe2\x80\xaez\xe2\x81\xa6", "a\\u{202e}z\\u{2066}"},
        {"\xe2\x80\x8b\xef\xbb\xbf\xc2\xad\xd8\x9c", "\\u{200b}\\u{feff}\\u{ad}\\u{61c}"},
        {"\xf3\xa0\x81\x81", "\\u{e0041}"}, /* a tag, which no terminal shows */
        {"a\xc2\xa0z\xe2\x80\x83\xe3\x80\x80\xe2\xa0\x80", "a\\u{a0}z\\u{2003}\\u{3000}\\u{2800}"}, /* no blanks */
        {"\xff\xc3", "\\xff\\xc3"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        buf_init(&out, 1024);
        escape_visible(&out, rows[i].text, strlen(rows[i].text), "\n\t");
        assert_string_equal(buf_cstr(&out), rows[i].shown);
        buf_done(&out);
    }
}

static void only_what_is_kept_is_kept(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1024);
    escape_visible(&out, "a\nb\0c", 5, "");
    assert_string_equal(buf_cstr(&out), "a\\x0ab\\x00c");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_deceives_is_shown),
        cmocka_unit_test(only_what_is_kept_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
