#include "client/ctl/csv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void is_written(const char *field, size_t len, const char *wanted)
{
    struct buf b;
    buf_init(&b, 1024);
    csv_put(&b, true, field, len);
    assert_string_equal(buf_cstr(&b), wanted);
    buf_done(&b);
}

static void what_would_end_a_field_is_quoted(void **state)
{
    (void)state;
    is_written("", 0, "");
    is_written("plain text; tab\t'", 17, "plain text; tab\t'");
    is_written("a,b", 3, "\"a,b\"");
    is_written("a\nb", 3, "\"a\nb\"");
    is_written("a\rb", 3, "\"a\rb\"");
    is_written("\"", 1, "\"\"\"\"");
    is_written("say \"so\", he", 12, "\"say \"\"so\"\", he\"");
    is_written("\xe9\x80\x9a", 3, "\xe9\x80\x9a");
}

static void a_record_has_commas_between_and_ends_in_crlf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    csv_put(&b, true, "", 0);
    csv_put(&b, false, "b", 1);
    csv_put(&b, false, "c,", 2);
    csv_end(&b);
    assert_string_equal(buf_cstr(&b), ",b,\"c,\"\r\n");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_end_a_field_is_quoted),
        cmocka_unit_test(a_record_has_commas_between_and_ends_in_crlf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
