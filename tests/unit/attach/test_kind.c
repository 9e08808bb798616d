/* What attachments are: names, addresses, text in any character set. Types are tried in tests/rpc/test_attachments.py.
 */
#include "daemon/attach/kind.h"
#include "daemon/attach/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_lead_nowhere(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"a.c", "a.c"},
        {"src/a.c", "src/a.c"},
        {"/etc/passwd", "passwd"},
        {"/etc/", "_"},
        {"..", "_"},
        {".", "_"},
        {"/", "_"},
        {"//", "_"},
        {"../../../x", "x"},
        {"a/../b", "b"},
        {"a/./b/c", "b/c"},
        {"a//b", "b"},
        {"..a/b..", "..a/b.."},
        {"a\nb", "a_b"},
        {"\033[31mred", "_[31mred"},
        {"\177", "_"},
        {"\xc2\x9b"
         "x",
         "_x"},
        {"\xff\xfe", "__"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"a\xc3", "a_"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *name = strdup(names[i][0]);
        kind_clean_name(name);
        assert_string_equal(name, names[i][1]);
        free(name);
    }
}

static void an_address_may_tell_what_is_there(void **state)
{
    (void)state;
    enum part_kind kind;
    const char *mime;
    assert_true(kind_of_url("https://x/a.PNG?b=.pdf#c", &kind, &mime));
    assert_int_equal(kind, PART_IMAGE);
    assert_string_equal(mime, "image/png");
    assert_true(kind_of_url("http://x/y.pdf", &kind, &mime));
    assert_int_equal(kind, PART_FILE);
    assert_false(kind_of_url("http://x/y", &kind, &mime));
    assert_false(kind_of_url("http://x/y?z.png", &kind, &mime));
    assert_false(kind_of_url(".png", &kind, &mime));
    assert_false(kind_of_url("", &kind, &mime));
}

static void text_is_told_from_other_bytes(void **state)
{
    (void)state;
    assert_true(text_is_plain((const uint8_t *)"a\tb\r\n\f\033[1m\xc3\xa9", 12));
    assert_false(text_is_plain((const uint8_t *)"a\0b", 3));
    assert_false(text_is_plain((const uint8_t *)"a\1", 2));
    assert_false(text_is_plain((const uint8_t *)"a\177", 2));
    assert_false(text_is_plain((const uint8_t *)"\xe9t\xe9", 3));
}

static enum error_code convert(const void *bytes, size_t n, const char *charset, size_t max, char *text)
{
    struct error err = ERROR_INIT;
    size_t len = n;
    uint8_t *data = malloc(n);
    memcpy(data, bytes, n);
    enum error_code code = text_convert(&data, &len, charset, max, &err);
    memcpy(text, data, len);
    text[len] = '\0';
    free(data);
    return code;
}

static void text_becomes_utf8(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(convert("\xe9t\xe9", 3, "iso-8859-1", 64, text), ERR_NONE);
    assert_string_equal(text, "\xc3\xa9t\xc3\xa9");
    assert_int_equal(convert("\xff\xfeh\0i\0", 6, "UTF-16LE", 64, text), ERR_NONE);
    assert_string_equal(text, "hi");
    assert_int_equal(convert("\xef\xbb\xbfhi", 5, "UTF-8", 64, text), ERR_NONE);
    assert_string_equal(text, "hi");
    assert_int_equal(convert("\xe9t\xe9", 3, "iso-8859-1", 5, text), ERR_NONE);
    assert_int_equal(convert("\xe9t\xe9", 3, "iso-8859-1", 4, text), ERR_TOO_LARGE);
    assert_memory_equal(text, "\xe9t\xe9", 3); /* it stays as it was */
    assert_int_equal(convert("\xff\xfeh", 3, "UTF-16LE", 64, text), ERR_INVALID_REQUEST);
    assert_int_equal(convert("hi", 2, "unknown-8bit", 64, text), ERR_INVALID_REQUEST);
    assert_int_equal(convert("\xff\xfe", 2, "UTF-16LE", 64, text), ERR_INVALID_REQUEST);
    assert_int_equal(convert("\xff\xfeh\0\0\0", 6, "UTF-16LE", 64, text), ERR_INVALID_REQUEST); /* a NUL in it */
}

static void marks_tell_the_character_set(void **state)
{
    (void)state;
    size_t skip = 0;
    assert_string_equal(text_mark((const uint8_t *)"\xff\xfe\0\0", 4, &skip), "UTF-32LE");
    assert_int_equal(skip, 4);
    assert_string_equal(text_mark((const uint8_t *)"\xff\xfe"
                                                   "a",
                                  3, &skip),
                        "UTF-16LE");
    assert_int_equal(skip, 2);
    assert_null(text_mark((const uint8_t *)"\xff", 1, &skip));
}

static void data_is_hashed(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct sniff *sniff = NULL;
    struct part p = {.kind = PART_FILE, .data = (uint8_t *)strdup("abc"), .data_len = 3};
    assert_int_equal(kind_settle(&p, &sniff, &err), ERR_NONE);
    assert_null(sniff); /* text needs no library */
    assert_true(p.hashed);
    assert_memory_equal(p.hash,
                        "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
                        "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
                        32);
    assert_string_equal(p.mime, "text/plain");
    free(p.mime);
    free(p.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_nowhere),
        cmocka_unit_test(an_address_may_tell_what_is_there),
        cmocka_unit_test(text_is_told_from_other_bytes),
        cmocka_unit_test(text_becomes_utf8),
        cmocka_unit_test(marks_tell_the_character_set),
        cmocka_unit_test(data_is_hashed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
