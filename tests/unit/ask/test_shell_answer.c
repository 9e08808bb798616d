#include "client/ask/shell_answer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FENCE "a code fence"

static void check(const struct shell_answer *a, enum shell_kind kind, const char *text)
{
    assert_int_equal(a->kind, kind);
    assert_int_equal(a->len, strlen(text));
    assert_memory_equal(a->text, text, a->len);
}

static void the_command_is_found(void **state)
{
    static const struct {
        const char *answer;
        enum shell_kind kind;
        const char *text, *taken_off;
        unsigned left_out;
    } rows[] = {
        {"ls -l", SHELL_COMMAND, "ls -l", NULL, 0},
        {"\n\n  ls -l\r\n\n", SHELL_COMMAND, "ls -l", NULL, 0},
        {"cat a\\ ", SHELL_COMMAND, "cat a\\ ", NULL, 0}, /* a blank that the backslash keeps */
        {"for i in 1 2\ndo\n\techo $i\ndone\n", SHELL_COMMAND, "for i in 1 2\ndo\n\techo $i\ndone", NULL, 0},
        {"```bash\nls -l\n```", SHELL_COMMAND, "ls -l", FENCE, 0},
        {"```\n  ls\n\nwc\n```\n", SHELL_COMMAND, "ls\n\nwc", FENCE, 0},
        {"````sh\necho '```'\n````", SHELL_COMMAND, "echo '```'", FENCE, 0},
        {"```sh\nls", SHELL_COMMAND, "ls", FENCE, 0}, /* never closed */
        {"Try this:\n\n```sh\nls\n```\nIt lists.\nAll.", SHELL_COMMAND, "ls", FENCE, 3},
        {"```\n```", SHELL_EMPTY, "", FENCE, 0},
        {"```\nls\n```\nor\n```\ndir\n```", SHELL_COMMAND, "```\nls\n```\nor\n```\ndir\n```", NULL, 0},
        {"cat >a.md <<E\n```\ncode\n```\nE", SHELL_COMMAND, "cat >a.md <<E\n```\ncode\n```\nE", NULL, 0},
        {"`ls -l`", SHELL_COMMAND, "ls -l", "backticks", 0},
        {"`which vi` `which ls`", SHELL_COMMAND, "`which vi` `which ls`", NULL, 0},
        {"``", SHELL_EMPTY, "", "backticks", 0},
        {"$ ls", SHELL_COMMAND, "ls", "a prompt sign", 0},
        {"$x", SHELL_COMMAND, "$x", NULL, 0},
        {"# there is none", SHELL_NONE, "# there is none", NULL, 0},
        {"# there\n  # is none\n\n#", SHELL_NONE, "# there\n  # is none\n\n#", NULL, 0},
        {"# lists\nls", SHELL_COMMAND, "# lists\nls", NULL, 0},
        {"", SHELL_EMPTY, "", NULL, 0},
        {" \n\r\n\t", SHELL_EMPTY, "", NULL, 0},
        {"-rf /", SHELL_OPTION, "-rf /", NULL, 0},
        {"```\n+x\n```", SHELL_OPTION, "+x", FENCE, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct shell_answer a;
        shell_answer_read(&a, rows[i].answer, strlen(rows[i].answer));
        check(&a, rows[i].kind, rows[i].text);
        assert_int_equal(a.left_out, rows[i].left_out);
        assert_true((a.taken_off == NULL) == (rows[i].taken_off == NULL));
        if (a.taken_off != NULL)
            assert_string_equal(a.taken_off, rows[i].taken_off);
    }
}

static void a_nul_ends_nothing(void **state)
{
    struct shell_answer a;
    (void)state;
    shell_answer_read(&a, "ls\0; reboot", 11);
    assert_int_equal(a.kind, SHELL_NUL);
    assert_int_equal(a.len, 11);
}

static void it_is_bounded(void **state)
{
    struct shell_answer a;
    char *text = malloc(SHELL_ANSWER_MAX + 1);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', SHELL_ANSWER_MAX + 1);
    shell_answer_read(&a, text, SHELL_ANSWER_MAX);
    assert_int_equal(a.kind, SHELL_COMMAND);
    shell_answer_read(&a, text, SHELL_ANSWER_MAX + 1);
    assert_int_equal(a.kind, SHELL_TOO_LONG);
    free(text);
}

static void what_was_written_is_taken_as_it_is(void **state)
{
    struct shell_answer a;
    (void)state;
    shell_answer_take(&a, "`ls`\n", 5);
    check(&a, SHELL_COMMAND, "`ls`");
    shell_answer_take(&a, "\n", 1);
    check(&a, SHELL_EMPTY, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_is_found),
        cmocka_unit_test(a_nul_ends_nothing),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(what_was_written_is_taken_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
