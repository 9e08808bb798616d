/* Commands that bring keys, by the real shell. */
#include "daemon/core/log.h"
#include "daemon/key/key_command.h"
#include "daemon/key/key_internal.h"
#include "daemon/key/key_sources.h"
#include "lib/base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct key_run_times quick = {.run = 300, .ending = 200, .rest = 100};
static const struct key_run_times patient = {.run = 20000, .ending = 200, .rest = 100};

struct bench {
    uv_loop_t loop;
    struct key_room *room;
    char folder[64];
};

/* What one who waits was told. */
struct asker {
    struct key_wait *wait;
    int told;
    struct error err; /* code ERR_NONE: the key is there */
};

static int setup(void **state)
{
    struct bench *b = NEW(struct bench);
    strcpy(b->folder, "/tmp/askd-test-command-XXXXXX");
    log_set_level(LOG_LEVEL_ERROR);
    *state = b;
    return mkdtemp(b->folder) ? uv_loop_init(&b->loop) : -1;
}

static void on_closed(void *data)
{
    ((struct bench *)data)->room = NULL;
}

static void open_room(struct bench *b, const struct key_run_times *times)
{
    b->room = key_room_new(&b->loop, times);
}

/* Everything that was asked for has been told, and nothing is left open. */
static void close_room(struct bench *b)
{
    key_room_close(b->room, on_closed, b);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_null(b->room);
}

static int teardown(void **state)
{
    struct bench *b = *state;
    char *line = xasprintf("rm -r %s", b->folder);
    int status = system(line) || uv_loop_close(&b->loop);
    free(line);
    free(b);
    return status;
}

static void on_got(void *data, const struct error *err)
{
    struct asker *a = data;
    a->wait = NULL;
    a->told++;
    a->err = err ? *err : (struct error)ERROR_INIT;
}

static void ask(struct bench *b, struct keys *k, struct asker *a)
{
    *a = (struct asker){0};
    a->wait = keys_wait(b->room, k, on_got, a);
    assert_int_equal(a->told, 0);
}

static void run_until_told(struct bench *b, struct asker *a)
{
    while (!a->told)
        uv_run(&b->loop, UV_RUN_ONCE);
}

static struct keys *of(const char *fmt, const char *folder)
{
    char line[1024];
    int n = snprintf(line, sizeof line, "%s", "");
    for (; *fmt; fmt++)
        n += snprintf(line + n, sizeof line - (size_t)n, *fmt == '@' ? "%s" : "%.1s", *fmt == '@' ? folder : fmt);
    return keys_of_command(line);
}

static void expect_key(struct keys *k, const char *want)
{
    struct key_use use;
    assert_true(keys_now(k, &use));
    assert_string_equal(secret_reveal(use.secret), want);
    key_use_done(&use);
}

static void expect_text(struct bench *b, const char *name, const char *want)
{
    char *path = xasprintf("%s/%s", b->folder, name), text[256] = "";
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    free(path);
    assert_string_equal(text, want);
}

/* -- what comes of it -- */

static void what_it_prints(void **state)
{
    static const char *const rows[][2] = {
        {"echo sk-one", "sk-one"},
        {"printf 'sk-one'", "sk-one"},
        {"printf ' \\tsk-one \\r\\nsk-two\\n'", "sk-one"},
        {"printf sk-; sleep 0.05; echo one; head -c 100000 /dev/zero", "sk-one"},
        {"echo sk-one >/dev/stdout", "sk-one"},
        {"echo sk-one; echo wrong >&2", "sk-one"},
        {"head -c 4096 /dev/zero | tr '\\0' k | tee @/long; echo", NULL},
    };
    struct bench *b = *state;
    open_room(b, &patient);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keys *k = of(rows[i][0], b->folder);
        struct key_use use;
        struct asker a;
        ask(b, k, &a);
        run_until_told(b, &a);
        assert_int_equal(a.err.code, ERR_NONE);
        if (rows[i][1])
            expect_key(k, rows[i][1]);
        assert_true(keys_now(k, &use));
        if (!rows[i][1])
            assert_int_equal(secret_len(use.secret), KEY_FOLDER_KEY_MAX);
        key_use_done(&use);
        keys_unref(k);
    }
    close_room(b);
}

