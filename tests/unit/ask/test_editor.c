/* What is written in an editor, and what becomes of its file. */
#include "client/ask/editor.h"
#include "tests/unit/folder_remove.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 };

struct place {
    char folder[64];
    struct buf text;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/askd-editor-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(setenv("XDG_STATE_HOME", p->folder, 1), 0);
    assert_int_equal(unsetenv("VISUAL"), 0);
    buf_init(&p->text, TEXT_MAX);
    assert_true(buf_puts(&p->text, "one\n"));
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    buf_done(&p->text);
    folder_remove(p->folder);
    free(p);
    return 0;
}

static void it_is_read_again(void **state)
{
    struct place *p = *state;
    struct editor_draft draft;
    struct error err = ERROR_INIT;
    assert_int_equal(setenv("EDITOR", "sed -i s/one/two/", 1), 0);
    assert_int_equal(editor_run(&p->text, &draft, &err), ERR_NONE);
    assert_string_equal(buf_cstr(&p->text), "two");
    assert_int_equal(access(draft.path, F_OK), 0);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", draft.path);
    editor_settle(&draft, "test", true);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void what_was_written_is_kept_where_it_ends_badly(void **state)
{
    struct place *p = *state;
    struct editor_draft draft;
    struct error err = ERROR_INIT;
    assert_int_equal(setenv("EDITOR", "false", 1), 0);
    assert_int_equal(editor_run(&p->text, &draft, &err), ERR_UNAVAILABLE);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", draft.path);
    editor_settle(&draft, "test", false);
    assert_int_equal(access(path, F_OK), 0);
}

/* Whatever was in memory before. */
static void without_a_folder_there_is_no_draft(void **state)
{
    struct place *p = *state;
    struct editor_draft draft;
    struct error err = ERROR_INIT;
    char file[128];
    (void)snprintf(file, sizeof(file), "%s/file", p->folder);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(setenv("XDG_STATE_HOME", file, 1), 0);
    memset(&draft, 'x', sizeof(draft));
    assert_int_not_equal(editor_run(&p->text, &draft, &err), ERR_NONE);
    assert_string_equal(draft.path, "");
    assert_string_equal(buf_cstr(&p->text), "one\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_read_again),
        TEST(what_was_written_is_kept_where_it_ends_badly),
        TEST(without_a_folder_there_is_no_draft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
