#include "lib/base/exchange.h"
#include "lib/base/secret.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void copies_headers(void **state)
{
    (void)state;
    struct exchange x;
    char name[] = "Accept", value[] = "text/event-stream";
    exchange_init(&x, 10);
    assert_true(exchange_header(&x, name, value));
    name[0] = value[0] = '?';
    assert_int_equal(x.n_headers, 1);
    assert_string_equal(x.headers[0].name, "Accept");
    assert_string_equal(x.headers[0].value, "text/event-stream");
    assert_null(x.headers[0].secret);
    assert_true(exchange_header(&x, "X-Empty", ""));
    exchange_done(&x);
}

static void takes_its_own_reference(void **state)
{
    (void)state;
    struct exchange x;
    struct secret *s = secret_new("key", 3);
    exchange_init(&x, 10);
    assert_true(exchange_secret_header(&x, "Authorization", "Bearer ", s));
    secret_unref(s);
    assert_string_equal(x.headers[0].value, "Bearer ");
    assert_string_equal(secret_reveal(x.headers[0].secret), "key");
    exchange_done(&x);
}

static void room_is_exact(void **state)
{
    (void)state;
    struct exchange x;
    struct secret *s = secret_new("key", 3);
    exchange_init(&x, 10);
    for (int i = 0; i < EXCHANGE_HEADERS_MAX; i++)
        assert_true(exchange_header(&x, "a", "b"));
    assert_false(exchange_header(&x, "a", "b"));
    assert_false(exchange_secret_header(&x, "a", "b", s)); /* and takes no reference: the leak checker would tell */
    assert_int_equal(x.n_headers, EXCHANGE_HEADERS_MAX);
    exchange_done(&x);
    secret_unref(s);
}

static void no_second_line_gets_in(void **state)
{
    (void)state;
    struct exchange x;
    const char *const keys[] = {"k\r", "k\n", "k\0k"};
    exchange_init(&x, 10);
    assert_false(exchange_header(&x, "a\r", "b"));
    assert_false(exchange_header(&x, "a\n", "b"));
    assert_false(exchange_header(&x, "a", "b\rc"));
    assert_false(exchange_header(&x, "a", "b\n"));
    for (size_t i = 0; i < 3; i++) {
        struct secret *s = secret_new(keys[i], i == 2 ? 3 : 2);
        assert_false(exchange_secret_header(&x, "a", "b", s));
        secret_unref(s);
    }
    struct secret *good = secret_new("k", 1);
    assert_false(exchange_secret_header(&x, "a", "b\n", good));
    assert_true(exchange_secret_header(&x, "a", "b", good));
    secret_unref(good);
    assert_int_equal(x.n_headers, 1);
    exchange_done(&x);
}

static void done_leaves_an_empty_one(void **state)
{
    (void)state;
    struct exchange x;
    exchange_init(&x, 3);
    exchange_done(&x); /* nothing built */
    x.method = "POST";
    x.url = strdup("https://example.org/");
    assert_true(exchange_header(&x, "a", "b"));
    assert_true(buf_puts(&x.body, "{}"));
    exchange_done(&x);
    assert_null(x.url);
    assert_int_equal(x.n_headers, 0);
    assert_int_equal(x.body.len, 0);
    exchange_done(&x);
    assert_true(buf_puts(&x.body, "abc")); /* the body's bound is still there */
    assert_false(buf_putc(&x.body, 'd'));
    exchange_done(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_headers),
        cmocka_unit_test(takes_its_own_reference),
        cmocka_unit_test(room_is_exact),
        cmocka_unit_test(no_second_line_gets_in),
        cmocka_unit_test(done_leaves_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
