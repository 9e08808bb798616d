#include "tests/unit/ask/parsed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

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
    assert_false(a.format != ARGS_TEXT || a.no_stream || a.stats);
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
    assert_true(a.format == ARGS_JSON && a.no_stream && a.stats);
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
    assert_int_equal(PARSE(&a, "-h", "tasks"), ARGS_HELP);
    assert_null(a.topic);
    assert_int_equal(PARSE(&a, "--help=tasks", "--nothing"), ARGS_HELP);
    assert_string_equal(a.topic, "tasks");
    assert_int_equal(PARSE(&a, "--version"), ARGS_VERSION);
}

static void a_new_conversation_unless_told_otherwise(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "hi"), ARGS_ASK);
    assert_int_equal(a.keep, ARGS_NEW);
    assert_int_equal(PARSE(&a, "-c", "hi", "--continue"), ARGS_ASK);
    assert_int_equal(a.keep, ARGS_CONTINUE);
    assert_int_equal(PARSE(&a, "hi", "--conversation", "id"), ARGS_ASK);
    assert_int_equal(a.keep, ARGS_NAMED);
    assert_string_equal(a.conversation, "id");
    assert_int_equal(PARSE(&a, "--no-store", "hi"), ARGS_ASK);
    assert_int_equal(a.keep, ARGS_NOWHERE);
}

static void choices_of_a_conversation_exclude_each_other(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "-c", "--no-store", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--continue and --no-store exclude each other");
    assert_int_equal(PARSE(&a, "--conversation=x", "-c", "-c", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--conversation and --continue exclude each other");
    assert_int_equal(PARSE(&a, "--no-store", "--conversation", "x", "hi"), ARGS_WRONG);
    assert_int_equal(PARSE(&a, "-c", "--no-store", "--help"), ARGS_HELP);
}

static void the_cache_is_used_as_it_is_told(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "hi"), ARGS_ASK);
    assert_null(a.cache);
    assert_int_equal(PARSE(&a, "hi", "-r"), ARGS_ASK);
    assert_string_equal(a.cache, "refresh");
    assert_int_equal(PARSE(&a, "--cache", "refresh", "--refresh", "hi"), ARGS_ASK);
    assert_string_equal(a.cache, "refresh");
    assert_int_equal(PARSE(&a, "--cache=only", "hi"), ARGS_ASK);
    assert_string_equal(a.cache, "only");
    assert_int_equal(PARSE(&a, "--cache=off", "-r", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--cache off and --cache refresh exclude each other (-r is --cache refresh)");
    assert_int_equal(PARSE(&a, "--cache=never", "hi", "-r"), ARGS_WRONG);
    assert_string_equal(a.why, "--cache is use, refresh, only or off, and not 'never'");
}

static void who_leaves_cannot_look_on(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "--detach", "--json", "-c", "hi"), ARGS_ASK);
    assert_true(a.detach && a.format == ARGS_JSON && !a.interrupted);
    assert_int_equal(PARSE(&a, "--stats", "--detach", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--detach and --stats exclude each other");
}

static void what_was_interrupted_has_its_question(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "--continue-interrupted", "-m", "x", "--conversation", "id"), ARGS_ASK);
    assert_true(a.interrupted);
    assert_string_equal(a.conversation, "id");
    assert_int_equal(PARSE(&a, "--continue-interrupted", "please"), ARGS_WRONG);
    assert_string_equal(a.why, "--continue-interrupted takes no prompt");
    assert_int_equal(PARSE(&a, "--detach", "--continue-interrupted"), ARGS_WRONG);
    assert_string_equal(a.why, "--continue-interrupted and --detach exclude each other");
    assert_int_equal(PARSE(&a, "--continue-interrupted", "-c"), ARGS_WRONG);
    assert_int_equal(PARSE(&a, "--continue-interrupted", "--no-store"), ARGS_WRONG);
    assert_int_equal(PARSE(&a, "--continue-interrupted", "--no-stream"), ARGS_WRONG);
}

static void attachments_have_bounds(void **state)
{
    (void)state;
    struct args a;
    static char *const wrong[] = {"0", "", "-1", "1G", "65M", "M", "99999999999999999999", "1 k"};
    char *many[2 * (ARGS_ATTACH_MAX + 1) + 2] = {"ask"};
    assert_int_equal(PARSE(&a, "-a", "x", "--attach=-", "hi", "--max-bytes", "64M"), ARGS_ASK);
    assert_int_equal(a.n_attach, 2);
    assert_string_equal(a.attach[0], "x");
    assert_string_equal(a.attach[1], "-");
    assert_int_equal(a.max_bytes, ARGS_BYTES_MAX);
    assert_int_equal(PARSE(&a, "--max-bytes=3k", "hi"), ARGS_ASK);
    assert_int_equal(a.max_bytes, 3 << 10);
    assert_int_equal(PARSE(&a, "--max-bytes=17", "hi"), ARGS_ASK);
    assert_int_equal(a.max_bytes, 17);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(PARSE(&a, "hi", "--max-bytes", wrong[i]), ARGS_WRONG);
        assert_non_null(strstr(a.why, "--max-bytes is a size from 1 to 64M"));
    }
    for (unsigned i = 0; i <= ARGS_ATTACH_MAX; i++)
        many[1 + 2 * i] = "-a", many[2 + 2 * i] = "x";
    assert_int_equal(args_parse(&a, 1 + 2 * ARGS_ATTACH_MAX, many), ARGS_ASK);
    assert_int_equal(args_parse(&a, 3 + 2 * ARGS_ATTACH_MAX, many), ARGS_WRONG);
    assert_non_null(strstr(a.why, "may be given 64 times"));
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
        cmocka_unit_test(words_are_the_prompt),
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(dashes_end_the_options),
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(attachments_have_bounds),
        cmocka_unit_test(wrong_ones_are_named),
        cmocka_unit_test(a_new_conversation_unless_told_otherwise),
        cmocka_unit_test(choices_of_a_conversation_exclude_each_other),
        cmocka_unit_test(the_cache_is_used_as_it_is_told),
        cmocka_unit_test(who_leaves_cannot_look_on),
        cmocka_unit_test(what_was_interrupted_has_its_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
