/* Files that are changed together, what comes in between, and the way back. */
#include "client/ask/edit_apply.h"
#include "client/ask/undo.h"
#include "tests/unit/folder_remove.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES = 3, CRASHED = 7 };

/* -- the system's rename, which can be told to fail or to be the last that happens -- */

static int calls, failing, crashing; /* the number of the call, from 1; 0: none */
static const char *written_to;       /* meanwhile, by somebody else, where it fails; NULL: nothing */

static void write_file(const char *path, const char *text);

int rename(const char *from, const char *to)
{
    calls++;
    if (calls == crashing)
        _exit(CRASHED);
    if (calls == failing) {
        if (written_to != NULL)
            write_file(written_to, "mine\n");
        errno = EIO;
        return -1;
    }
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int syncs, full; /* likewise: the disk takes no more */

int fsync(int fd)
{
    (void)fd;
    errno = ENOSPC;
    return ++syncs == full ? -1 : 0;
}

/* -- a folder with files -- */

struct place {
    char folder[64];
    char names[FILES + 1][96]; /* the last one is not there yet */
    struct edit_files files;
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
}

/* "" where there is none */
static const char *read_file(const char *path)
{
    static char text[64];
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;
    text[n] = '\0';
    if (f != NULL)
        (void)fclose(f);
    return text;
}

static void read_files(struct place *p)
{
    char *words[FILES + 1];
    struct error err = ERROR_INIT;
    for (int i = 0; i <= FILES; i++)
        words[i] = p->names[i];
    edit_files_init(&p->files);
    if (edit_files_read(&p->files, words, FILES + 1, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    for (unsigned i = 0; i < p->files.n; i++) {
        (void)buf_printf(&p->files.list[i].after, "new %u\n", i);
        p->files.list[i].changes = true;
    }
}

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/askd-edit-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    for (int i = 0; i <= FILES; i++) {
        char text[16];
        (void)snprintf(p->names[i], sizeof(p->names[i]), "%s/file%d.txt", p->folder, i);
        (void)snprintf(text, sizeof(text), "old %d\n", i);
        if (i < FILES)
            write_file(p->names[i], text);
    }
    assert_int_equal(setenv("XDG_STATE_HOME", p->folder, 1), 0);
    calls = failing = crashing = syncs = full = 0;
    written_to = NULL;
    read_files(p);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    edit_files_done(&p->files);
    folder_remove(p->folder);
    free(p);
    return 0;
}

/* All old, or all new; and nothing lies beside. */
static void check_all(const struct place *p, const char *which)
{
    for (int i = 0; i <= FILES; i++) {
        char want[16] = "";
        if (i < FILES || strcmp(which, "new") == 0)
            (void)snprintf(want, sizeof(want), "%s %d\n", which, i);
        assert_string_equal(read_file(p->names[i]), want);
    }
}

static void check_nothing_beside(const struct place *p)
{
    char command[160];
    (void)snprintf(command, sizeof(command), "test -z \"$(find %s -name '.ask-*')\"", p->folder);
    assert_int_equal(system(command), 0);
}

static enum error_code undo(struct error *err)
{
    struct undo u;
    static struct out out;
    out_init(&out, open("/dev/null", O_WRONLY | O_CLOEXEC));
    enum error_code code = undo_open(&u, false, err);
    if (code == ERR_NONE)
        code = undo_take(&u, &out, true, err);
    undo_close(&u);
    (void)close(out.fd);
    return code;
}

static void check_nothing_to_undo(void)
{
    struct error err = ERROR_INIT;
    assert_int_equal(undo(&err), ERR_NOT_FOUND);
    assert_string_equal(err.message, "there is no edit to take back");
}

/* -- tests -- */

static void all_are_changed_and_changed_back(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    check_nothing_to_undo();
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    check_all(p, "new");
    assert_int_equal(undo(&err), ERR_NONE);
    check_all(p, "old");
    check_nothing_beside(p);
    check_nothing_to_undo();
}

static void what_does_not_change_stays(void **state)
{
    struct place *p = *state;
    struct error err = ERROR_INIT;
    p->files.list[1].changes = false;
    write_file(p->names[1], "another's\n");
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    assert_string_equal(read_file(p->names[1]), "another's\n");
    write_file(p->names[1], "once more\n");
    assert_int_equal(undo(&err), ERR_NONE);
    assert_string_equal(read_file(p->names[1]), "once more\n");
    assert_string_equal(read_file(p->names[2]), "old 2\n");
}

static void mode_and_owner_stay(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    struct stat st;
    const mode_t mask = umask(0);
    (void)umask(mask);
    assert_int_equal(chmod(p->names[0], 0751), 0);
    const bool root = geteuid() == 0;
    if (root)
        assert_int_equal(chown(p->names[1], 12, 34), 0);
    edit_files_done((struct edit_files *)&p->files);
    read_files((struct place *)p);
    for (int back = 0; back <= 1; back++) {
        assert_int_equal(back ? undo(&err) : edit_apply(&p->files, &err), ERR_NONE);
        assert_int_equal(stat(p->names[0], &st), 0);
        assert_int_equal(st.st_mode & 07777, 0751);
        assert_int_equal(stat(p->names[1], &st), 0);
        if (root) {
            assert_int_equal(st.st_uid, 12);
            assert_int_equal(st.st_gid, 34);
        }
        if (!back) {
            assert_int_equal(stat(p->names[FILES], &st), 0);
            assert_int_equal(st.st_mode & 0777, 0666 & ~mask);
        }
    }
}

static void where_one_fails_none_is_changed(void **state)
{
    const struct place *p = *state;
    for (failing = 1; failing <= FILES; failing++) {
        struct error err = ERROR_INIT;
        calls = 0;
        assert_int_equal(edit_apply(&p->files, &err), ERR_PERMISSION_DENIED);
        assert_non_null(strstr(err.message, "cannot replace "));
        assert_non_null(strstr(err.message, ": nothing is changed"));
        check_all(p, "old");
        check_nothing_beside(p);
        check_nothing_to_undo();
        edit_files_done((struct edit_files *)&p->files); /* those that went there and back are other files now */
        read_files((struct place *)p);
    }
}

static void what_was_written_meanwhile_is_not_taken_back(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    failing = 2;
    written_to = p->names[0];
    assert_int_equal(edit_apply(&p->files, &err), ERR_PERMISSION_DENIED);
    assert_non_null(strstr(err.message, "other files are changed already"));
    assert_non_null(strstr(err.message, "was changed meanwhile"));
    assert_string_equal(read_file(p->names[0]), "mine\n");
    assert_string_equal(read_file(p->names[1]), "old 1\n");
    check_nothing_beside(p);
}

/* Where a text, or what is kept of all, does not fit on it. */
static void a_full_disk_changes_nothing(void **state)
{
    const struct place *p = *state;
    for (full = 1; full <= FILES + 2; full++) {
        struct error err = ERROR_INIT;
        syncs = 0;
        assert_int_not_equal(edit_apply(&p->files, &err), ERR_NONE);
        assert_non_null(strstr(err.message, "No space left on device"));
        check_all(p, "old");
        check_nothing_beside(p);
        check_nothing_to_undo();
    }
}

/* What a process left that ended in between. */
static void crash_before(const struct place *p, int number)
{
    const pid_t pid = fork();
    int status;
    assert_true(pid >= 0);
    if (pid == 0) {
        calls = 0;
        crashing = number;
        (void)edit_apply(&p->files, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), CRASHED);
}

static void what_a_crash_leaves_is_repaired(void **state)
{
    struct place *p = *state;
    for (int number = 1; number <= FILES; number++) {
        struct error err = ERROR_INIT;
        crash_before(p, number);
        for (int i = 0; i < FILES; i++)
            assert_int_equal(strncmp(read_file(p->names[i]), i < number - 1 ? "new" : "old", 3), 0);
        if (undo(&err) != ERR_NONE)
            fail_msg("%s", err.message);
        check_all(p, "old");
        check_nothing_to_undo();
        edit_files_done(&p->files);
        read_files(p);
    }
}

/* A crash within the way back. */
static void a_way_back_is_gone_on_with(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    const pid_t pid = fork();
    int status;
    if (pid == 0) {
        calls = 0;
        crashing = 2;
        (void)undo(&err);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), CRASHED);
    assert_string_equal(read_file(p->names[0]), "old 0\n");
    assert_string_equal(read_file(p->names[1]), "new 1\n");
    assert_int_equal(undo(&err), ERR_NONE);
    check_all(p, "old");
}

static void what_was_changed_meanwhile_is_refused(void **state)
{
    struct place *p = *state;
    for (int i = 0; i <= FILES; i++) {
        struct error err = ERROR_INIT;
        write_file(p->names[i], "other\n");
        assert_int_equal(edit_apply(&p->files, &err), ERR_OVERLOADED);
        assert_non_null(strstr(err.message, "was changed meanwhile: nothing is written"));
        assert_non_null(strstr(err.message, p->names[i]));
        assert_string_equal(read_file(p->names[i]), "other\n");
        assert_string_equal(read_file(p->names[i > 0 ? 0 : 1]), i > 0 ? "old 0\n" : "old 1\n");
        check_nothing_beside(p);
        check_nothing_to_undo();
        char text[16];
        (void)snprintf(text, sizeof(text), "old %d\n", i);
        write_file(p->names[i], text);
        if (i < FILES) {
            edit_files_done(&p->files);
            read_files(p);
        }
    }
    assert_int_equal(unlink(p->names[0]), 0);
    struct error err = ERROR_INIT;
    assert_int_equal(edit_apply(&p->files, &err), ERR_OVERLOADED);
}

static void what_was_changed_since_stays_with_all_others(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    write_file(p->names[1], "mine\n");
    assert_int_equal(unlink(p->names[2]), 0);
    assert_int_equal(undo(&err), ERR_INVALID_REQUEST);
    assert_non_null(strstr(err.message, p->names[1]));
    assert_non_null(strstr(err.message, p->names[2]));
    assert_null(strstr(err.message, p->names[0]));
    assert_string_equal(read_file(p->names[0]), "new 0\n");
    assert_string_equal(read_file(p->names[1]), "mine\n");
    assert_string_equal(read_file(p->names[FILES]), "new 3\n");
    /* As the edit left them: now it goes. */
    write_file(p->names[1], "new 1\n");
    write_file(p->names[2], "new 2\n");
    assert_int_equal(undo(&err), ERR_NONE);
    check_all(p, "old");
}

/* A link in its place is another file, whatever it leads to. */
static void a_link_is_not_followed_back(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    char moved[128];
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    (void)snprintf(moved, sizeof(moved), "%s/moved", p->folder);
    assert_int_equal(renameat(AT_FDCWD, p->names[0], AT_FDCWD, moved), 0);
    assert_int_equal(symlink(moved, p->names[0]), 0);
    assert_int_equal(undo(&err), ERR_INVALID_REQUEST);
    assert_string_equal(read_file(moved), "new 0\n");
}

static void one_at_a_time(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    struct undo held;
    assert_int_equal(undo_open(&held, true, &err), ERR_NONE);
    assert_int_equal(edit_apply(&p->files, &err), ERR_OVERLOADED);
    check_all(p, "old");
    assert_int_equal(undo(&err), ERR_OVERLOADED);
    undo_close(&held);
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
}

static void what_is_kept_is_for_nobody_else(void **state)
{
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    struct stat st;
    char path[128];
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    (void)snprintf(path, sizeof(path), "%s/askd/undo", p->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    (void)strcat(path, "/last");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void what_is_kept_may_be_damaged(void **state)
{
    static const char *const damaged[] = {"", "x", "\x90", "\x91\x80", "\x91\x81\xa4path\xa1x", "\xc1"};
    const struct place *p = *state;
    struct error err = ERROR_INIT;
    char path[128];
    assert_int_equal(edit_apply(&p->files, &err), ERR_NONE);
    (void)snprintf(path, sizeof(path), "%s/askd/undo/last", p->folder);
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        write_file(path, damaged[i]);
        assert_int_equal(undo(&err), ERR_INTERNAL);
        assert_non_null(strstr(err.message, "cannot be read"));
    }
    check_all(p, "new");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_changed_and_changed_back),
        TEST(what_does_not_change_stays),
        TEST(mode_and_owner_stay),
        TEST(where_one_fails_none_is_changed),
        TEST(what_was_written_meanwhile_is_not_taken_back),
        TEST(a_full_disk_changes_nothing),
        TEST(what_a_crash_leaves_is_repaired),
        TEST(a_way_back_is_gone_on_with),
        TEST(what_was_changed_meanwhile_is_refused),
        TEST(what_was_changed_since_stays_with_all_others),
        TEST(a_link_is_not_followed_back),
        TEST(one_at_a_time),
        TEST(what_is_kept_is_for_nobody_else),
        TEST(what_is_kept_may_be_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
