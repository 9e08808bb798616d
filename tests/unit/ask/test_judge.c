#include "client/ask/judge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct judge_case two = {
    .question = "Why?",
    .len = 4,
    .answers = {{.arm = 3, .text = "So.", .len = 3}, {.arm = 0, .text = "No", .len = 2}},
    .n = 2};

static void question_and_answers_stand_between_marks(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 16);
    judge_put(&b, "m1", &two);
    assert_string_equal(buf_cstr(&b), "<m1-question>\nWhy?\n</m1-question>\n"
                                      "\n<m1-A>\nSo.\n</m1-A>\n"
                                      "\n<m1-B>\nNo\n</m1-B>\n");
    buf_done(&b);
}

static void marks_that_occur_are_seen(void **state)
{
    (void)state;
    assert_true(judge_mark_occurs("hy", &two));
    assert_true(judge_mark_occurs("o.", &two));
    assert_true(judge_mark_occurs("No", &two));
    assert_false(judge_mark_occurs("N0", &two));
    assert_false(judge_mark_occurs("So.No", &two));
}

static void a_ranking_is_read(void **state)
{
    (void)state;
    struct verdict v;
    char why[256];
    verdict_init(&v);
    assert_true(judge_read(&v,
                           "{\"ranking\": [{\"answer\": \"B\", \"reason\": \"short\"},"
                           " {\"answer\": \"A\", \"reason\": \"\\u00e9\"}]}",
                           &two, why, sizeof(why)));
    assert_int_equal(v.n, 2);
    assert_int_equal(v.places[0].arm, 0);
    assert_int_equal(v.places[1].arm, 3);
    assert_int_equal(v.places[0].len, 5);
    assert_memory_equal(v.places[0].reason, "short", 5);
    assert_memory_equal(v.places[1].reason, "\xc3\xa9", 2);
    verdict_done(&v);
}

static void what_is_no_ranking_of_all_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "no",
        "[]",
        "{}",
        "{\"ranking\": 3}",
        "{\"ranking\": []}",
        "{\"ranking\": [{\"answer\": \"A\", \"reason\": \"x\"}]}",
        "{\"ranking\": [{\"answer\": \"A\", \"reason\": \"x\"}, {\"answer\": \"A\", \"reason\": \"x\"}]}",
        "{\"ranking\": [{\"answer\": \"A\", \"reason\": \"x\"}, {\"answer\": \"C\", \"reason\": \"x\"}]}",
        "{\"ranking\": [{\"answer\": \"A\", \"reason\": \"x\"}, {\"answer\": \"BB\", \"reason\": \"x\"}]}",
        "{\"ranking\": [{\"answer\": \"A\", \"reason\": \"x\"}, {\"answer\": \"@\", \"reason\": \"x\"}]}",
        "{\"ranking\": [{\"answer\": \"A\"}, {\"answer\": \"B\", \"reason\": \"x\"}]}",
        "{\"ranking\": [{\"answer\": 1, \"reason\": \"x\"}, {\"answer\": \"B\", \"reason\": \"x\"}]}",
        "{\"ranking\": [\"A\", \"B\"]}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verdict v;
        char why[256] = "";
        verdict_init(&v);
        assert_false(judge_read(&v, cases[i], &two, why, sizeof(why)));
        assert_int_equal(v.n, 0);
        assert_true(why[0] != '\0');
        verdict_done(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_and_answers_stand_between_marks),
        cmocka_unit_test(marks_that_occur_are_seen),
        cmocka_unit_test(a_ranking_is_read),
        cmocka_unit_test(what_is_no_ranking_of_all_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
