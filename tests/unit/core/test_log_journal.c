/* What goes to the journal: its library's function is ours here. */
#include "daemon/core/log.h"

#include "tests/unit/skip.h"
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
#include <sys/uio.h>
#include <unistd.h>

static char sent[8192];
static int result, reading = -1, saved_stderr = -1;

int sd_journal_sendv(const struct iovec *iov, int n);
int access(const char *path, int mode);

/* In place of libsystemd's, which finds the journal's socket where a test can put none. */
int sd_journal_sendv(const struct iovec *iov, int n)
{
    size_t len = 0;
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(sent + len, sizeof(sent) - len, "%.*s\n", (int)iov[i].iov_len, (char *)iov[i].iov_base);
    return result;
}

/* The journal's socket is there, whatever this machine has. */
int access(const char *path, int mode)
{
    (void)mode;
    return strcmp(path, "/run/systemd/journal/socket") == 0 ? 0 : -1;
}

static const char *line(void)
{
    static char text[LOG_LINE_MAX + 1];
    ssize_t n = read(reading, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static int capture(void **state)
{
    struct stat st;
    char name[64];
    int ends[2];
    (void)state;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    reading = ends[0];
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    fstat(STDERR_FILENO, &st);
    snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", name, 1);
    result = 0;
    sent[0] = '\0';
    log_set_level(LOG_LEVEL_INFO);
    return 0;
}

static int release(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(reading);
    return 0;
}

static void test_fields(void **state)
{
    (void)state;
    log_event(LOG_LEVEL_NOTICE,
              &(struct log_fields){.answer = "A", .conversation = "C", .provider = "P", .model = "M", .code = "x\ny"},
              "answer A: %s", "it\nis");
    assert_string_equal(sent, "MESSAGE=answer A: it\\nis\nPRIORITY=5\nSYSLOG_IDENTIFIER=askd\nASKD_ANSWER=A\n"
                              "ASKD_CONVERSATION=C\nASKD_PROVIDER=P\nASKD_MODEL=M\nASKD_CODE=x\\ny\n");
    assert_string_equal(line(), "");
    log_error("plain");
    assert_string_equal(sent, "MESSAGE=plain\nPRIORITY=3\nSYSLOG_IDENTIFIER=askd\n");
}

static void test_longest(void **state)
{
    char text[2 * LOG_LINE_MAX], want[LOG_LINE_MAX + 64];
    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    log_event(LOG_LEVEL_ERROR, &(struct log_fields){.client = text}, "%s", text);
    snprintf(want, sizeof(want), "MESSAGE=%.*s...\nPRIORITY=3", LOG_LINE_MAX - 4, text);
    assert_memory_equal(sent, want, strlen(want));
    snprintf(want, sizeof(want), "\nASKD_CLIENT=%.*s...\n", LOG_VALUE_MAX - 3, text);
    assert_string_equal(sent + strlen(sent) - strlen(want), want);
}

/* What the journal does not take goes where it reads too, with nothing lost. */
static void test_refused(void **state)
{
    (void)state;
    result = -1;
    log_event(LOG_LEVEL_WARN, &(struct log_fields){.provider = "P", .model = "M"}, "of P");
    assert_string_equal(line(), "<4>of P [model=M]\n");
}

/* Somebody else's stderr: our manager's journal is not what reads it. */
static void test_not_ours(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "1:2", 1);
    log_set_level(LOG_LEVEL_INFO);
    log_warn("x");
    assert_string_equal(sent, "");
    assert_string_equal(line(), "<4>x\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, capture, release)

int main(void)
{
#ifdef HAVE_LIBSYSTEMD
    const struct CMUnitTest tests[] = {TEST(test_fields), TEST(test_longest), TEST(test_refused), TEST(test_not_ours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    (void)capture, (void)release, (void)test_fields, (void)test_longest, (void)test_refused, (void)test_not_ours;
    fprintf(stderr, "skipped: built without libsystemd\n");
    return 77;
#endif
}
