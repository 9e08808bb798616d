#include "daemon/core/log.h"
#include "lib/base/clock.h"

#include "tests/unit/skip.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIME "2023-11-14T22:13:20.123Z "

/* stderr, while `capture` holds it: each write(2) is one datagram. */
static int saved_stderr = -1, reading = -1;

static int capture(void **state)
{
    int pair[2];

    (void)state;
    unsetenv("JOURNAL_STREAM");
    unsetenv("INVOCATION_ID");
    clock_set(0, 1700000000123456);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    reading = pair[0];
    dup2(pair[1], STDERR_FILENO);
    close(pair[1]);
    log_set_level(LOG_LEVEL_DEBUG);
    return 0;
}

static int release(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(reading);
    clock_set(-1, 0);
    return 0;
}

/* The next line, "" if there is none. */
static const char *line(void)
{
    static char text[2 * LOG_LINE_MAX];
    ssize_t n = recv(reading, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void test_levels(void **state)
{
    int evaluated = 0;

    (void)state;
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        log_set_level((enum log_level)level);
        log_error("e%d", ++evaluated);
        log_warn("w%d", ++evaluated);
        log_notice("n%d", ++evaluated);
        log_info("i%d", ++evaluated);
        log_debug("d%d", ++evaluated);
        assert_int_equal(evaluated, level + 1);
        evaluated = 0;
        for (int i = 0; i <= level; i++) {
            char want[64];
            snprintf(want, sizeof(want), TIME "askd: %s: %c%d\n", log_level_names[i], log_level_names[i][0], i + 1);
            assert_string_equal(line(), want);
        }
        assert_string_equal(line(), "");
    }
    assert_null(log_level_names[LOG_LEVEL_DEBUG + 1]);
}

static void test_journal(void **state)
{
    static const char *const variables[] = {"JOURNAL_STREAM", "INVOCATION_ID"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        setenv(variables[i], "8:1", 1);
        log_set_level(LOG_LEVEL_DEBUG);
        log_error("a");
        assert_string_equal(line(), "<3>a\n");
        log_warn("b");
        assert_string_equal(line(), "<4>b\n");
        log_notice("c");
        assert_string_equal(line(), "<5>c\n");
        log_info("d");
        assert_string_equal(line(), "<6>d\n");
        log_debug("e");
        assert_string_equal(line(), "<7>e\n");
        unsetenv(variables[i]);
    }
}

static void test_terminal(void **state)
{
    char text[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    (void)state;
    if (master < 0)
        SKIP("no terminal of our own to be had");
    assert_int_equal(grantpt(master) | unlockpt(master), 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    setenv("INVOCATION_ID", "1", 1); /* as in a terminal that a service manager started */
    log_set_level(LOG_LEVEL_DEBUG);
    log_warn("a");
    ssize_t n = read(master, text, sizeof(text) - 1);
    close(master);
    assert_true(n > 0);
    text[n] = '\0';
    assert_string_equal(text, "askd: warn: a\r\n");
}

static void test_escapes(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"a\nb\r", "a\\nb\\x0d"},
        {"\x1b[31m\t\x7f", "\\x1b[31m\\x09\\x7f"},
        {"\xc2\x9b\xc2\xa0\xc3\xa9\xf0\x9f\x98\x80", "\\u009b\xc2\xa0\xc3\xa9\xf0\x9f\x98\x80"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char want[128];
        snprintf(want, sizeof(want), TIME "askd: info: %s\n", rows[i].want);
        log_info("%s", rows[i].text);
        assert_string_equal(line(), want);
    }
}

static void test_bound(void **state)
{
    enum { HEAD = sizeof(TIME "askd: info: ") - 1, FITS = LOG_LINE_MAX - HEAD - 1 };
    char text[2 * LOG_LINE_MAX];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    log_info("%.*s", FITS, text);
    const char *got = line();
    assert_int_equal(strlen(got), LOG_LINE_MAX);
    assert_string_equal(got + LOG_LINE_MAX - 3, "xx\n");

    log_info("%.*s", FITS + 1, text);
    got = line();
    assert_int_equal(strlen(got), LOG_LINE_MAX);
    assert_string_equal(got + LOG_LINE_MAX - 5, "x...\n");

    log_info("%s", text);
    got = line();
    assert_int_equal(strlen(got), LOG_LINE_MAX);
    assert_string_equal(got + LOG_LINE_MAX - 5, "x...\n");

    memset(text, '\x01', sizeof(text) - 1); /* an escape is never cut */
    log_info("%s", text);
    got = line();
    assert_true(strlen(got) <= LOG_LINE_MAX);
    assert_string_equal(got + strlen(got) - 8, "\\x01...\n");

    for (size_t i = 0; i + 2 < sizeof(text); i += 2) /* neither is a character */
        memcpy(text + i, "\xc3\xa9", 2);
    log_info("%s", text);
    got = line();
    assert_null(strstr(got, "\\x"));
    assert_string_equal(got + strlen(got) - 6, "\xc3\xa9...\n");
}

static void test_fields(void **state)
{
    static const struct {
        struct log_fields fields;
        const char *text, *want;
    } rows[] = {
        {{0}, "plain", "plain"},
        {{.answer = "a-1", .provider = "openai", .code = "timeout"},
         "answer a-1: timeout from openai",
         "answer a-1: timeout from openai"},
        {{.answer = "a-1", .provider = "openai"},
         "answer a-12 of openais",
         "answer a-12 of openais [answer=a-1 provider=openai]"},
        {{.client = "ask", .model = ""}, "ask", "ask [client=ask]"}, /* the word may be any */
        {{.client = "my \"ed\"", .model = "m"}, "x", "x [model=m client=\"my 'ed'\"]"},
        {{.client = "a\n\x1b", .code = "a]b"}, "x", "x [client=a\\n\\x1b code=\"a]b\"]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char want[256];
        snprintf(want, sizeof(want), TIME "askd: notice: %s\n", rows[i].want);
        log_event(LOG_LEVEL_NOTICE, &rows[i].fields, "%s", rows[i].text);
        assert_string_equal(line(), want);
    }
}

/* The sentence is cut, the fields never: by them it is found. */
static void test_fields_bound(void **state)
{
    char text[2 * LOG_LINE_MAX], value[LOG_VALUE_MAX + 2];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    memset(value, 'y', sizeof(value));
    value[LOG_VALUE_MAX] = '\0';
    const struct log_fields all = {value, value, value, value, value, value};
    log_event(LOG_LEVEL_INFO, &all, "%s", text);
    const char *got = line();
    assert_int_equal(strlen(got), LOG_LINE_MAX);
    assert_non_null(strstr(got, "x... [answer=y"));
    assert_string_equal(got + LOG_LINE_MAX - 4, "yy]\n");
    assert_null(strstr(got, "y.."));

    value[LOG_VALUE_MAX] = 'y';
    value[LOG_VALUE_MAX + 1] = '\0';
    log_event(LOG_LEVEL_INFO, &(struct log_fields){.model = value}, "short");
    got = line();
    assert_string_equal(got + strlen(got) - 6, "y...]\n");
    assert_int_equal(strlen(got), strlen(TIME "askd: info: short [model=]\n") + LOG_VALUE_MAX);
}

/* -- who is told of each line -- */

static struct {
    int n;
    enum log_level level;
    int64_t us;
    char text[LOG_LINE_MAX], answer[64];
} told;

static void on_line(int64_t us, enum log_level level, const struct log_fields *fields, const char *text, size_t len)
{
    told.n++;
    told.level = level;
    told.us = us;
    assert_int_equal(len, strlen(text));
    snprintf(told.text, sizeof(told.text), "%s", text);
    snprintf(told.answer, sizeof(told.answer), "%s", fields->answer ? fields->answer : "none");
}

static void test_on_line(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    log_on_line(on_line);
    log_event(LOG_LEVEL_INFO, &(struct log_fields){.answer = "a\n", .model = ""}, "t%c", 1);
    assert_string_equal(line(), ""); /* it is above what is written */
    assert_int_equal(told.n, 1);
    assert_int_equal(told.level, LOG_LEVEL_INFO);
    assert_int_equal(told.us, 1700000000123456);
    assert_string_equal(told.text, "t\\x01");
    assert_string_equal(told.answer, "a\\n");
    log_debug("no");
    assert_int_equal(told.n, 1);
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("yes");
    assert_int_equal(told.n, 2);
    assert_string_equal(told.answer, "none");
    log_on_line(NULL);
    log_set_level(LOG_LEVEL_NOTICE);
    log_info("nobody is told");
    assert_int_equal(told.n, 2);
}

static void test_lost(void **state)
{
    uint64_t before = log_lost();

    (void)state;
    log_error("read");
    assert_int_equal(log_lost(), before);
    close(STDERR_FILENO);
    log_error("nobody reads this");
    assert_int_equal(log_lost(), before + 1);
}

static void test_errno(void **state)
{
    (void)state;
    close(STDERR_FILENO); /* so that write fails */
    errno = ERANGE;
    log_error("nobody reads this");
    assert_int_equal(errno, ERANGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, capture, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_levels), TEST(test_journal),      TEST(test_terminal), TEST(test_escapes), TEST(test_bound),
        TEST(test_fields), TEST(test_fields_bound), TEST(test_on_line),  TEST(test_lost),    TEST(test_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
