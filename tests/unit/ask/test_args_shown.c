#include "tests/unit/ask/parsed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void one_format_of_all(void **state)
{
    (void)state;
    static const struct {
        char *option;
        enum args_format format;
        bool for_people;
    } all[] = {{"--plain", ARGS_PLAIN, true},
               {"--code", ARGS_CODE, true},
               {"--json", ARGS_JSON, false},
               {"--json-stream", ARGS_JSON_STREAM, false}};
    struct args a;
    assert_int_equal(PARSE(&a, "hi"), ARGS_ASK);
    assert_int_equal(a.format, ARGS_TEXT);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(PARSE(&a, all[i].option, "hi"), ARGS_ASK);
        assert_int_equal(a.format, all[i].format);
        assert_int_equal(args_for_people(&a), all[i].for_people);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(PARSE(&a, all[i].option, all[k].option, "hi"), i == k ? ARGS_ASK : ARGS_WRONG);
    }
    assert_int_equal(PARSE(&a, "--json", "--code", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--code and --json exclude each other");
}

static void what_would_do_nothing_is_refused(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "--shell", "--copy", "hi"), ARGS_WRONG);
    char *no_reasoning[] = {"--shell", "--edit", "--code", "--json", "--json-stream", "--detach"};
    for (size_t i = 0; i < sizeof(no_reasoning) / sizeof(no_reasoning[0]); i++)
        assert_int_equal(PARSE(&a, no_reasoning[i], "--reasoning", "only", "f", "hi"), ARGS_WRONG);
    assert_int_equal(PARSE(&a, "--no-stream", "--json-stream", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--no-stream and --json-stream exclude each other");
    assert_int_equal(PARSE(&a, "--explain-last", "--reasoning", "only"), ARGS_ASK);
    assert_int_equal(PARSE(&a, "--no-stream", "--json", "hi"), ARGS_ASK);
}

static void one_task_of_all(void **state)
{
    (void)state;
    char *all[] = {"--shell", "--explain-last", "--edit", "--undo", "--continue-interrupted", "--detach", "--dry-run"};
    struct args a;
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++)
            assert_int_equal(PARSE(&a, all[i], all[k]), i == k ? ARGS_ASK : ARGS_WRONG);
    assert_int_equal(PARSE(&a, "--edit", "f", "what"), ARGS_ASK);
    assert_int_equal(a.task, ARGS_EDIT);
    assert_int_equal(PARSE(&a, "--undo", "what"), ARGS_WRONG);
    assert_string_equal(a.why, "--undo takes no prompt");
    assert_int_equal(PARSE(&a, "--undo", "-m", "x"), ARGS_WRONG);
    assert_string_equal(a.why, "--undo and --model exclude each other");
    assert_int_equal(PARSE(&a, "--stats", "--undo"), ARGS_WRONG);
    assert_int_equal(PARSE(&a, "--undo", "--plain", "--no-project", "--socket", "/x"), ARGS_ASK);
}

static void several_models_are_compared(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "-m", "a", "hi"), ARGS_ASK);
    assert_false(args_compares(&a));
    assert_int_equal(PARSE(&a, "-m", "a,b", "--judge", "c", "--pick", "hi"), ARGS_ASK);
    assert_true(args_compares(&a));
    assert_int_equal(PARSE(&a, "-m", "a", "--pick", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--pick needs several models, as -m gpt-4.1,deepseek-chat");
    assert_int_equal(PARSE(&a, "-m", "a,b", "--code", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--code takes one model");
    char *wrong[] = {",a", "a,", "a,,b", ","};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(PARSE(&a, "-m", wrong[i], "hi"), ARGS_WRONG);
}

static void models_have_a_bound(void **state)
{
    (void)state;
    struct args a;
    char models[2 * (ARGS_MODELS_MAX + 1)] = "";
    for (unsigned i = 0; i < ARGS_MODELS_MAX; i++)
        (void)strcat(models, i > 0 ? ",m" : "m");
    assert_int_equal(PARSE(&a, "-m", models, "hi"), ARGS_ASK);
    (void)strcat(models, ",m");
    assert_int_equal(PARSE(&a, "-m", models, "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--model may name 16 models");
}

static void contexts_have_a_bound(void **state)
{
    (void)state;
    struct args a;
    char *argv[2 * ARGS_CONTEXTS_MAX + 5] = {"ask"};
    size_t n = 1;
    for (unsigned i = 0; i < ARGS_CONTEXTS_MAX; i++) {
        argv[n++] = "-x";
        argv[n++] = "set";
    }
    assert_int_equal(parse(&a, argv), ARGS_ASK);
    assert_int_equal(a.n_contexts, ARGS_CONTEXTS_MAX);
    argv[n++] = "-xset";
    assert_int_equal(parse(&a, argv), ARGS_WRONG);
    assert_string_equal(a.why, "--context may be given 16 times");
}

static void reasoning_is_one_of_three_words(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(PARSE(&a, "hi"), ARGS_ASK);
    assert_int_equal(a.reasoning, ARGS_REASONING_AUTO);
    assert_int_equal(PARSE(&a, "--reasoning", "only", "hi"), ARGS_ASK);
    assert_int_equal(a.reasoning, ARGS_REASONING_ONLY);
    assert_int_equal(PARSE(&a, "--reasoning=", "hi"), ARGS_WRONG);
    assert_string_equal(a.why, "--reasoning is show, hide or only, and not ''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_format_of_all),
        cmocka_unit_test(what_would_do_nothing_is_refused),
        cmocka_unit_test(one_task_of_all),
        cmocka_unit_test(several_models_are_compared),
        cmocka_unit_test(models_have_a_bound),
        cmocka_unit_test(contexts_have_a_bound),
        cmocka_unit_test(reasoning_is_one_of_three_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
