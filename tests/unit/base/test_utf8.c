#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool valid(const char *s)
{
    return utf8_valid(s, strlen(s));
}

static void edges_of_each_length_are_valid(void **state)
{
    (void)state;
    assert_true(utf8_valid(NULL, 0));
    assert_true(utf8_valid("\0", 1));
    assert_true(valid("\x7f"));
    assert_true(valid("\xc2\x80"));
    assert_true(valid("\xdf\xbf"));
    assert_true(valid("\xe0\xa0\x80"));
    assert_true(valid("\xed\x9f\xbf"));
    assert_true(valid("\xee\x80\x80"));
    assert_true(valid("\xef\xbf\xbf"));
    assert_true(valid("\xf0\x90\x80\x80"));
    assert_true(valid("\xf4\x8f\xbf\xbf"));
}

static void what_is_no_utf8(void **state)
{
    (void)state;
    const char *const bad[] = {
        "\x80",
        "\xbf", /* continuation alone */
        "\xc0\x80",
        "\xc1\xbf", /* overlong */
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", /* over U+10FFFF */
        "\xfe",
        "\xff",
        "\xf8\x88\x80\x80\x80",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98", /* cut */
        "\xc3(",
        "\xe2(\xac",
        "\xe2\x82(",
        "\xf0\x9f\x98(",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(valid(bad[i]));
}

/* Every place relative to the eight bytes that are looked at together. */
static void bad_byte_is_seen_anywhere(void **state)
{
    (void)state;
    char s[40];
    for (size_t len = 1; len <= sizeof(s); len++)
        for (size_t at = 0; at < len; at++) {
            memset(s, 'a', len);
            assert_true(utf8_valid(s, len));
            s[at] = '\xff';
            assert_false(utf8_valid(s, len));
        }
}

static void one_char(void **state)
{
    (void)state;
    assert_int_equal(utf8_char("", 0), 0);
    assert_int_equal(utf8_char("ab", 2), 1);
    assert_int_equal(utf8_char("\xe2\x82\xac!", 4), 3);
    assert_int_equal(utf8_char("\xe2\x82\xac", 2), 0);
    assert_int_equal(utf8_char("\xf0\x9f\x98\x80", 4), 4);
    assert_int_equal(utf8_char("\x82\xac", 2), 0);
}

static void whole_cuts_only_what_is_cut(void **state)
{
    (void)state;
    const char s[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (size_t len = 0; len < sizeof(whole) / sizeof(whole[0]); len++) {
        /* A copy of exactly that size, so that reading over the end is seen. */
        char *copy = malloc(len + 1);
        memcpy(copy, s, len);
        assert_int_equal(utf8_whole(copy, len), whole[len]);
        free(copy);
    }
    assert_int_equal(utf8_whole("\x80\x80\x80\x80", 4), 4); /* waits for nothing that could come */
    assert_int_equal(utf8_whole("\x80", 1), 1);
    assert_int_equal(utf8_whole("\xff", 1), 1);
}

static void a_line_has_no_control_characters(void **state)
{
    static const struct {
        const char *s;
        bool line;
        size_t chars;
    } rows[] = {{"", true, 0},         {"a b", true, 3},       {"gr\u00fc\u00dfe", true, 5}, {"a\n", false, 0},
                {"\x7f", false, 0},    {"\xc2\x85", false, 0}, {"a\xc2", false, 0},          {"\xff", false, 0},
                {"\xc2\xa0", true, 1}, {"a\tb", false, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t chars = 99;
        assert_int_equal(utf8_is_line(rows[i].s, strlen(rows[i].s), &chars), rows[i].line);
        assert_int_equal(chars, rows[i].line ? rows[i].chars : 99);
    }
    size_t chars;
    assert_false(utf8_is_line("a\0b", 3, &chars));
}

static void check_repair(const char *in, size_t len, const char *want)
{
    struct buf b;
    buf_init(&b, 100);
    assert_true(utf8_append_repaired(&b, in, len));
    assert_string_equal(buf_cstr(&b), want);
    buf_done(&b);
}

static void repair_replaces_each_bad_byte(void **state)
{
    (void)state;
#define R "\xef\xbf\xbd"
    check_repair("", 0, "");
    check_repair("caf\xc3\xa9", 5, "caf\xc3\xa9");
    check_repair("\xff", 1, R);
    check_repair("a\xff"
                 "b",
                 3, "a" R "b");
    check_repair("\xed\xa0\x80", 3, R R R);
    check_repair("\xc3\xc3\xa9", 3, R "\xc3\xa9");
    check_repair("ab\xe2\x82", 4, "ab" R R);
#undef R
}

static void repair_is_all_or_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 6);
    assert_true(buf_puts(&b, "a"));
    assert_true(utf8_append_repaired(&b, "bc\xff", 3)); /* six bytes: full */
    assert_int_equal(b.len, 6);
    buf_clear(&b);
    assert_true(buf_puts(&b, "a"));
    assert_false(utf8_append_repaired(&b, "bcd\xff", 4));
    assert_true(b.failed);
    assert_int_equal(b.len, 1);
    assert_false(utf8_append_repaired(&b, "", 0));
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_each_length_are_valid), cmocka_unit_test(what_is_no_utf8),
        cmocka_unit_test(bad_byte_is_seen_anywhere),      cmocka_unit_test(one_char),
        cmocka_unit_test(whole_cuts_only_what_is_cut),    cmocka_unit_test(repair_replaces_each_bad_byte),
        cmocka_unit_test(repair_is_all_or_nothing),       cmocka_unit_test(a_line_has_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