static void what_goes_wrong(void **state)
{
    static const char *const rows[][2] = {
        {"exit 3", "command exit ended with status 3"},
        {"echo sk-one; echo not in the store >&2; echo more >&2; exit 1",
         "command echo ended with status 1: not in the store"},
        {"true", "command true printed no key"},
        {"echo; echo sk-one", "command printed no key"},
        {"printf '  \\n'; echo locked >&2", "command printf printed no key: locked"},
        {"printf 'a\\000b\\n'", "command printf printed no key"},
        {"head -c 4097 /dev/zero | tr '\\0' k", "the first line that command head prints is longer than 4096 bytes"},
        {"kill -9 $$", "command kill was ended by signal 9 (Killed)"},
        {"KEY=sk-one; set -x; echo $KEY; false", "command ended with status 1"},
        {"echo no entry for sk-one0123456789abcdef here >&2; exit 1", /* a key, whose ever: nothing printed it */
         "command echo ended with status 1: no entry for ... here"},
        {"/nonexistent/pass show x", "command /nonexistent/pass ended with status 127: "},
    };
    struct bench *b = *state;
    open_room(b, &patient);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keys *k = keys_of_command(rows[i][0]);
        struct asker a;
        ask(b, k, &a);
        run_until_told(b, &a);
        assert_int_equal(a.err.code, ERR_NO_PROVIDER);
        assert_memory_equal(a.err.message, rows[i][1], strlen(rows[i][1]));
        assert_null(strstr(a.err.message, "sk-one"));
        keys_unref(k);
    }
    close_room(b);
}

static void what_cannot_be_run(void **state)
{
    struct bench *b = *state;
    struct asker a;
    char **argv = xcalloc(2, sizeof *argv);
    argv[0] = xstrdup("/nonexistent/ask-secret");
    struct keys *k = keys_new();
    keys_set_command(k, argv, xstrdup("secret service, x"));
    open_room(b, &patient);
    ask(b, k, &a);
    run_until_told(b, &a);
    assert_string_equal(a.err.message, "secret service, x cannot be run: no such file or directory");
    keys_unref(k);
    close_room(b);
}

/* -- where it runs -- */

static void without_a_terminal_and_without_our_environment(void **state)
{
    struct bench *b = *state;
    struct asker a;
    setenv("OPENAI_API_KEY", "sk-none-of-its-business", 1);
    setenv("PASSWORD_STORE_DIR", "/store", 1);
    struct keys *k = of("env >@/env; cat >@/stdin; ls /proc/self/fd >@/fds; pwd >@/pwd; "
                        "ps -o pid=,pgid=,sid=,tty= -p $$ >@/ps; echo $$ $$ $$ '?' >@/want; (: >/dev/tty) 2>@/tty; "
                        "tr -s ' ' <@/ps | sed 's/^ //' | cmp - @/want && echo sk-one",
                        b->folder);
    open_room(b, &patient);
    ask(b, k, &a);
    run_until_told(b, &a);
    assert_string_equal(a.err.message, "");
    expect_text(b, "stdin", "");
    expect_text(b, "pwd", "/\n");
    expect_text(b, "fds", "0\n1\n2\n3\n"); /* 3: the folder that ls reads */
    char *line = xasprintf("grep -q '^PASSWORD_STORE_DIR=/store$' %s/env && ! grep -q API_KEY %s/env && "
                           "grep -q '^PATH=' %s/env && test -s %s/tty",
                           b->folder, b->folder, b->folder, b->folder);
    assert_int_equal(system(line), 0);
    free(line);
    keys_unref(k);
    close_room(b);
}

/* A zombie that nobody has reaped yet runs no more. */
static bool runs(pid_t pid)
{
    char *path = xasprintf("/proc/%d/stat", (int)pid), state = 'Z';
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    if (f)
        fclose(f);
    free(path);
    return state != 'Z';
}

static pid_t pid_in(struct bench *b, const char *name)
{
    char *path = xasprintf("%s/%s", b->folder, name);
    long pid = 0;
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    free(path);
    return (pid_t)pid;
}

/* A signal takes a moment. */
static bool gone(pid_t pid)
{
    for (int i = 0; i < 200 && runs(pid); i++)
        usleep(10000);
    return !runs(pid);
}

static void one_that_hangs_is_ended_with_its_group(void **state)
{
    static const char *const lines[] = {
        "sleep 100 & echo $! >@/child; echo asks for a passphrase >&2; wait",
        "trap '' TERM; (trap '' TERM; sleep 100; sleep 100) & echo $! >@/child; echo asks for a passphrase >&2; "
        "while :; do wait; done",
    };
    struct bench *b = *state;
    open_room(b, &quick);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct keys *k = of(lines[i], b->folder);
        struct asker a;
        ask(b, k, &a);
        run_until_told(b, &a);
        assert_non_null(strstr(a.err.message, " brought no key within 0 s and was ended: asks for a passphrase"));
        assert_true(pid_in(b, "child") > 0);
        assert_true(gone(pid_in(b, "child")));
        keys_unref(k);
    }
    close_room(b);
}

