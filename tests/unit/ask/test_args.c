#include "client/ask/args.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static enum args_action parse(struct args *a, char **argv)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    return args_parse(a, argc, argv);
}

#define PARSE(a, ...) parse((a), (char *[]){"ask", __VA_ARGS__, NULL})

static void words_are_the_prompt(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "status", "call"), ARGS_ASK);
    assert_int_equal(a.n_words, 2);
    assert_string_equal(a.words[0], "status");
    assert_null(a.model);
    assert_null(a.system);
    assert_null(a.socket);
    assert_false(a.json || a.no_stream || a.stats);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "-m", "gpt", "why", "--json", "not", "-ssys", "--socket=/s", "--stats", "--no-stream"),
                     ARGS_ASK);
    assert_string_equal(a.model, "gpt");
    assert_string_equal(a.system, "sys");
    assert_string_equal(a.socket, "/s");
    assert_true(a.json && a.no_stream && a.stats);
    assert_int_equal(a.n_words, 2);
    assert_string_equal(a.words[0], "why");
    assert_string_equal(a.words[1], "not");
}

static void dashes_end_the_options(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "--", "-m", "--help"), ARGS_ASK);
    assert_null(a.model);
    assert_int_equal(a.n_words, 2);
    assert_string_equal(a.words[0], "-m");
}

static void help_and_version(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "-h"), ARGS_HELP);
    assert_int_equal(PARSE(&a, "--version"), ARGS_VERSION);
    assert_non_null(strstr(args_usage, "--no-stream"));
}

static void wrong_ones_are_named(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "-x"), ARGS_WRONG);
    assert_non_null(strstr(a.why, "'-x'"));
    assert_int_equal(PARSE(&a, "--nothing", "hi"), ARGS_WRONG);
    assert_non_null(strstr(a.why, "--nothing"));
    assert_int_equal(PARSE(&a, "hi", "-m"), ARGS_WRONG);
    assert_non_null(strstr(a.why, "needs a value"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_the_prompt),   cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(dashes_end_the_options), cmocka_unit_test(help_and_version),
        cmocka_unit_test(wrong_ones_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
