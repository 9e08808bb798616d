/* Starting a daemon for the user.
 *
 * Clients that find none race for a lock in the runtime folder. The winner looks again, forks twice and holds the lock
 * until the new daemon accepts; the others meanwhile try to connect. Between the client and the daemon stands a
 * short-lived process, the keeper: it leads the new session, and as the daemon's parent learns its exit status, which
 * it passes on as its own. It ends when the client is content or gone (its end of a pipe is closed), and the daemon is
 * then nobody's child.
 *
 * A daemon that is ending has no socket any more but still its locks, and the one that is started meanwhile gives up at
 * once, with status 0. The winner then starts another, until one comes to stay. */
#include "lib/ask/internal.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WAIT_MS = 15000, /* longer than a daemon takes to end, by drain_timeout's default, and another to start */
    SLEEP_FIRST_MS = 1,
    SLEEP_MOST_MS = 50,
    AGAIN_FIRST_MS = 10, /* between one daemon that gave up and the next */
    AGAIN_MOST_MS = 320,
    LOG_MAX = 1 << 20, /* a longer log is put aside when a daemon starts */
    LOG_TAIL = 400,
    ENV_MAX = 256,
    EXIT_BAD_CONFIG = 78,
    EXIT_NO_EXEC = 127
};

struct start {
    char program[PATH_MAX];
    char *argv[3];
    char *env[ENV_MAX + 2]; /* points into environ */
    char log_path[PATH_MAX];
    bool made_folder; /* the log's: there was none */
    int log;
    off_t log_begin; /* what stands before it is older daemons' */
    int lock;
    bool locked;
    pid_t keeper;     /* 0 while none of ours is there */
    int life;         /* the keeper ends when this is closed */
    int64_t again_at; /* when the next may be started */
    int again_pause;
    bool gave_up; /* one of ours found an older one */
    int64_t begun;
    bool told; /* what we wait for */
};

static bool ends_with(const char *s, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(s + len - n, end, n) == 0;
}

static bool is_allowed(const char *entry)
{
    /* The second line is for the commands that bring keys, which get no more than this themselves. */
    static const char *const names[] = {"PATH",
                                        "HOME",
                                        "USER",
                                        "LOGNAME",
                                        "SHELL",
                                        "LANG",
                                        "TZ",
                                        "TMPDIR",
                                        "ASAN_OPTIONS",
                                        "UBSAN_OPTIONS",
                                        "DBUS_SESSION_BUS_ADDRESS",
                                        "GNUPGHOME",
                                        "DISPLAY",
                                        "WAYLAND_DISPLAY",
                                        "XAUTHORITY",
                                        "ASKD_LIBEXEC"};
    static const char *const prefixes[] = {"LC_", "XDG_", "SSL_CERT_", "PASSWORD_STORE_"};
    static const char *const suffixes[] = {"_proxy", "_PROXY", "_API_KEY"};
    size_t len = strcspn(entry, "=");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && memcmp(entry, names[i], len) == 0)
            return true;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (ends_with(entry, len, suffixes[i]))
            return true;
    return false;
}

static void reduce_environment(struct start *s)
{
    static char mark[] = "ASKD_AUTOSTARTED=1";
    size_t n = 0;
    for (char **e = environ; e != NULL && *e != NULL && n < ENV_MAX; e++)
        if (is_allowed(*e))
            s->env[n++] = *e;
    s->env[n++] = mark;
    s->env[n] = NULL;
}

static enum ask_status open_log(struct start *s, struct ask_error *err)
{
    char folder[PATH_MAX - 16];
    struct error why = ERROR_INIT;
    int dirfd = -1;
    struct stat st = {0};
    if (paths_state_dir(folder, sizeof(folder), &why) != ERR_NONE)
        return failure_set(err, ASK_UNSAFE, "cannot keep a log for the daemon: %s", why.message);
    s->made_folder = lstat(folder, &st) != 0 && errno == ENOENT;
    if (fd_open_dir(folder, geteuid(), true, true, &dirfd, &why) != ERR_NONE)
        return failure_set(err, ASK_UNSAFE, "cannot keep a log for the daemon: %s", why.message);
    (void)snprintf(s->log_path, sizeof(s->log_path), "%s/askd.log", folder);

    const int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
    st = (struct stat){0};
    s->log = openat(dirfd, "askd.log", flags, 0600);
    if (s->log >= 0 && fstat(s->log, &st) == 0 && st.st_size > LOG_MAX &&
        renameat(dirfd, "askd.log", dirfd, "askd.log.old") == 0) {
        (void)close(s->log);
        st.st_size = 0;
        s->log = openat(dirfd, "askd.log", flags, 0600);
    }
    int errnum = errno;
    (void)close(dirfd);
    s->log_begin = st.st_size;
    if (s->log < 0)
        return failure_set(err, ASK_SYSTEM, "cannot open %s: %s", s->log_path, strerror(errnum));
    return ASK_OK;
}

