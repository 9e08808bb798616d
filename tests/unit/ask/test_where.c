#include "client/common/where.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int forget_terminals(void **state)
{
    (void)state;
    return unsetenv("TMUX") | unsetenv("TMUX_PANE") | unsetenv("STY") | unsetenv("WINDOW");
}

static void process_is_read_behind_its_name(void **state)
{
    (void)state;
    struct where_process p;
    const char *plain = "812 (bash) S 800 812 811 34817 900 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654321 1000 2000 0\n";
    assert_true(where_read_process(plain, &p));
    assert_int_equal(p.session, 811);
    assert_int_equal(p.terminal, 34817);
    assert_int_equal(p.started, 987654321);

    const char *hostile = "9 (a) S 1 2 3 4 5 (x) R 1 9 8 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 77 1000 2000 0\n";
    assert_true(where_read_process(hostile, &p));
    assert_int_equal(p.session, 8);
    assert_int_equal(p.terminal, 0);
    assert_int_equal(p.started, 77);

    p.session = 5;
    assert_false(where_read_process("", &p));
    assert_false(where_read_process("812 (bash", &p));
    assert_false(where_read_process("812 (bash) S 800 812 811 34817 900", &p));
    assert_int_equal(p.session, 5);
}

static void a_pane_of_tmux(void **state)
{
    (void)state;
    struct where w;
    (void)setenv("TMUX", "/tmp/tmux-1000/a,b,4711,3", 1);
    (void)setenv("TMUX_PANE", "%12", 1);
    (void)setenv("STY", "1.x", 1);
    (void)setenv("WINDOW", "0", 1);
    where_find(&w);
    assert_string_equal(w.terminal, "tmux:/tmp/tmux-1000/a,b,4711,%12");

    /* The session's number does not matter, the server's pid does. */
    (void)setenv("TMUX", "/tmp/tmux-1000/a,b,4712,0", 1);
    where_find(&w);
    assert_string_equal(w.terminal, "tmux:/tmp/tmux-1000/a,b,4712,%12");
}

static void a_window_of_screen(void **state)
{
    (void)state;
    struct where w;
    (void)setenv("TMUX", "/tmp/tmux-1000/default,4711,3", 1); /* without a pane */
    (void)setenv("STY", "4711.pts-0.host", 1);
    (void)setenv("WINDOW", "2", 1);
    where_find(&w);
    assert_string_equal(w.terminal, "screen:4711.pts-0.host,2");
}

static void what_is_too_long_or_no_text_is_none(void **state)
{
    (void)state;
    struct where w;
    char name[2000];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)setenv("STY", name, 1);
    (void)setenv("WINDOW", "2", 1);
    where_find(&w);
    assert_null(strstr(w.terminal, "xx"));

    (void)setenv("STY", "\xff", 1);
    where_find(&w);
    assert_null(strstr(w.terminal, "screen"));
    (void)setenv("TMUX", "nonsense", 1);
    (void)setenv("TMUX_PANE", "%1", 1);
    where_find(&w);
    assert_null(strstr(w.terminal, "tmux"));
}

/* In a new session, with a terminal of its own or without one; what it found comes over the pipe. */
static void look_elsewhere(bool with_terminal, struct where *ret)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setsid();
        if (with_terminal) {
            int master = posix_openpt(O_RDWR | O_NOCTTY);
            if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
                _exit(2);
            int tty = open(ptsname(master), O_RDWR | O_NOCTTY);
            if (tty < 0 || ioctl(tty, TIOCSCTTY, 0) != 0)
                _exit(2);
        }
        where_find(ret);
        _exit(write(ends[1], ret, sizeof(*ret)) == (ssize_t)sizeof(*ret) ? 0 : 1);
    }
    int status;
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], ret, sizeof(*ret)), sizeof(*ret));
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_session_has_its_terminal(void **state)
{
    (void)state;
    struct where w;
    look_elsewhere(false, &w);
    assert_string_equal(w.terminal, "");

    unsigned major = 0, minor = 0;
    unsigned long long started = 0;
    look_elsewhere(true, &w);
    assert_int_equal(sscanf(w.terminal, "tty:%u,%u,%llu", &major, &minor, &started), 3);
    assert_true(major >= 136 && major <= 143); /* pts */
    assert_true(started > 0);
}

static void the_folder_is_text_or_absent(void **state)
{
    (void)state;
    struct where w;
    char before[PATH_MAX], folder[] = "/tmp/askd-where-XXXXXX", strange[64];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    where_find(&w);
    assert_string_equal(w.cwd, folder);

    (void)snprintf(strange, sizeof(strange), "%s/\xff", folder);
    assert_int_equal(mkdir(strange, 0700), 0);
    assert_int_equal(chdir(strange), 0);
    where_find(&w);
    assert_string_equal(w.cwd, "");
    assert_int_equal(rmdir(strange), 0);
    where_find(&w); /* a folder that is gone */
    assert_string_equal(w.cwd, "");

    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void the_machine_has_its_name(void **state)
{
    (void)state;
    struct where w;
    char name[HOST_SIZE] = "";
    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    where_find(&w);
    assert_string_equal(w.host, name);
    assert_true(host_is_ours(name));
    assert_false(host_is_ours(""));
    assert_false(host_is_ours("another machine"));
}

static void only_what_is_known_is_sent(void **state)
{
    (void)state;
    struct where w = {.cwd = "", .terminal = "", .host = ""};
    struct buf b;
    buf_init(&b, 8192);
    where_put(&b, &w, NULL);
    assert_int_equal(b.len, 1);
    assert_int_equal(b.data[0], 0x80);

    buf_clear(&b);
    strcpy(w.cwd, "/a");
    strcpy(w.terminal, "t");
    strcpy(w.host, "h");
    where_put(&b, &w, "b");
    const char all[] = "\x84\xa6"
                       "budget\xa1"
                       "b\xa3"
                       "cwd\xa2/a\xa8"
                       "terminal\xa1t\xa4"
                       "host\xa1h";
    assert_int_equal(b.len, sizeof(all) - 1);
    assert_memory_equal(b.data, all, b.len);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_is_read_behind_its_name),
        cmocka_unit_test_setup(a_pane_of_tmux, forget_terminals),
        cmocka_unit_test_setup(a_window_of_screen, forget_terminals),
        cmocka_unit_test_setup(what_is_too_long_or_no_text_is_none, forget_terminals),
        cmocka_unit_test_setup(a_session_has_its_terminal, forget_terminals),
        cmocka_unit_test_setup(the_folder_is_text_or_absent, forget_terminals),
        cmocka_unit_test(the_machine_has_its_name),
        cmocka_unit_test_setup(only_what_is_known_is_sent, forget_terminals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
