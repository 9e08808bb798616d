/* Which new gap goes on with a suggestion, and how much of it has been typed there. */
#include "daemon/engine/suggest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct gap_text view(const char *s)
{
    return (struct gap_text){s, strlen(s)};
}

static long typed(const char *before, const char *behind, const char *text, const char *now_before,
                  const char *now_behind)
{
    struct chat_gap *from = chat_gap_new(view(before), view(behind), "c"),
                    *to = chat_gap_new(view(now_before), view(now_behind), "c");
    long n = suggest_typed(from, view(text), to);
    chat_gap_free(from);
    chat_gap_free(to);
    return n;
}

static void typing_on(void **state)
{
    (void)state;
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = ", "\n"), 0);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = f", "\n"), 1);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = foo(1", "\n"), 5);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = foo(1)", "\n"), -1); /* nothing is left */
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = g", "\n"), -1);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x =", "\n"), -1);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "y = f", "\n"), -1);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = f", "\n}"), -1);
    assert_int_equal(typed("x = ", "\n", "foo(1)", "x = f", ""), -1);
    assert_int_equal(typed("", "", "aaaa", "aa", ""), 2);
    assert_int_equal(typed("aa", "", "aaaa", "aaa", ""), 1);
    assert_int_equal(typed("", "", "äö", "ä", ""), 2);
}

static void languages(void **state)
{
    (void)state;
    struct chat_gap *c = chat_gap_new(view("x"), view(""), "c"), *none = chat_gap_new(view("x"), view(""), NULL),
                    *lua = chat_gap_new(view("x"), view(""), "lua");
    assert_int_equal(suggest_typed(c, view("y"), c), 0);
    assert_int_equal(suggest_typed(none, view("y"), none), 0);
    assert_int_equal(suggest_typed(c, view("y"), lua), -1);
    assert_int_equal(suggest_typed(c, view("y"), none), -1);
    chat_gap_free(c);
    chat_gap_free(none);
    chat_gap_free(lua);
}

/* Where what is shown is cut from a longer text, its far end moves as the text grows. */
static void cut_texts(void **state)
{
    (void)state;
    static const struct {
        const char *before, *now;
        bool cut, now_cut;
        long n;
    } rows[] = {
        {"line 1\nline 2\nline 3\nline 4\nx = ", "line 2\nline 3\nline 4\nx = f", true, true, 1},
        {"line 2\nline 3\nline 4\nx = ", "line 1\nline 2\nline 3\nline 4\nx = f", true, true, 1},
        {"line 1\nline 2\nline 3\nx = ", "line 2\nline 3\nx = f", true, true, -1},  /* too little to tell by */
        {"line 1\nline 2\nline 3\nx = ", "line 2\nline 3\nx = f", true, false, -1}, /* it begins there */
        {"line 1\nline 2\nline 3\nx = ", "line 7\nline 3\nx = f", true, true, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chat_gap *from = chat_gap_new(view(rows[i].before), view(""), NULL),
                        *to = chat_gap_new(view(rows[i].now), view(""), NULL);
        from->prefix_cut = rows[i].cut;
        to->prefix_cut = rows[i].now_cut;
        assert_int_equal(suggest_typed(from, view("foo"), to), rows[i].n);
        chat_gap_free(from);
        chat_gap_free(to);
    }
}

/* Of an editor that sends so many bytes before its cursor, wherever that is. */
static void cut_by_the_editor(void **state)
{
    (void)state;
    char text[4001];
    for (uint32_t i = 0, n = 1; i < sizeof text - 1; i++, n = n * 1103515245u + 12345u)
        text[i] = (char)('a' + (n >> 16) % 23);
    text[sizeof text - 1] = 0;
    const struct gap_text there = {text, 2000}, later = {text + 3, 2000}, elsewhere = {text + 1500, 2000};
    const struct gap_text typed_there = {text + 2000, 10}, none = {NULL, 0};
    struct chat_gap *from = chat_gap_new(there, none, NULL), *to = chat_gap_new(later, none, NULL),
                    *other = chat_gap_new(elsewhere, none, NULL);
    assert_int_equal(suggest_typed(from, typed_there, to), 3);
    assert_int_equal(suggest_typed(from, typed_there, other), -1);
    chat_gap_free(from);
    chat_gap_free(to);
    chat_gap_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(typing_on), cmocka_unit_test(languages),
                                       cmocka_unit_test(cut_texts), cmocka_unit_test(cut_by_the_editor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
