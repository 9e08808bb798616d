#include "client/common/capture.h"
#include "client/common/signals.h"
#include "lib/base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 16 << 10, SHOWN = 100 };

/* A command that is under way. */
struct run {
    const char *command;
    pid_t pid;
    int end, pipe; /* a descriptor that tells of its end, -1 where the kernel has none; what it prints */
    int ms;        /* that it may take */
    int64_t deadline_ms;
};

static int add_files(posix_spawn_file_actions_t *actions, int folder, int out)
{
    int errnum = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_adddup2(actions, out, STDERR_FILENO);
    if (errnum == 0 && folder >= 0)
        errnum = posix_spawn_file_actions_addfchdir_np(actions, folder);
    return errnum;
}

/* SIGPIPE is ignored here, and must end the parts of a pipeline there. */
static int set_attributes(posix_spawnattr_t *attr)
{
    sigset_t defaults;
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    int errnum = posix_spawnattr_setsigdefault(attr, &defaults);
    return errnum != 0 ? errnum : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *command, int folder, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    const char *const argv[] = {"sh", "-c", command, NULL};
    int errnum = posix_spawn_file_actions_init(&actions);
    if (errnum != 0)
        return errnum;
    errnum = posix_spawnattr_init(&attr);
    if (errnum == 0) {
        errnum = add_files(&actions, folder, out);
        if (errnum == 0)
            errnum = set_attributes(&attr);
        if (errnum == 0)
            errnum = posix_spawn(pid, "/bin/sh", &actions, &attr, (char *const *)argv, environ);
        (void)posix_spawnattr_destroy(&attr);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return errnum;
}

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

/* Waits until one of the two is ready. */
static enum error_code wait_for(const struct run *r, int fd, struct error *err)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
        const int64_t left = r->deadline_ms - now_ms();
        const int n = left > 0 ? poll(fds, sizeof(fds) / sizeof(fds[0]), (int)left) : 0;
        if (signals_pending() != 0)
            return error_set(err, ERR_CANCELLED, "interrupted");
        if (n == 0)
            return error_set(err, ERR_TIMEOUT, "'%.*s' did not end within %d s, and was ended: have it do less", SHOWN,
                             r->command, r->ms / 1000);
        if (n > 0)
            return ERR_NONE;
    }
}

static enum error_code read_all(const struct run *r, struct buf *out, struct error *err)
{
    char data[READ_SIZE];
    const size_t before = out->len;
    for (;;) {
        enum error_code code = wait_for(r, r->pipe, err);
        if (code != ERR_NONE)
            return code;
        const ssize_t n = read(r->pipe, data, sizeof(data));
        if (n == 0)
            return ERR_NONE;
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, ERR_INTERNAL, errno, "cannot read what '%.*s' prints", SHOWN, r->command);
        if (n > 0 && ((size_t)n > CAPTURE_MAX - (out->len - before) || !buf_append(out, data, (size_t)n)))
            return error_set(err, ERR_TOO_LARGE,
                             "'%.*s' prints over %zu MiB, and was ended: have it print less, as by "
                             "| head",
                             SHOWN, r->command, CAPTURE_MAX >> 20);
    }
}

/* Its whole group, where it has not ended yet. */
static int reap(const struct run *r, bool end)
{
    int how = 0;
    if (end)
        (void)kill(-r->pid, SIGKILL);
    while (waitpid(r->pid, &how, 0) < 0)
        if (errno != EINTR)
            return 0; /* where SIGCHLD is ignored, nobody is told */
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

enum error_code capture_run(const char *command, int folder, int ms, struct buf *out, int *status, struct error *err)
{
    int ends[2];
    struct run r = {.command = command, .ms = ms, .deadline_ms = now_ms() + ms};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_INTERNAL, errno, "cannot make a pipe");
    const int errnum = spawn(command, folder, ends[1], &r.pid);
    (void)close(ends[1]);
    if (errnum != 0) {
        (void)close(ends[0]);
        return error_set_errno(err, ERR_UNAVAILABLE, errnum, "cannot run '%.*s'", SHOWN, command);
    }
    r.pipe = ends[0];
    r.end = pidfd_open(r.pid, 0);
    enum error_code code = read_all(&r, out, err);
    if (code == ERR_NONE && r.end >= 0)
        code = wait_for(&r, r.end, err); /* one that has closed its output may go on */
    *status = reap(&r, code != ERR_NONE);
    (void)close(r.pipe);
    if (r.end >= 0)
        (void)close(r.end);
    return code;
}