/* From here to run_keeper's end only async-signal-safe calls: the program we are in may have threads. */
static _Noreturn void run_daemon(const struct start *s)
{
    for (int sig = 1; sig < NSIG; sig++)
        (void)signal(sig, SIG_DFL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)umask(077);

    /* The log goes above the three first, one of which it may be where the program had closed them. */
    int log = fcntl(s->log, F_DUPFD, 3);
    int null = open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        _exit(EXIT_NO_EXEC);
    (void)close_range(3, ~0U, 0);
    (void)execve(s->program, s->argv, s->env);
    _exit(EXIT_NO_EXEC);
}

static _Noreturn void run_keeper(const struct start *s, int life)
{
    (void)setsid();
    if (chdir("/") != 0)
        _exit(EXIT_NO_EXEC);
    pid_t daemon = fork();
    if (daemon == 0)
        run_daemon(s);
    if (daemon < 0)
        _exit(EXIT_NO_EXEC);
    /* All but the pipe is let go, so that nobody waits for the end of a file that only the keeper holds open. */
    if (dup2(life, STDIN_FILENO) < 0)
        _exit(0);
    (void)close_range(1, ~0U, 0);
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        int status = 0;
        if (waitpid(daemon, &status, WNOHANG) == daemon)
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        if (poll(&p, 1, SLEEP_MOST_MS / 5) > 0)
            _exit(0);
    }
}

/* Signals are held back around the fork, so that none of the program's handlers runs in the keeper. */
static enum ask_status fork_keeper(struct start *s, struct ask_error *err)
{
    int life[2];
    if (pipe2(life, O_CLOEXEC) != 0)
        return failure_set(err, ASK_SYSTEM, "cannot start askd: %s", strerror(errno));
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(life[1]);
        run_keeper(s, life[0]);
    }
    int errnum = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)close(life[0]);
    if (pid < 0) {
        (void)close(life[1]);
        return failure_set(err, ASK_SYSTEM, "cannot start askd: %s", strerror(errnum));
    }
    s->keeper = pid;
    s->life = life[1];
    return ASK_OK;
}

static enum ask_status spawn(const struct ask_options *opt, struct start *s, struct ask_error *err)
{
    static char user[] = "--user";
    enum ask_status status = ASK_OK;
    if (s->log < 0) { /* the first time */
        status = program_find(opt, s->program, err);
        if (status == ASK_OK)
            status = open_log(s, err);
        s->argv[0] = s->program;
        s->argv[1] = user;
        reduce_environment(s);
    }
    return status == ASK_OK ? fork_keeper(s, err) : status;
}

/* The last line that the daemon wrote, "" if none; text has room for LOG_TAIL + 1 bytes. */
static void last_log_line(const struct start *s, char *text)
{
    struct stat st;
    text[0] = '\0';
    if (fstat(s->log, &st) != 0 || st.st_size <= s->log_begin)
        return;
    off_t from = st.st_size - s->log_begin > LOG_TAIL ? st.st_size - LOG_TAIL : s->log_begin;
    ssize_t n = pread(s->log, text, LOG_TAIL, from);
    size_t len = n > 0 ? (size_t)n : 0;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    text[len] = '\0';
    char *newline = strrchr(text, '\n');
    if (newline != NULL)
        memmove(text, newline + 1, strlen(newline + 1) + 1);
}

/* The state folder says that this user has a daemon of their own. Where that did not come up and the folder is new, it
 * goes again, unless somebody else put something there. */
static bool take_log_away(const struct start *s)
{
    static const char log[] = "askd.log";
    char folder[PATH_MAX];
    memcpy(folder, s->log_path, sizeof(folder));
    *strrchr(folder, '/') = '\0';
    DIR *d = s->made_folder ? opendir(folder) : NULL;
    if (d == NULL)
        return false;
    bool alone = true;
    for (const struct dirent *e; alone && (e = readdir(d)) != NULL;)
        alone = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, log) == 0;
    bool gone = alone && unlinkat(dirfd(d), log, 0) == 0;
    (void)closedir(d);
    return gone && rmdir(folder) == 0;
}

/* Why the daemon ended with that code, which is not 0. */
static enum ask_status explain_end(const struct start *s, int code, struct ask_error *err)
{
    enum { LINE_SHOWN = 280 }; /* so that the rest fits behind it */
    char line[LOG_TAIL + 1], log[128] = "";
    const char *other =
        system_daemon_is_there() ? "; the machine's is there too: ASKD_SOCKET=" PATHS_SYSTEM_SOCKET : "";
    last_log_line(s, line);
    if (!take_log_away(s) && line[0] != '\0')
        (void)snprintf(log, sizeof(log), " (log: %.100s)", s->log_path);
    if (line[0] == '\0')
        return failure_set(err, ASK_NO_DAEMON, "%.200s ended with status %d: run it by hand to see why%s", s->program,
                           code, other);
    return failure_set(err, code == EXIT_BAD_CONFIG ? ASK_CONFIG : ASK_NO_DAEMON, "the daemon did not start: %.*s%s%s",
                       LINE_SHOWN, line, log, other);
}

/* ASK_OK while the daemon may still come. An exit with 0 says that another one holds the locks: it is starting, and we
 * wait for it, or ending. */
