#include "client/ask/edit_files.h"
#include "tests/unit/folder_remove.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 6 };

static void words_are_told_apart(void **state)
{
    static const struct {
        const char *words[WORDS];
        int files;
    } rows[] = {
        {{NULL}, 0},
        {{"a b"}, 1},
        {{"x", "y"}, 1},
        {{"a.c", "change it"}, 1},
        {{"a.c", "b.h", "change it"}, 2},
        {{"a.c", "src/Makefile", "change", "c.h"}, 2},
        {{"a.c", "there", "change"}, 2},   /* a file of that name */
        {{"a.c", "folder", "change"}, 1},  /* and none of that */
        {{"a.c", "change a.c", "b.c"}, 1}, /* a blank */
        {{"a.c", "done.", "now"}, 1},      /* a sentence's end */
        {{"a.c", "so...", "now"}, 1},
        {{"a.c", ".hidden", "now"}, 1},
        {{"a.c", "./.hidden", "now"}, 2},
        {{"a.c", "a\tb.c", "now"}, 1},
        {{"a.c", "v1.2", "now"}, 2}, /* it may be one: quote the prompt */
        {{"a.c", "..", "now"}, 1},
        {{"a.c", "", "now"}, 1},
    };
    (void)state;
    char folder[] = "/tmp/askd-words-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("folder", 0700), 0);
    FILE *f = fopen("there", "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int n = 0;
        while (n < WORDS && rows[i].words[n] != NULL)
            n++;
        if (edit_files_count((char *const *)rows[i].words, n) != rows[i].files)
            fail_msg("row %zu: %d", i, edit_files_count((char *const *)rows[i].words, n));
    }
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(folder_remove(folder), 0);
}

/* The most that all may have together, and one byte more. */
static void all_together_have_a_bound(void **state)
{
    enum { FILES = (int)(EDIT_ALL_MAX / EDIT_FILE_MAX) + 1 };
    char folder[] = "/tmp/askd-words-XXXXXX", names[FILES][64], *words[FILES];
    struct error err = ERROR_INIT;
    struct edit_files files;
    (void)state;
    assert_non_null(mkdtemp(folder));
    char *text = malloc(EDIT_FILE_MAX);
    assert_non_null(text);
    memset(text, 'x', EDIT_FILE_MAX);
    for (int i = 0; i < FILES; i++) {
        words[i] = names[i];
        (void)snprintf(names[i], sizeof names[i], "%s/%d.txt", folder, i);
        FILE *f = fopen(names[i], "w");
        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, i < FILES - 1 ? EDIT_FILE_MAX : 1, f), i < FILES - 1 ? EDIT_FILE_MAX : 1);
        assert_int_equal(fclose(f), 0);
    }
    for (int over = 0; over <= 1; over++) {
        edit_files_init(&files);
        assert_int_equal(edit_files_read(&files, words, FILES - 1 + over, &err), over ? ERR_TOO_LARGE : ERR_NONE);
        edit_files_done(&files);
    }
    assert_non_null(strstr(err.message, "over 16 MiB together"));
    free(text);
    assert_int_equal(folder_remove(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_told_apart),
        cmocka_unit_test(all_together_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
