#include "client/tty/line_history.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[64], file[96];
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/askd-history-XXXXXX");
    if (mkdtemp(p->folder) == NULL)
        return -1;
    (void)snprintf(p->file, sizeof(p->file), "%s/history", p->folder);
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;
    (void)unlink(p->file);
    (void)rmdir(p->folder);
    free(p);
    return 0;
}

static struct line_history *open_history(const char *path)
{
    struct line_history *h = line_history_new(path);
    assert_non_null(h);
    return h;
}

static void what_was_added_is_there_again(void **state)
{
    const struct place *p = *state;
    struct stat st;
    struct line_history *h = open_history(p->file), *other = open_history(p->file);
    line_history_add(h, L"one", true);
    line_history_add(other, L"\x4e2d\x6587 \\ two\nlines\t", true);
    line_history_add(h, L"not in the file", false);
    line_history_add(h, L"three", true);
    assert_int_equal(wcscmp(line_history_back(h, 1), L"three"), 0);
    assert_int_equal(wcscmp(line_history_back(h, 2), L"not in the file"), 0);
    assert_int_equal(wcscmp(line_history_back(h, 3), L"one"), 0);
    assert_null(line_history_back(h, 4));
    line_history_free(h);
    line_history_free(other);
    assert_int_equal(stat(p->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    h = open_history(p->file);
    assert_int_equal(wcscmp(line_history_back(h, 1), L"three"), 0);
    assert_int_equal(wcscmp(line_history_back(h, 2), L"\x4e2d\x6587 \\ two\nlines\t"), 0);
    assert_int_equal(wcscmp(line_history_back(h, 3), L"one"), 0);
    assert_null(line_history_back(h, 4));
    line_history_free(h);
}

static unsigned lines_of(const char *path)
{
    FILE *f = fopen(path, "r");
    unsigned n = 0;
    int c;
    assert_non_null(f);
    while ((c = getc(f)) != EOF)
        n += c == '\n';
    (void)fclose(f);
    return n;
}

static void the_file_does_not_grow_for_ever(void **state)
{
    const struct place *p = *state;
    wchar_t text[32];
    struct line_history *h = open_history(p->file);
    for (unsigned i = 0; i <= LINE_HISTORY_MAX; i++) {
        (void)swprintf(text, 32, L"input %u", i);
        line_history_add(h, text, true);
    }
    assert_int_equal(wcscmp(line_history_back(h, LINE_HISTORY_MAX), L"input 1"), 0);
    assert_null(line_history_back(h, LINE_HISTORY_MAX + 1));
    line_history_free(h);
    assert_int_equal(lines_of(p->file), 1 + LINE_HISTORY_MAX + 1); /* the first one says what it is */
    line_history_free(open_history(p->file));
    assert_int_equal(lines_of(p->file), 1 + LINE_HISTORY_MAX);
    h = open_history(p->file);
    assert_int_equal(wcscmp(line_history_back(h, 1), L"input 1000"), 0);
    assert_int_equal(wcscmp(line_history_back(h, LINE_HISTORY_MAX), L"input 1"), 0);
    line_history_free(h);
}

static void what_is_too_long_is_left_out(void **state)
{
    const struct place *p = *state;
    static wchar_t text[LINE_HISTORY_INPUT_MAX + 2];
    struct line_history *h = open_history(p->file);
    (void)wmemset(text, L'a', LINE_HISTORY_INPUT_MAX + 1);
    line_history_add(h, text, true);
    assert_null(line_history_back(h, 1));
    text[LINE_HISTORY_INPUT_MAX] = L'\0';
    line_history_add(h, text, true);
    assert_int_equal(wcslen(line_history_back(h, 1)), LINE_HISTORY_INPUT_MAX);
    line_history_free(h);
}

static void no_file_is_fine(void **state)
{
    (void)state;
    struct line_history *h = open_history(NULL);
    line_history_add(h, L"one", true);
    line_history_add(h, L"one", true); /* the same is there once */
    assert_int_equal(wcscmp(line_history_back(h, 1), L"one"), 0);
    assert_null(line_history_back(h, 2));
    line_history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_added_is_there_again, make_place, remove_place),
        cmocka_unit_test_setup_teardown(the_file_does_not_grow_for_ever, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_left_out, make_place, remove_place),
        cmocka_unit_test(no_file_is_fine),
    };
    (void)setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
