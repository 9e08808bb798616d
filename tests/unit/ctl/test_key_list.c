#include "client/ctl/key_list.h"
#include "client/ctl/key_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum error_code parse(struct key_list *l, const char *text, const char *only, struct error *err)
{
    key_list_init(l);
    (void)buf_puts(&l->text, text);
    return key_list_parse(l, "FILE", only, err);
}

static void has(const struct key_list *l, const char *provider, const char *key)
{
    const struct key_given *g = key_list_find(l, provider);
    assert_non_null(g);
    assert_int_equal(g->len, strlen(key));
    assert_memory_equal(g->key, key, g->len);
}

static void lines_are_taken(void **state)
{
    (void)state;
    struct key_list l;
    struct error err = ERROR_INIT;
    assert_int_equal(parse(&l,
                           "# mine\n\n openai  sk-1\r\nGEMINI_API_KEY=sk-2\nexport XAI_API_KEY='sk-3'\n"
                           "export GROQ_API_KEY=\"sk=4==\"\nmy.own\tsk-5",
                           NULL, &err),
                     ERR_NONE);
    assert_int_equal(l.n, 5);
    has(&l, "openai", "sk-1");
    has(&l, "gemini", "sk-2");
    has(&l, "xai", "sk-3");
    has(&l, "groq", "sk=4==");
    has(&l, "my.own", "sk-5");
    assert_null(key_list_find(&l, "cohere"));
    key_list_done(&l);
}

static void blanks_around_a_key_are_cut(void **state)
{
    (void)state;
    const char *key = " \tsk-1\r\n";
    size_t len = strlen(key);
    assert_true(key_trim(&key, &len));
    assert_int_equal(len, 4);
    assert_memory_equal(key, "sk-1", len);
    key = "sk-1";
    len = sizeof("sk-1"); /* a NUL is no blank */
    assert_false(key_trim(&key, &len));
    key = "\0sk-1";
    len = sizeof("\0sk-1") - 1;
    assert_false(key_trim(&key, &len));
}

static void a_key_alone_is_for_the_one_that_is_named(void **state)
{
    (void)state;
    struct key_list l;
    struct error err = ERROR_INIT;
    assert_int_equal(parse(&l, "abc=def==\n", "openai", &err), ERR_NONE);
    has(&l, "openai", "abc=def==");
    key_list_done(&l);
    assert_int_equal(parse(&l, "XAI_API_KEY=k\n", "openai", &err), ERR_NONE);
    has(&l, "xai", "k");
    key_list_done(&l);
}

static void what_is_wrong_is_told_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"secret\n", "FILE:1: it has"},          {"\nopenai secret two\n", "FILE:2: what stands"},
        {"HOME=secret\n", "FILE:1: that is no"}, {"../x secret\n", "FILE:1: that is no name"},
        {"openai \n", "FILE:1: it has"},         {"a secret\na secret\n", "FILE:2: its provider"},
        {"XAI_API_KEY=\n", "FILE:1: what"},      {"XAI_API_KEY=\"\"\n", "FILE:1: what"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct key_list l;
        struct error err = ERROR_INIT;
        assert_int_equal(parse(&l, cases[i].text, NULL, &err), ERR_INVALID_REQUEST);
        assert_memory_equal(err.message, cases[i].told, strlen(cases[i].told));
        assert_null(strstr(err.message, "secret"));
        key_list_done(&l);
    }
}

static void there_is_a_bound(void **state)
{
    (void)state;
    char text[64 * (KEY_LIST_MAX + 1)] = "", line[64];
    struct key_list l;
    struct error err = ERROR_INIT;
    for (int i = 0; i < KEY_LIST_MAX; i++) {
        (void)snprintf(line, sizeof(line), "p%d k%d\n", i, i);
        (void)strcat(text, line);
    }
    assert_int_equal(parse(&l, text, NULL, &err), ERR_NONE);
    assert_int_equal(l.n, KEY_LIST_MAX);
    key_list_done(&l);
    (void)strcat(text, "more k\n");
    assert_int_equal(parse(&l, text, NULL, &err), ERR_INVALID_REQUEST);
    key_list_done(&l);
}

static void the_environment_is_looked_at(void **state)
{
    (void)state;
    struct key_list l;
    struct error err = ERROR_INIT;
    (void)setenv("OPENAI_API_KEY", " sk-1 ", 1);
    (void)setenv("XAI_API_KEY", "no key", 1);
    (void)setenv("GROQ_API_KEY", "", 1);
    key_list_init(&l);
    assert_int_equal(key_list_of_environment(&l, &err), ERR_NONE);
    has(&l, "openai", "sk-1");
    assert_null(key_list_find(&l, "xai"));
    assert_null(key_list_find(&l, "groq"));
    key_list_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_taken),
        cmocka_unit_test(blanks_around_a_key_are_cut),
        cmocka_unit_test(a_key_alone_is_for_the_one_that_is_named),
        cmocka_unit_test(what_is_wrong_is_told_by_its_line),
        cmocka_unit_test(there_is_a_bound),
        cmocka_unit_test(the_environment_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
