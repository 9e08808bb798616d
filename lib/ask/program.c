/* Which program is the daemon. */
#include "lib/ask/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VERSION_WAIT_MS = 5000 };

static bool ends_with(const char *s, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(s + len - n, end, n) == 0;
}

static bool is_program(const char *path)
{
    struct stat st;
    return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool program_at(char *out, const char *dir, size_t dir_len, const char *name)
{
    int n = snprintf(out, PATH_MAX, "%.*s/%s", (int)dir_len, dir, name);
    return n > 0 && n < PATH_MAX && is_program(out);
}

/* Beside this program; or where the build tree has it, if this program lies in one. */
static bool find_beside(char *out)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
    if (n <= 0 || (size_t)n == sizeof(self))
        return false;
    size_t len = (size_t)n;
    while (len > 0 && self[len - 1] != '/')
        len--;
    if (len > 0)
        len--;
    if (program_at(out, self, len, "askd"))
        return true;
    if (ends_with(self, len, "/.libs"))
        len -= strlen("/.libs");
    if (program_at(out, self, len, "askd"))
        return true;
    return (ends_with(self, len, "/client/ask") || ends_with(self, len, "/client/ctl")) &&
           program_at(out, self, len, "../../daemon/askd");
}

/* Relative entries of PATH are passed over: the working folder has no say in what runs as a daemon. */
static bool find_on_path(char *out)
{
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        if (*path == '/' && program_at(out, path, len, "askd"))
            return true;
        path += len;
        if (*path == ':')
            path++;
    }
    return false;
}

enum ask_status program_find(const struct ask_options *opt, char *out, struct ask_error *err)
{
    const char *named = opt != NULL && opt->daemon != NULL ? opt->daemon : getenv("ASKD_DAEMON");
    if (named != NULL && *named != '\0') {
        char *real = realpath(named, out); /* the daemon is started in / */
        if (real == NULL || !is_program(out))
            return failure_set(err, ASK_NO_DAEMON, "no daemon runs and '%.200s' is no program: check ASKD_DAEMON",
                               named);
        return ASK_OK;
    }
    if (find_beside(out) || find_on_path(out))
        return ASK_OK;
    return failure_set(err, ASK_NO_DAEMON,
                       "no daemon runs and no program askd was found: install it or set ASKD_DAEMON");
}

/* Runs "program --version" with its output in `to`; false where that cannot be. */
static bool run_for_version(const char *program, int to, pid_t *pid)
{
    static char name[] = "askd", option[] = "--version";
    char *argv[] = {name, option, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    if (posix_spawn_file_actions_init(&files) != 0)
        return false;
    bool ok = false;
    if (posix_spawnattr_init(&attributes) == 0) {
        ok = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
             posix_spawn_file_actions_adddup2(&files, to, STDOUT_FILENO) == 0 &&
             posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
             posix_spawnattr_setsigdefault(&attributes, &all) == 0 &&
             posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
             posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) == 0 &&
             posix_spawn(pid, program, &files, &attributes, argv, environ) == 0;
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return ok;
}

/* All that comes until the end, what does not fit is dropped. False where no end came in time. */
static bool read_to_end(int fd, char *out, size_t size)
{
    size_t len = 0;
    char more[256];
    int64_t deadline = time_ms() + VERSION_WAIT_MS;
    for (;;) {
        int64_t left = deadline - time_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        ssize_t n = ready > 0 ? read(fd, more, sizeof(more)) : -1;
        if (n < 0 && (left <= 0 || errno != EINTR))
            return false;
        if (n == 0)
            break;
        for (ssize_t i = 0; i < n && len + 1 < size; i++)
            out[len++] = more[i];
    }
    out[len] = '\0';
    return true;
}

bool program_version(const char *program, char *out, size_t size)
{
    static const char head[] = "askd ";
    char text[128];
    int pipes[2];
    pid_t pid;
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return false;
    bool started = run_for_version(program, pipes[1], &pid);
    (void)close(pipes[1]);
    bool told = started && read_to_end(pipes[0], text, sizeof(text));
    (void)close(pipes[0]);
    if (started && !told)
        (void)kill(pid, SIGKILL);
    while (started && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (!told || strncmp(text, head, strlen(head)) != 0)
        return false;
    text[strcspn(text, "\n")] = '\0';
    int n = snprintf(out, size, "%s", text + strlen(head));
    return n > 0 && (size_t)n < size;
}