static void what_it_leaves_behind_does_not_hold_us_up(void **state)
{
    struct bench *b = *state;
    struct asker a;
    struct keys *k = of("echo sk-one; sleep 100 & echo $! >@/child", b->folder);
    open_room(b, &patient);
    ask(b, k, &a);
    run_until_told(b, &a);
    assert_int_equal(a.err.code, ERR_NONE);
    expect_key(k, "sk-one");
    assert_true(gone(pid_in(b, "child")));
    keys_unref(k);
    close_room(b);
}

static void closing_kills_what_runs(void **state)
{
    struct bench *b = *state;
    struct asker a;
    struct keys *k = of("trap '' TERM; sleep 100 & echo $! >@/child.new; mv @/child.new @/child; wait", b->folder);
    open_room(b, &patient);
    ask(b, k, &a);
    while (pid_in(b, "child") == 0)
        uv_run(&b->loop, UV_RUN_NOWAIT);
    key_wait_cancel(a.wait);
    close_room(b);
    assert_int_equal(a.told, 0);
    assert_true(gone(pid_in(b, "child")));
    keys_unref(k);
}

/* -- who runs when -- */

static void one_at_a_time(void **state)
{
    /* Who finds the other one's folder says so. */
    static const char line[] = "mkdir @/lock || exit 9; sleep 0.1; rmdir @/lock; echo sk-one # %zu";
    struct bench *b = *state;
    struct keys *k[3];
    struct asker a[3];
    open_room(b, &patient);
    for (size_t i = 0; i < 3; i++) {
        k[i] = of(line, b->folder);
        ask(b, k[i], &a[i]);
    }
    run_until_told(b, &a[2]);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(a[i].told, 1);
        assert_string_equal(a[i].err.message, "");
        keys_unref(k[i]);
    }
    close_room(b);
}

static void all_who_wait_are_told_of_one_run(void **state)
{
    struct bench *b = *state;
    struct keys *k = of("echo x >>@/runs; echo sk-one", b->folder);
    struct asker a[3];
    open_room(b, &patient);
    for (size_t i = 0; i < 3; i++)
        ask(b, k, &a[i]);
    key_wait_cancel(a[1].wait);
    run_until_told(b, &a[2]);
    assert_int_equal(a[0].told, 1);
    assert_int_equal(a[1].told, 0);
    ask(b, k, &a[0]); /* it is there */
    run_until_told(b, &a[0]);
    expect_text(b, "runs", "x\n");
    keys_unref(k);
    close_room(b);
}

static void a_failure_is_remembered(void **state)
{
    struct bench *b = *state;
    struct keys *k = of("echo x >>@/runs; echo no >&2; exit 1", b->folder);
    struct asker first, second;
    open_room(b, &patient);
    ask(b, k, &first);
    run_until_told(b, &first);
    ask(b, k, &second);
    run_until_told(b, &second);
    assert_string_equal(first.err.message, second.err.message);
    expect_text(b, "runs", "x\n");
    keys_unref(k);
    close_room(b);
}

static void keys_that_need_no_command(void **state)
{
    struct bench *b = *state;
    struct secret *s = secret_new("k", 1);
    struct keys *k = keys_of_configuration(s);
    struct asker a;
    open_room(b, &patient);
    ask(b, k, &a);
    run_until_told(b, &a);
    assert_int_equal(a.err.code, ERR_NONE);
    keys_unref(k);
    secret_unref(s);
    close_room(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_it_prints),
        TEST(what_goes_wrong),
        TEST(what_cannot_be_run),
        TEST(without_a_terminal_and_without_our_environment),
        TEST(one_that_hangs_is_ended_with_its_group),
        TEST(what_it_leaves_behind_does_not_hold_us_up),
        TEST(closing_kills_what_runs),
        TEST(one_at_a_time),
        TEST(all_who_wait_are_told_of_one_run),
        TEST(a_failure_is_remembered),
        TEST(keys_that_need_no_command),
    };
    for (int fd = 3; fd < 1024; fd++)
        close(fd); /* who runs the tests may have left some open, which commands would have too */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
