#include "client/ask/explain_cut.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *screen, const char *command, const char *kept, bool found)
{
    struct explain_cut cut;
    struct buf out;
    buf_init(&out, 1 << 20);
    explain_cut_screen(&out, screen, strlen(screen), command, &cut);
    assert_string_equal(buf_cstr(&out), kept);
    assert_int_equal(cut.found, found);
    buf_done(&out);
}

static void it_begins_with_the_last_command(void **state)
{
    static const struct {
        const char *screen, *command, *kept;
        bool found;
    } rows[] = {
        /* Known by its text, behind whatever prompt. */
        {"$ a\n1\n$ make x\nno\n$ ask --explain-last\n\n\n", "make x", "$ make x\nno\n", true},
        {"/a (main)> cd b\n/b> ask --explain-last", "cd b", "/a (main)> cd b\n", true},
        {"$ cat\nls\n$ ls\nx ls\n$ ask --explain-last\n", "ls", "$ ls\nx ls\n", true},
        {"% ls    [12:00]\nx\n% ask --explain-last\n", "ls", "% ls    [12:00]\nx\n", true},
        {"$ for i in 1\n> do x\n> done\nno\n$ ask --explain-last", "for i in 1\ndo x\ndone",
         "$ for i in 1\n> do x\n> done\nno\n", true},
        {"$ b\nx\n$ why\n", "b", "$ b\nx\n", true}, /* an alias of ours */
        {"\xe4\xbd\xa0> \xe5\xa5\xbd\nx\n\xe4\xbd\xa0> ask --explain-last why", "\xe5\xa5\xbd",
         "\xe4\xbd\xa0> \xe5\xa5\xbd\nx\n", true},
        {"$ b\n$ ls aaa\nbbb\nccc ls aaabbb\n$ ask --explain-last", "ls aaabbb", "$ ls aaa\nbbb\nccc ls aaabbb\n", true},
        /* Known by the prompt. */
        {"$ a\n1\n$ b\n2\n$ ask --explain-last\n", NULL, "$ b\n2\n", true},
        {"$ a\n1\n$\n$ \n$ ask --explain-last\n", NULL, "$ a\n1\n$\n$\n", true},
        {"$ a\n1\n$ ask -m x --explain-last why\nask: waits\n", NULL, "$ a\n1\n", true},
        {"$ a\n1\n$ ask --explain-last\n", "gone", "$ a\n1\n", true},
        {"$ ask a\n1\n$ ask --explain-last\n", NULL, "$ ask a\n1\n", true},
        /* Nobody knows. */
        {"/a> cd b\n/b> ask --explain-last", NULL, "/a> cd b\n", false},
        {"1\n2\nask --explain-last", NULL, "1\n2\n", false},
        {"$ ask --explain-last\n", NULL, "", false},
        {"$ ask --explain-last\n", "ls", "", false},
        {"\n\n", NULL, "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(rows[i].screen, rows[i].command, rows[i].kept, rows[i].found);
}

static void so_many_lines_where_nobody_knows(void **state)
{
    char text[1024];
    size_t at = 0, second = 0;
    (void)state;
    for (unsigned i = 0; i <= EXPLAIN_LINES_UNKNOWN; i++) {
        second = i == 1 ? at : second;
        at += (size_t)snprintf(text + at, sizeof(text) - at, "line %u\n", i);
    }
    char *screen = strdup(text);
    assert_non_null(screen);
    (void)strcat(text, "ask --explain-last\n");
    check(text, NULL, screen + second, false);
    free(screen);
}

/* Lines of ten bytes behind a first one. */
static void check_bound(size_t lines, unsigned left_out)
{
    struct explain_cut cut;
    struct buf text, out;
    buf_init(&text, 1 << 20);
    buf_init(&out, 1 << 20);
    (void)buf_puts(&text, "$ x\n");
    for (size_t i = 0; i < lines; i++)
        (void)buf_printf(&text, "%09zu\n", i);
    explain_cut_output(&out, (const char *)text.data, text.len, &cut);
    assert_int_equal(cut.left_out, left_out);
    assert_int_equal(cut.lines, 1 + lines - left_out);
    assert_memory_equal(out.data, "$ x\n", 4);
    assert_int_equal(strstr(buf_cstr(&out), "left out") != NULL, left_out > 0);
    if (lines > 0)
        assert_memory_equal(out.data + out.len - 10, text.data + text.len - 10, 10);
    buf_done(&text);
    buf_done(&out);
}

static void it_is_bounded_from_its_end(void **state)
{
    const size_t fit = (EXPLAIN_BYTES_MAX + 1) / 10; /* the last one without its end */
    (void)state;
    check_bound(0, 0);
    check_bound(fit, 0);
    check_bound(fit + 1, 1);
    check_bound(fit + 2000, 2000);
}

static void a_line_over_the_bound_is_cut_at_a_character(void **state)
{
    struct explain_cut cut;
    struct buf text, out;
    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&out, 1 << 20);
    (void)buf_puts(&text, "$ x\n");
    for (size_t i = 0; i < EXPLAIN_BYTES_MAX; i++)
        (void)buf_puts(&text, "\xe4\xbd\xa0");
    explain_cut_output(&out, (const char *)text.data, text.len, &cut);
    assert_true(out.len <= EXPLAIN_BYTES_MAX + 64);
    assert_memory_equal(strrchr(buf_cstr(&out), ']') + 2, "\xe4\xbd\xa0", 3);
    buf_done(&text);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_the_last_command),
        cmocka_unit_test(so_many_lines_where_nobody_knows),
        cmocka_unit_test(it_is_bounded_from_its_end),
        cmocka_unit_test(a_line_over_the_bound_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
