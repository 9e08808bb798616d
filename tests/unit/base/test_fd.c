#include "lib/base/fd.h"
#include "tests/unit/folder_remove.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/askd-test-fd-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    umask(022);
    return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return folder_remove(root);
}

static void write_file(const char *path, const char *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static enum error_code open_dir(const char *path, bool create, bool private)
{
    struct error err = ERROR_INIT;
    int fd = -1;
    enum error_code code = fd_open_dir(path, geteuid(), create, private, &fd, &err);
    if (code == ERR_NONE) {
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        close(fd);
    } else {
        assert_int_equal(fd, -1);
        assert_int_equal(err.code, code);
        assert_true(strlen(err.message) > 0);
    }
    return code;
}

static void dirs_are_made(void **state)
{
    (void)state;
    char path[200];
    struct stat st;
    snprintf(path, sizeof(path), "%s/one//two/three/", root);
    assert_int_equal(open_dir(path, false, true), ERR_NOT_FOUND);
    assert_int_equal(open_dir(path, true, true), ERR_NONE);
    assert_int_equal(open_dir(path, true, true), ERR_NONE);
    assert_int_equal(stat("one/two", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(open_dir("relative", true, true), ERR_NONE);
}

static void odd_paths(void **state)
{
    (void)state;
    char *longest = malloc(5000);
    memset(longest, 'x', 4999);
    longest[4999] = '\0';
    assert_int_equal(open_dir("", true, false), ERR_INVALID_REQUEST);
    assert_int_equal(open_dir(longest, true, false), ERR_INVALID_REQUEST);
    longest[4095] = '\0';
    assert_int_equal(open_dir(longest, false, false), ERR_INTERNAL); /* short enough to ask, and a name too long */
    free(longest);
    write_file("file", "", 0, 0600);
    assert_int_equal(open_dir("file", true, false), ERR_PERMISSION_DENIED);
    assert_int_equal(open_dir("file/under", true, false), ERR_PERMISSION_DENIED);
    struct stat st;
    assert_int_equal(stat("/", &st), 0);
    int fd;
    assert_int_equal(fd_open_dir("//", st.st_uid, true, false, &fd, NULL), ERR_NONE);
    close(fd);
}

static void link_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdir("real", 0700), 0);
    assert_int_equal(mkdir("real/inner", 0700), 0);
    assert_int_equal(symlink("real", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(open_dir("link", true, true), ERR_PERMISSION_DENIED);
    assert_int_equal(open_dir("link/", true, true), ERR_PERMISSION_DENIED);
    assert_int_equal(open_dir("dangling", true, true), ERR_PERMISSION_DENIED);
    assert_int_equal(access("nowhere", F_OK), -1);
    assert_int_equal(open_dir("link/inner", true, true), ERR_NONE); /* only the last step is looked at */
}

static void modes_are_checked(void **state)
{
    (void)state;
    const struct {
        mode_t mode;
        enum error_code shared, private;
    } cases[] = {
        {0700, ERR_NONE, ERR_NONE},
        {0755, ERR_NONE, ERR_PERMISSION_DENIED},
        {0710, ERR_NONE, ERR_PERMISSION_DENIED},
        {0701, ERR_NONE, ERR_PERMISSION_DENIED},
        {0720, ERR_PERMISSION_DENIED, ERR_PERMISSION_DENIED},
        {0702, ERR_PERMISSION_DENIED, ERR_PERMISSION_DENIED},
        {01777, ERR_PERMISSION_DENIED, ERR_PERMISSION_DENIED},
    };
    assert_int_equal(mkdir("moded", 0700), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(chmod("moded", cases[i].mode), 0);
        assert_int_equal(open_dir("moded", true, false), cases[i].shared);
        assert_int_equal(open_dir("moded", true, true), cases[i].private);
    }
}

static void owner_is_checked(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    int fd;
    assert_int_equal(mkdir("owned", 0700), 0);
    assert_int_equal(fd_open_dir("owned", geteuid() + 1, false, false, &fd, &err), ERR_PERMISSION_DENIED);
    assert_non_null(strstr(err.message, "belongs to"));
}

static void file_limit_is_exact(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf b;
    char text[10000];
    memset(text, 'f', sizeof(text));
    write_file("big", text, sizeof(text), 0600);
    buf_init(&b, sizeof(text));
    assert_true(buf_puts(&b, "what was there before"));
    assert_int_equal(fd_read_file("big", true, &b, &err), ERR_NONE);
    assert_int_equal(b.len, sizeof(text));
    assert_memory_equal(b.data, text, b.len);
    buf_done(&b);
    buf_init(&b, sizeof(text) - 1);
    assert_int_equal(fd_read_file("big", true, &b, &err), ERR_TOO_LARGE);
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_int_equal(b.len, 0);
    write_file("empty", "", 0, 0600);
    assert_int_equal(fd_read_file("empty", true, &b, &err), ERR_NONE);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

/* Files of /proc say that they are empty, so the bound must hold while reading too. */
static void file_that_lies_about_its_size(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    assert_int_equal(fd_read_file("/proc/self/status", false, &b, NULL), ERR_NONE);
    assert_memory_equal(b.data, "Name:", 5);
    buf_done(&b);
    buf_init(&b, 10);
    assert_int_equal(fd_read_file("/proc/self/status", false, &b, NULL), ERR_TOO_LARGE);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

static void secret_files_are_private(void **state)
{
    (void)state;
    const mode_t bad[] = {0640, 0604, 0644};
    struct error err = ERROR_INIT;
    struct buf b;
    buf_init(&b, 10);
    for (size_t i = 0; i < 3; i++) {
        write_file("key", "k", 1, bad[i]);
        assert_int_equal(fd_read_file("key", true, &b, &err), ERR_PERMISSION_DENIED);
        assert_int_equal(fd_read_file("key", false, &b, &err), ERR_NONE);
    }
    write_file("key", "k", 1, 0400);
    assert_int_equal(fd_read_file("key", true, &b, &err), ERR_NONE);
    assert_string_equal(buf_cstr(&b), "k");
    buf_done(&b);
}

static void no_file(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(fd_read_file("missing", false, &b, NULL), ERR_NOT_FOUND);
    assert_int_equal(fd_read_file(root, false, &b, NULL), ERR_INVALID_REQUEST);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    alarm(10); /* a read that waits for a writer would wait for ever */
    assert_int_equal(fd_read_file("fifo", false, &b, NULL), ERR_INVALID_REQUEST);
    alarm(0);
    buf_done(&b);
}

static void lock_is_taken_once(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf b;
    struct stat st;
    char text[HOST_NAME_MAX + 32], host[HOST_NAME_MAX + 1];
    struct fd_holder holder = {-1, "x"};
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1, other = -1;
    write_file("lock", "999999999999 and more", 21, 0600); /* what a former holder left */
    assert_int_equal(fd_lock(dir, "lock", &fd, &holder, &err), ERR_NONE);
    assert_int_equal(holder.pid, 0);
    assert_string_equal(holder.host, "");
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    buf_init(&b, 200);
    assert_int_equal(fd_read_file("lock", true, &b, &err), ERR_NONE);
    assert_int_equal(gethostname(host, sizeof(host)), 0);
    snprintf(text, sizeof(text), "%ld %s\n", (long)getpid(), host);
    assert_string_equal(buf_cstr(&b), text);
    buf_done(&b);
    assert_int_equal(fd_lock(dir, "lock", &other, &holder, &err), ERR_OVERLOADED);
    assert_int_equal(holder.pid, getpid());
    assert_string_equal(holder.host, host);
    assert_true(fd_holder_is_here(&holder));
    assert_int_equal(other, -1);
    close(fd);
    assert_int_equal(fd_lock(dir, "lock", &fd, &holder, &err), ERR_NONE);
    close(fd);
    assert_int_equal(fd_lock(dir, "fresh", &fd, &holder, &err), ERR_NONE);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    close(fd);
    close(dir);
}

static void lock_held_by_a_child(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct fd_holder holder;
    int ready[2], fd = -1, status;
    char c;
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (fd_lock(dir, "childs", &fd, &holder, NULL) != ERR_NONE || write(ready[1], "x", 1) != 1)
            _exit(1);
        alarm(30); /* in case that the parent dies of a failed test */
        pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(fd_lock(dir, "childs", &fd, &holder, &err), ERR_OVERLOADED);
    assert_int_equal(holder.pid, pid);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(fd_lock(dir, "childs", &fd, &holder, &err), ERR_NONE); /* the kernel let go of it */
    assert_int_equal(holder.pid, 0);
    close(fd);
    close(ready[0]);
    close(dir);
}

static void lock_of_an_unknown_holder(void **state)
{
    (void)state;
    const char *const texts[] = {"", "x", "-5", "0", "99999999999", " host"};
    struct fd_holder holder;
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, other;
    assert_int_equal(fd_lock(dir, "odd", &fd, &holder, NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file("odd", texts[i], strlen(texts[i]), 0600);
        holder.pid = -1;
        assert_int_equal(fd_lock(dir, "odd", &other, &holder, NULL), ERR_OVERLOADED);
        assert_int_equal(holder.pid, 0);
        assert_string_equal(holder.host, "");
        assert_true(fd_holder_is_here(&holder));
    }
    close(fd);
    close(dir);
}

/* On a network file system the file tells of another host, in whatever form a daemon of ours left it. */
static void lock_of_another_host(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        bool here;
    } rows[] = {
        {"4242 elsewhere.example\n", "elsewhere.example", false},
        {"4242 elsewhere", "elsewhere", false},
        {"4242 \x1b[31mred\n", "?[31mred", false},
        {"4242 \n", "", true},
        {"4242\n", "", true},
    };
    char longest[HOST_NAME_MAX + 64] = "4242 ";
    struct fd_holder holder;
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, other;
    assert_int_equal(fd_lock(dir, "far", &fd, &holder, NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file("far", rows[i].text, strlen(rows[i].text), 0600);
        assert_int_equal(fd_lock(dir, "far", &other, &holder, NULL), ERR_OVERLOADED);
        assert_int_equal(holder.pid, 4242);
        assert_string_equal(holder.host, rows[i].host);
        assert_int_equal(fd_holder_is_here(&holder), rows[i].here);
    }
    memset(longest + 5, 'h', sizeof(longest) - 6);
    write_file("far", longest, strlen(longest), 0600);
    assert_int_equal(fd_lock(dir, "far", &other, &holder, NULL), ERR_OVERLOADED);
    assert_true(strlen(holder.host) <= HOST_NAME_MAX && holder.host[0] == 'h');
    close(fd);
    close(dir);
}

static void lock_is_no_link(void **state)
{
    (void)state;
    struct fd_holder holder;
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
    write_file("precious", "data", 4, 0600);
    assert_int_equal(symlink("precious", "locklink"), 0);
    assert_int_equal(fd_lock(dir, "locklink", &fd, &holder, NULL), ERR_PERMISSION_DENIED);
    struct stat st;
    assert_int_equal(stat("precious", &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(fd_lock(dir, "no/folder", &fd, &holder, NULL), ERR_NOT_FOUND);
    close(dir);
}

static int opened_beneath(int dir, const char *path)
{
    int fd = fd_open_beneath(dir, path), errnum = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return errnum;
}

static void nothing_leads_out_of_a_folder(void **state)
{
    (void)state;
    assert_int_equal(mkdir("beneath", 0700) | mkdir("beneath/in", 0700), 0);
    write_file("outside", "o", 1, 0600);
    write_file("beneath/in/file", "i", 1, 0600);
    assert_int_equal(symlink("../outside", "beneath/link") | symlink("..", "beneath/up"), 0);
    assert_int_equal(mkfifo("beneath/fifo", 0600), 0);
    int dir = open("beneath", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    assert_int_equal(opened_beneath(dir, "in/file"), 0);
    assert_int_equal(opened_beneath(dir, "fifo"), 0); /* without waiting for a writer */
    assert_int_equal(opened_beneath(dir, "no"), ENOENT);
    assert_int_equal(opened_beneath(dir, "link"), EXDEV);
    assert_int_equal(opened_beneath(dir, "up/outside"), EXDEV);
    assert_int_equal(opened_beneath(dir, "../outside"), EXDEV);
    assert_int_equal(opened_beneath(dir, "/etc/passwd"), EXDEV);
    close(dir);
}

static void file_is_replaced_whole(void **state)
{
    struct buf b;
    struct stat st;
    char name[NAME_MAX + 1];
    (void)state;
    buf_init(&b, 16);
    int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_file("replaced", "before", 6, 0644);
    umask(0777);
    assert_int_equal(fd_replace_file(dir, "replaced", "after", 5, NULL), ERR_NONE);
    umask(022);
    assert_int_equal(fd_read_file("replaced", true, &b, NULL), ERR_NONE);
    assert_string_equal(buf_cstr(&b), "after");
    assert_int_equal(stat("replaced", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(mkdir("replaced-dir", 0700), 0);
    assert_int_equal(fd_replace_file(dir, "replaced-dir", "x", 1, NULL), ERR_INTERNAL);
    (void)snprintf(name, sizeof name, ".replaced-dir.%ld", (long)getpid());
    assert_int_equal(access(name, F_OK), -1); /* nothing is left behind */
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_int_equal(fd_replace_file(dir, name, "x", 1, NULL), ERR_INVALID_REQUEST);
    close(dir);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dirs_are_made),
        cmocka_unit_test(odd_paths),
        cmocka_unit_test(link_is_not_followed),
        cmocka_unit_test(modes_are_checked),
        cmocka_unit_test(owner_is_checked),
        cmocka_unit_test(file_limit_is_exact),
        cmocka_unit_test(file_that_lies_about_its_size),
        cmocka_unit_test(secret_files_are_private),
        cmocka_unit_test(no_file),
        cmocka_unit_test(lock_is_taken_once),
        cmocka_unit_test(lock_held_by_a_child),
        cmocka_unit_test(lock_of_an_unknown_holder),
        cmocka_unit_test(lock_of_another_host),
        cmocka_unit_test(lock_is_no_link),
        cmocka_unit_test(nothing_leads_out_of_a_folder),
        cmocka_unit_test(file_is_replaced_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
