#include "daemon/core/log.h"
#include "daemon/core/logfile.h"
#include "tests/unit/folder_remove.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static int saved[2];

/* stdout and stderr become FOLDER/askd.log, as a client opens it. */
static int capture(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/askd-logfile-XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    int fd = open("askd.log", O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    fflush(stdout);
    saved[0] = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    saved[1] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_set_level(LOG_LEVEL_NOTICE);
    return 0;
}

static int release(void **state)
{
    (void)state;
    logfile_stop();
    fflush(stdout);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    close(saved[0]);
    close(saved[1]);
    return chdir("/") | folder_remove(folder);
}

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static int64_t line_length(void)
{
    int64_t before = size_of("askd.log");
    log_notice("x");
    return size_of("askd.log") - before;
}

/* The line that passes the bound is the file's last. */
static void test_edge(void **state)
{
    struct stat st;
    (void)state;
    int64_t line = line_length();
    assert_true(line > 0);
    assert_true(logfile_start(folder, 4 * line));
    for (int i = 0; i < 3; i++)
        log_notice("x");
    assert_int_equal(size_of("askd.log"), 4 * line); /* one stood there before the start: it counts */
    assert_int_equal(size_of("askd.log.old"), -1);
    log_notice("x");
    assert_int_equal(size_of("askd.log"), 0);
    assert_int_equal(size_of("askd.log.old"), 5 * line);
    assert_int_equal(stat("askd.log", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(write(STDOUT_FILENO, "out\n", 4), 4); /* stdout goes along */
    log_notice("yy");
    assert_int_equal(size_of("askd.log"), line + 1 + 4);
    assert_true(fcntl(STDERR_FILENO, F_GETFL) & O_APPEND);
    for (int i = 0; i < 20; i++)
        log_notice("x");
    assert_true(size_of("askd.log") <= 5 * line && size_of("askd.log.old") <= 5 * line + 1 + 4);
}

static void test_other_bound(void **state)
{
    (void)state;
    int64_t line = line_length();
    assert_true(logfile_start(folder, 100 * line));
    logfile_set_max(line);
    log_notice("x");
    assert_int_equal(size_of("askd.log.old"), 2 * line);
    logfile_stop();
    for (int i = 0; i < 5; i++)
        log_notice("x");
    assert_int_equal(size_of("askd.log"), 5 * line);
}

/* Whoever opened another stderr looks after it. */
static void test_not_ours(void **state)
{
    (void)state;
    int fd = open("other", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    dup2(fd, STDERR_FILENO);
    close(fd);
    assert_false(logfile_start(folder, 1));
    for (int i = 0; i < 5; i++)
        log_notice("x");
    assert_true(size_of("other") > 0);
    assert_int_equal(size_of("askd.log"), 0);
    assert_int_equal(size_of("askd.log.old"), -1);
    assert_false(logfile_start("/nonexistent", 1));
}

/* The client of a daemon that comes after us has put the file aside: its new one is not. */
static void test_put_aside_by_another(void **state)
{
    (void)state;
    int64_t line = line_length();
    assert_true(logfile_start(folder, 3 * line));
    assert_int_equal(rename("askd.log", "askd.log.old"), 0);
    int fd = open("askd.log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "theirs\n", 7), 7);
    close(fd);
    for (int i = 0; i < 4; i++)
        log_notice("x");
    assert_int_equal(size_of("askd.log.old"), 4 * line);
    assert_int_equal(size_of("askd.log"), 7 + line);
}

/* Where it cannot be put aside, nothing is lost, and it is tried again later. */
static void test_no_rename(void **state)
{
    (void)state;
    int64_t line = line_length();
    assert_int_equal(mkdir("askd.log.old", 0700), 0);
    assert_true(logfile_start(folder, 3 * line));
    for (int i = 0; i < 5; i++)
        log_notice("x");
    assert_int_equal(size_of("askd.log"), 6 * line);
    assert_int_equal(rmdir("askd.log.old"), 0);
    for (int i = 0; i < 4; i++)
        log_notice("x");
    assert_int_equal(size_of("askd.log"), 2 * line);
    assert_int_equal(size_of("askd.log.old"), 8 * line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, capture, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_edge),      TEST(test_other_bound), TEST(test_not_ours), TEST(test_put_aside_by_another),
        TEST(test_no_rename),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
