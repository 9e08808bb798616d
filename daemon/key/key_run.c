#include "daemon/key/key_run.h"
#include "daemon/core/timer.h"
#include "daemon/key/key_internal.h"
#include "lib/base/alloc.h"
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ENV_MAX 64  /* variables that a command gets */
#define WORD_MAX 12 /* bytes: what is as long may be of a key */
#define HIDDEN "..."
#define HIDDEN_LEN 3
#define STDERR_MAX 200 /* bytes of its first line that a message quotes */

enum run_state {
    RUN_GOING,
    RUN_ENDING, /* it has had its time, and SIGTERM */
    RUN_KILLED,
    RUN_EMPTYING, /* it has ended; somebody may still hold its pipes */
    RUN_FAILED,   /* it did not start */
    RUN_CLOSING,
};

struct pipe_end {
    uv_pipe_t handle;
    bool open;
};

struct key_run {
    enum run_state state;
    const char *what;
    struct key_run_times times;
    uv_process_t process;
    pid_t pid;    /* its group's too; 0: it did not start, or has ended */
    bool spawned; /* libuv has seen the process's handle */
    struct pipe_end out, err;
    struct timer *timer;
    unsigned handles;
    bool timed_out;
    int64_t status;
    int signal;
    char key[KEY_MAX + 1], told[STDERR_MAX], chunk[4096];
    size_t key_len, told_len;
    bool key_ended, told_ended; /* the first line has */
    struct error error;         /* that it did not start */
    void (*ended)(void *data, struct secret *key, const struct error *err);
    void *data;
};

/* -- its environment -- */

