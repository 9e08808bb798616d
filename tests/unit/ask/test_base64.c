#include "client/common/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void as_the_rfc_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"},
                {"\xff\xfe\xfb", "//77"}};
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t len = strlen(rows[i].bytes);
        buf_clear(&b);
        assert_true(base64_put(&b, rows[i].bytes, len));
        assert_int_equal(b.len, BASE64_LEN(len));
        assert_string_equal(buf_cstr(&b), rows[i].text);
        buf_clear(&b);
        assert_true(base64_take(&b, rows[i].text, strlen(rows[i].text)));
        assert_string_equal(buf_cstr(&b), rows[i].bytes);
        buf_clear(&b);
        assert_true(base64_take(&b, rows[i].text, strcspn(rows[i].text, "=")));
        assert_string_equal(buf_cstr(&b), rows[i].bytes);
    }
    buf_done(&b);
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const rows[] = {"Z", "Zm9vY", "Zm9*", "Zm 9", "Zg==Zg==", "Zm9-"};
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(base64_take(&b, rows[i], strlen(rows[i])));
    assert_false(base64_take(&b, "Zm\0v", 4));
    buf_done(&b);
}

static void a_full_buf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    assert_true(base64_put(&b, "foo", 3));
    buf_clear(&b);
    assert_false(base64_put(&b, "foob", 4));
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_rfc_has_it),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(a_full_buf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
