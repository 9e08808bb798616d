#include "daemon/prompt/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULT_MAX ((size_t)1 << 20)

static struct template *parsed(const char *text, size_t len)
{
    struct error err = ERROR_INIT;
    struct template *t = NULL;
    if (template_parse(text, len, &t, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    return t;
}

/* Filled in with x = X, y = {{x}}, empty = nothing. */
static void check(const char *text, const char *want)
{
    static const struct template_value values[] = {{"x", "X", 1}, {"y", "{{x}}", 5}, {"empty", NULL, 0}};
    struct error err = ERROR_INIT;
    struct buf out;
    struct template *t = parsed(text, strlen(text));
    buf_init(&out, RESULT_MAX);
    assert_int_equal(template_fill(t, values, 3, &out, &err), ERR_NONE);
    if (strcmp(buf_cstr(&out), want) != 0)
        fail_msg("'%s' became '%s', not '%s'", text, buf_cstr(&out), want);
    buf_done(&out);
    template_free(t);
}

static void test_places(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"no place", "no place"},
        {"{{x}}", "X"},
        {"a{{x}}b{{x}}", "aXbX"},
        {"{{x}}{{y}}", "X{{x}}"}, /* a value is not looked through again */
        {"{{empty}}|", "|"},
        {"{{z:}}|", "|"},
        {"{{z:a default, with: colons}}", "a default, with: colons"},
        {"{{x:default}}", "X"},
        {"{{z}} {{z:first}} {{z:second}}", "first first first"},
        {"{{unknown}}", "{{unknown}}"},
        {"{{{x}}}", "{X}"},
        {"{{z:a}}}", "a}"},
        {"\xc3\xa4{{x}}\xc3\xb6", "\xc3\xa4X\xc3\xb6"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i][0], rows[i][1]);
}

/* What other template languages have between braces, and what only looks like a place. */
static void test_other_braces(void **state)
{
    static const char *const rows[] = {
        "{{ x }}",    "{{x }}",      "{{#if x}}",    "{{/if}}", "{{> x}}",
        "{{x.y}}",    "{{x|upper}}", "{{1x}}",       "{{-x}}",  "{{}}",
        "{{",         "{{x",         "{{x}",         "{{x:",    "{{x:a}",
        "{{x:a\nb}}", "{{x:a{{",     "{% x %}",      "{x}",     "${{ secrets.X }}",
        "}}",         "{{\n}}",      "{{\xc3\xa4}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i], rows[i]);
    check("{{x:a{{x}}", "{{x:aX"); /* no default holds a place, but it is one */
}

static void test_literal(void **state)
{
    static const char *const rows[][2] = {
        {"\\{{x}}", "{{x}}"},
        {"a\\{{x}}b", "a{{x}}b"},
        {"\\\\{{x}}", "\\X"},
        {"\\\\\\{{x}}", "\\{{x}}"},
        {"\\\\\\\\{{x}}", "\\\\X"},
        {"\\{{x}}\\{{x}}{{x}}", "{{x}}{{x}}X"},
        {"\\{{x:default}}", "{{x:default}}"},
        {"\\{{ x }}", "\\{{ x }}"}, /* before what is no place a backslash is a backslash */
        {"\\n \\ \\\\", "\\n \\ \\\\"},
        {"{{x}}\\", "X\\"},
        {"\\{{{x}}}", "\\{X}"}, /* the place begins at the second brace */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i][0], rows[i][1]);
}

static void test_variables(void **state)
{
    static const char text[] = "{{b}} {{a:1}} {{b:2}} \\{{c}} {{input}} {{a:3}} {{ d }}";
    size_t n;
    (void)state;
    struct template *t = parsed(text, strlen(text));
    const struct template_variable *v = template_variables(t, &n);
    assert_int_equal(n, 3);
    assert_string_equal(v[0].name, "b");
    assert_string_equal(v[0].otherwise, "2");
    assert_string_equal(v[1].name, "a");
    assert_string_equal(v[1].otherwise, "1");
    assert_string_equal(v[2].name, "input");
    assert_null(v[2].otherwise);
    assert_true(template_has(t, "input"));
    assert_false(template_has(t, "c"));
    assert_string_equal(template_text(t, &n), text);
    assert_int_equal(n, strlen(text));
    template_free(t);
}

/* -- bounds -- */

static enum error_code parse_only(const char *text, size_t len)
{
    struct template *t = NULL;
    enum error_code code = template_parse(text, len, &t, NULL);
    template_free(t);
    return code;
}

static void test_size(void **state)
{
    char *text = malloc(TEMPLATE_SIZE_MAX + 1);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', TEMPLATE_SIZE_MAX + 1);
    assert_int_equal(parse_only(text, TEMPLATE_SIZE_MAX), ERR_NONE);
    assert_int_equal(parse_only(text, TEMPLATE_SIZE_MAX + 1), ERR_TOO_LARGE);
    text[7] = '\0';
    assert_int_equal(parse_only(text, 9), ERR_INVALID_REQUEST);
    free(text);
}

/* So many places, of so many names. */
static enum error_code parse_places(size_t places, size_t names)
{
    struct buf b;
    buf_init(&b, TEMPLATE_SIZE_MAX);
    for (size_t i = 0; i < places; i++)
        buf_printf(&b, "{{v%zu}}", i % names);
    assert_false(b.failed);
    enum error_code code = parse_only((const char *)b.data, b.len);
    buf_done(&b);
    return code;
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(parse_places(TEMPLATE_VARIABLES_MAX, TEMPLATE_VARIABLES_MAX), ERR_NONE);
    assert_int_equal(parse_places(TEMPLATE_VARIABLES_MAX + 1, TEMPLATE_VARIABLES_MAX + 1), ERR_INVALID_REQUEST);
    assert_int_equal(parse_places(TEMPLATE_PLACES_MAX, 1), ERR_NONE);
    assert_int_equal(parse_places(TEMPLATE_PLACES_MAX + 1, 1), ERR_INVALID_REQUEST);
}

static void test_name_length(void **state)
{
    char text[TEMPLATE_NAME_MAX + 8];
    size_t n;
    (void)state;
    for (int len = TEMPLATE_NAME_MAX; len <= TEMPLATE_NAME_MAX + 1; len++) {
        int size = snprintf(text, sizeof text, "{{%0*d}}", len, 0);
        memset(text + 2, 'a', (size_t)len);
        struct template *t = parsed(text, (size_t)size);
        template_variables(t, &n);
        assert_int_equal(n, len == TEMPLATE_NAME_MAX ? 1 : 0);
        template_free(t);
    }
}

static void test_result_size(void **state)
{
    static const struct template_value x = {"x", "12345", 5};
    struct template *t = parsed("{{x}}{{x}}", 10);
    struct error err = ERROR_INIT;
    struct buf out;
    (void)state;
    for (size_t max = 9; max <= 10; max++) {
        buf_init(&out, max);
        assert_int_equal(template_fill(t, &x, 1, &out, &err), max == 10 ? ERR_NONE : ERR_TOO_LARGE);
        buf_done(&out);
    }
    template_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),      cmocka_unit_test(test_other_braces), cmocka_unit_test(test_literal),
        cmocka_unit_test(test_variables),   cmocka_unit_test(test_size),         cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_name_length), cmocka_unit_test(test_result_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