static bool is_allowed(const char *entry)
{
    /* What password managers, GnuPG and its dialogues need. GPG_TTY is not among it: there is no terminal. */
    static const char *const names[] = {
        "PATH=", "HOME=", "USER=", "LOGNAME=", "SHELL=", "LANG=", "TZ=", "TMPDIR=", "DBUS_SESSION_BUS_ADDRESS=",
        "GNUPGHOME=", "DISPLAY=", "WAYLAND_DISPLAY=", "XAUTHORITY=",
        /* and all that begin so */
        "LC_", "XDG_", "PASSWORD_STORE_"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void reduce_environment(char *env[ENV_MAX + 1])
{
    size_t n = 0;
    for (char **e = environ; e && *e && n < ENV_MAX; e++)
        if (is_allowed(*e))
            env[n++] = *e;
    env[n] = NULL;
}

/* -- how it ended -- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **s, size_t *len)
{
    while (*len && is_blank((*s)[*len - 1]))
        (*len)--;
    while (*len && is_blank(**s)) {
        (*s)++;
        (*len)--;
    }
}

static bool may_be_of_key(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_-+/=.", c));
}

/* What it says on stderr, first line. A script that is traced (`set -x`) or careless may quote a key there, its own or
 * another: so nothing is passed on that quotes what it printed, no long word, and none that may go on behind our
 * bound. */
static const char *complaint(struct key_run *r, char out[STDERR_MAX + 3])
{
    char said[STDERR_MAX];
    const char *key = r->key;
    size_t n = 0, key_len = r->key_len;
    trim(&key, &key_len);
    if (r->told_len == 0 || (key_len > 0 && memmem(r->told, r->told_len, key, key_len)))
        return "";
    for (size_t i = 0, len; i < r->told_len; i += len) {
        for (len = 1; may_be_of_key(r->told[i]) && i + len < r->told_len && may_be_of_key(r->told[i + len]); len++)
            ;
        bool cut = i + len == STDERR_MAX;
        bool hidden = len >= WORD_MAX || (cut && may_be_of_key(r->told[i]));
        size_t shown = !hidden ? len : len < HIDDEN_LEN ? len : HIDDEN_LEN;
        memcpy(said + n, hidden ? HIDDEN : r->told + i, shown);
        n += shown;
    }
    memcpy(out, ": ", 2);
    error_text(out + 2, STDERR_MAX + 1, said, n);
    return out;
}

static enum error_code judge(struct key_run *r, struct secret **ret, struct error *err)
{
    char why[STDERR_MAX + 3];
    const char *key = r->key;
    size_t len = r->key_len;
    if (r->error.code != ERR_NONE) {
        *err = r->error;
        return err->code;
    }
    if (r->timed_out)
        return error_set(err, ERR_NO_PROVIDER, "%s brought no key within %lld s and was ended%s", r->what,
                         (long long)(r->times.run / 1000), complaint(r, why));
    if (r->signal)
        return error_set(err, ERR_NO_PROVIDER, "%s was ended by signal %d (%s)%s", r->what, r->signal,
                         strsignal(r->signal), complaint(r, why));
    if (r->status)
        return error_set(err, ERR_NO_PROVIDER, "%s ended with status %lld%s", r->what, (long long)r->status,
                         complaint(r, why));
    if (len > KEY_MAX)
        return error_set(err, ERR_NO_PROVIDER, "the first line that %s prints is longer than %d bytes", r->what,
                         KEY_MAX);
    trim(&key, &len);
    if (len == 0 || memchr(key, '\0', len))
        return error_set(err, ERR_NO_PROVIDER, "%s printed no key%s", r->what, complaint(r, why));
    *ret = secret_new(key, len);
    return *ret ? ERR_NONE : error_set(err, ERR_OVERLOADED, "no memory for the key of %s", r->what);
}

static void finish(struct key_run *r)
{
    struct secret *key = NULL;
    struct error err = ERROR_INIT;
    bool good = judge(r, &key, &err) == ERR_NONE;
    void (*ended)(void *, struct secret *, const struct error *) = r->ended;
    void *data = r->data;
    secret_wipe(r, sizeof *r);
    free(r);
    ended(data, key, good ? NULL : &err);
}

static void on_closed(uv_handle_t *h)
{
    struct key_run *r = h->data;
    if (--r->handles == 0 && r->state == RUN_CLOSING)
        finish(r);
}

static void close_pipe(struct key_run *r, struct pipe_end *p)
{
    if (p->open) {
        r->handles++;
        uv_close((uv_handle_t *)&p->handle, on_closed);
    }
    p->open = false;
}

/* The one place that changes the state. */
static void enter(struct key_run *r, enum run_state state)
{
    r->state = state;
    switch (state) {
    case RUN_GOING: timer_start(r->timer, r->times.run); break;
    case RUN_ENDING:
        r->timed_out = true;
        kill(-r->pid, SIGTERM);
        timer_start(r->timer, r->times.ending);
        break;
    case RUN_KILLED:
        kill(-r->pid, SIGKILL);
        timer_stop(r->timer);
        break;
    case RUN_EMPTYING: timer_start(r->timer, r->times.rest); break;
    case RUN_FAILED: timer_start(r->timer, 0); break;
    case RUN_CLOSING:
        r->timer = timer_free(r->timer);
        close_pipe(r, &r->out);
        close_pipe(r, &r->err);
        if (r->spawned) {
            r->handles++;
            uv_close((uv_handle_t *)&r->process, on_closed);
        }
        break;
    }
}

/* Its pipes are held by what it left behind. */
static void give_up_pipes(struct key_run *r)
{
    kill(-r->process.pid, SIGKILL);
    enter(r, RUN_CLOSING);
}

static void on_timer(void *data)
{
    struct key_run *r = data;
    switch (r->state) {
    case RUN_GOING: enter(r, RUN_ENDING); break;
    case RUN_ENDING: enter(r, RUN_KILLED); break;
    case RUN_EMPTYING: give_up_pipes(r); break;
    case RUN_FAILED:
        enter(r, RUN_CLOSING);
        if (r->handles == 0)
            finish(r);
        break;
    case RUN_KILLED:
    case RUN_CLOSING: break;
    }
}

static void on_exited(uv_process_t *process, int64_t status, int signum)
{
    struct key_run *r = process->data;
    r->pid = 0;
    r->status = status;
    r->signal = signum;
    if (r->timed_out) /* what of its group is left has no more time than it had */
        kill(-process->pid, SIGKILL);
    enter(r, r->out.open || r->err.open ? RUN_EMPTYING : RUN_CLOSING);
}

/* -- what it says -- */

static void take_line(char *line, size_t size, size_t *len, bool *ended, const char *bytes, size_t n)
{
    const char *end = *ended ? bytes : memchr(bytes, '\n', n);
    if (end) {
        n = (size_t)(end - bytes);
        *ended = true;
    }
    if (n > size - *len)
        n = size - *len;
    memcpy(line + *len, bytes, n);
    *len += n;
}

static void give_chunk(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct key_run *r = h->data;
    (void)suggested;
    *buf = uv_buf_init(r->chunk, sizeof r->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct key_run *r = stream->data;
    struct pipe_end *p = stream == (uv_stream_t *)&r->out.handle ? &r->out : &r->err;
    if (n > 0 && p == &r->out)
        take_line(r->key, sizeof r->key, &r->key_len, &r->key_ended, buf->base, (size_t)n);
    else if (n > 0)
        take_line(r->told, sizeof r->told, &r->told_len, &r->told_ended, buf->base, (size_t)n);
    secret_wipe(r->chunk, sizeof r->chunk);
    if (n >= 0)
        return;
    close_pipe(r, p);
    if (r->state == RUN_EMPTYING && !r->out.open && !r->err.open)
        enter(r, RUN_CLOSING);
}

/* -- its beginning -- */

/* A pipe, not the pair of sockets that libuv would make: those cannot be opened as /dev/stdout. */
static int open_pipe(struct key_run *r, uv_loop_t *loop, struct pipe_end *p, uv_file *child)
{
    uv_file ends[2];
    int code = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
    if (code)
        return code;
    uv_pipe_init(loop, &p->handle, 0);
    p->handle.data = r;
    p->open = true;
    uv_pipe_open(&p->handle, ends[0]);
    *child = ends[1];
    return uv_read_start((uv_stream_t *)&p->handle, give_chunk, on_read);
}

static void close_file(uv_loop_t *loop, uv_file fd)
{
    uv_fs_t req;
    if (fd >= 0)
        uv_fs_close(loop, &req, fd, NULL);
}

static int spawn(struct key_run *r, uv_loop_t *loop, char *const *argv)
{
    char *env[ENV_MAX + 1];
    uv_file out = -1, err = -1;
    int code = open_pipe(r, loop, &r->out, &out);
    if (code == 0)
        code = open_pipe(r, loop, &r->err, &err);
    reduce_environment(env);
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = out}, {.flags = UV_INHERIT_FD, .data.fd = err}};
    const uv_process_options_t options = {.exit_cb = on_exited,
                                          .file = argv[0],
                                          .args = (char **)argv,
                                          .env = env,
                                          .cwd = "/",
                                          .flags = UV_PROCESS_DETACHED,
                                          .stdio_count = 3,
                                          .stdio = stdio};
    if (code == 0) {
        r->spawned = true;
        code = uv_spawn(loop, &r->process, &options);
    }
    close_file(loop, out);
    close_file(loop, err);
    return code;
}

struct key_run *key_run_start(uv_loop_t *loop, char *const *argv, const char *what, const struct key_run_times *times,
                              void (*ended)(void *data, struct secret *key, const struct error *err), void *data)
{
    struct key_run *r = NEW(struct key_run);
    r->what = what;
    r->times = *times;
    r->ended = ended;
    r->data = data;
    r->process.data = r;
    r->timer = timer_new(loop, on_timer, r);
    int code = spawn(r, loop, argv);
    if (code == 0) {
        r->pid = r->process.pid;
        enter(r, RUN_GOING);
        return r;
    }
    error_set(&r->error, ERR_NO_PROVIDER, "%s cannot be run: %s", what, uv_strerror(code));
    enter(r, RUN_FAILED);
    return r;
}

void key_run_kill(struct key_run *r)
{
    if (r->pid)
        enter(r, RUN_KILLED);
    else if (r->state == RUN_EMPTYING)
        give_up_pipes(r);
}