static enum ask_status check_keeper(struct start *s, struct ask_error *err)
{
    int status = 0;
    if (s->keeper == 0 || waitpid(s->keeper, &status, WNOHANG) != s->keeper)
        return ASK_OK;
    s->keeper = 0;
    (void)close(s->life);
    s->life = -1;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NO_EXEC;
    if (code == 0) {
        s->gave_up = true;
        s->again_at = time_ms() + s->again_pause;
        if (s->again_pause < AGAIN_MOST_MS)
            s->again_pause *= 2;
        return ASK_OK;
    }
    return explain_end(s, code, err);
}

static enum ask_status open_lock(const struct place *place, struct start *s, struct ask_error *err)
{
    char folder[PATH_MAX];
    struct error why = ERROR_INIT;
    int dirfd = -1;
    memcpy(folder, place->path, sizeof(folder));
    *strrchr(folder, '/') = '\0';
    if (fd_open_dir(folder, geteuid(), true, true, &dirfd, &why) != ERR_NONE)
        return failure_set(err, ASK_UNSAFE, "%s", why.message);
    s->lock = openat(dirfd, "askd-start.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int errnum = errno;
    (void)close(dirfd);
    if (s->lock < 0)
        return failure_set(err, ASK_SYSTEM, "cannot open %s/askd-start.lock: %s", folder, strerror(errnum));
    return ASK_OK;
}

/* Starts one where we may, nobody is there and none of ours is on its way. */
static enum ask_status start_or_check(const struct ask_options *opt, struct start *s, struct ask_error *err)
{
    enum ask_status status = check_keeper(s, err);
    if (status == ASK_OK && s->locked && s->keeper == 0 && time_ms() >= s->again_at)
        status = spawn(opt, s, err);
    return status;
}

enum ask_status start_connect(struct start *s, const struct ask_options *opt, const struct place *place, int *fd,
                              struct ask_error *err)
{
    int pause = SLEEP_FIRST_MS;
    const int64_t begin = time_ms();
    while (time_ms() - begin < WAIT_MS) {
        /* The lock comes first: whoever has it and finds nobody knows that nobody else is starting one. */
        (void)start_lock(s);
        enum ask_status status = locate_connect(place, fd, err);
        if (status != ASK_NO_DAEMON)
            return status;
        status = start_or_check(opt, s, err);
        if (status != ASK_OK)
            return status;
        start_tell_wait(s, opt, s->gave_up ? WAIT_FOR_OLDER : "waiting for askd to start");
        struct timespec ts = {.tv_nsec = pause * 1000000L};
        if (nanosleep(&ts, NULL) != 0 && errno == EINTR)
            return failure_set(err, ASK_INTERRUPTED, "interrupted");
        if (pause < SLEEP_MOST_MS && time_ms() - begin >= 10 * (int64_t)pause)
            pause *= 2;
    }
    char line[LOG_TAIL + 1] = "";
    if (s->log >= 0)
        last_log_line(s, line);
    return failure_set(err, ASK_NO_DAEMON, "no daemon came to listen on %.100s within %d s: %s", place->path,
                       WAIT_MS / 1000, line[0] != '\0' ? line : "try again, or run askd by hand to see why");
}

bool start_lock(struct start *s)
{
    s->locked = s->locked || flock(s->lock, LOCK_EX | LOCK_NB) == 0;
    return s->locked;
}

void start_tell_wait(struct start *s, const struct ask_options *opt, const char *what)
{
    if (s->told || opt == NULL || opt->on_wait == NULL || time_ms() - s->begun < WAIT_SILENT_MS)
        return;
    s->told = true;
    opt->on_wait(opt->wait_data, what);
}

struct start *start_new(const struct place *place, struct ask_error *err)
{
    struct start *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        (void)failure_set(err, ASK_SYSTEM, "out of memory");
        return NULL;
    }
    s->log = s->lock = s->life = -1;
    s->again_pause = AGAIN_FIRST_MS;
    s->begun = time_ms();
    if (open_lock(place, s, err) == ASK_OK)
        return s;
    free(s);
    return NULL;
}

void start_free(struct start *s)
{
    if (s == NULL)
        return;
    if (s->life >= 0)
        (void)close(s->life);
    if (s->keeper > 0)
        while (waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    if (s->log >= 0)
        (void)close(s->log);
    if (s->lock >= 0)
        (void)close(s->lock);
    free(s);
}

bool start_is_allowed(const struct ask_options *opt)
{
    const char *wish = getenv("ASKD_AUTOSTART");
    return (opt == NULL || !opt->no_autostart) && (wish == NULL || strcmp(wish, "0") != 0);
}

enum ask_status start_daemon(const struct ask_options *opt, const struct place *place, int *fd, struct ask_error *err)
{
    if (!start_is_allowed(opt))
        return failure_set(err, ASK_NO_DAEMON, "no daemon listens on %s: start askd", place->path);
    struct start *s = start_new(place, err);
    if (s == NULL)
        return err != NULL ? err->status : ASK_SYSTEM;
    enum ask_status status = start_connect(s, opt, place, fd, err);
    start_free(s);
    return status;
}
