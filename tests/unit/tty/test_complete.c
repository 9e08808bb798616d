#include "client/tty/complete.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void add(struct complete *c, const char *word, const char *const *candidates, size_t n)
{
    complete_init(c);
    for (size_t i = 0; i < n; i++)
        complete_add(c, candidates[i], word, strlen(word));
    complete_sort(c);
}

static void only_those_that_begin_so_each_once(void **state)
{
    (void)state;
    static const char *const all[] = {"/new", "/model", "/more", "/model"};
    struct complete c;
    add(&c, "/mo", all, 4);
    assert_int_equal(c.n, 2);
    const char *first = complete_next(&c, NULL), *second = complete_next(&c, first);
    assert_string_equal(first, "/model");
    assert_string_equal(second, "/more");
    assert_null(complete_next(&c, second));
    assert_int_equal(complete_common(&c), strlen("/mo"));
    complete_done(&c);
}

static void what_is_common_ends_with_a_character(void **state)
{
    (void)state;
    static const char *const all[] = {"a\xe4\xb8\xad", "a\xe4\xb8\xae"};
    struct complete c;
    add(&c, "", all, 2);
    assert_int_equal(complete_common(&c), 1);
    complete_done(&c);
    add(&c, "x", all, 2);
    assert_int_equal(complete_common(&c), 0);
    assert_null(complete_next(&c, NULL));
    complete_done(&c);
}

static void a_list_has_columns_and_is_harmless(void **state)
{
    (void)state;
    static const char *const all[] = {"one", "two\x1b[31m", "three"};
    struct complete c;
    struct buf out;
    buf_init(&out, 4096);
    add(&c, "", all, 3);
    complete_list(&c, 80, &out);
    assert_string_equal(buf_cstr(&out), "one          three        two\\x1b[31m\n");
    buf_clear(&out);
    complete_list(&c, 11, &out);
    assert_string_equal(buf_cstr(&out), "one\nthree\ntwo\\x1b[31m\n");
    buf_clear(&out);
    complete_list(&c, 4, &out);
    assert_string_equal(buf_cstr(&out), "one\nthr…\ntwo…\n");
    complete_done(&c);
    buf_done(&out);
}

static void what_is_too_much_is_told(void **state)
{
    (void)state;
    struct complete c;
    struct buf out;
    char name[16];
    buf_init(&out, 1 << 20);
    complete_init(&c);
    for (unsigned i = 0; i < COMPLETE_WORDS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "%05u", i);
        complete_add(&c, name, "", 0);
    }
    assert_int_equal(c.n, COMPLETE_WORDS_MAX);
    assert_false(c.more);
    complete_list(&c, 80, &out);
    assert_non_null(strstr(buf_cstr(&out), "… and 3996 more\n"));
    complete_add(&c, "one more", "", 0);
    assert_int_equal(c.n, COMPLETE_WORDS_MAX);
    assert_true(c.more);
    buf_clear(&out);
    complete_list(&c, 80, &out);
    assert_non_null(strstr(buf_cstr(&out), "… and over 3996 more\n"));
    complete_done(&c);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_those_that_begin_so_each_once),
        cmocka_unit_test(what_is_common_ends_with_a_character),
        cmocka_unit_test(a_list_has_columns_and_is_harmless),
        cmocka_unit_test(what_is_too_much_is_told),
    };
    (void)setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
