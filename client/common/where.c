#include "client/common/where.h"
#include "lib/base/utf8.h"
#include "lib/proto/mp.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { STAT_SIZE = 1024 };

bool where_read_process(const char *text, struct where_process *ret)
{
    int session, terminal;
    unsigned long long started;
    const char *name_end = strrchr(text, ')');
    /* From the third field on: state, parent, group, session, terminal; the 22nd is the start. */
    if (name_end == NULL ||
        sscanf(name_end + 1, " %*c %*d %*d %d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &session, &terminal, &started) != 3)
        return false;
    *ret = (struct where_process){.session = session, .terminal = terminal, .started = started};
    return true;
}

static bool read_process(const char *pid, struct where_process *ret)
{
    char path[64], text[STAT_SIZE];
    (void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    return where_read_process(text, ret);
}

static void set(struct where *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What does not fit or is no UTF-8 names nothing. */
static void set(struct where *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(w->terminal, sizeof(w->terminal), fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(w->terminal) || !utf8_valid(w->terminal, (size_t)n))
        w->terminal[0] = '\0';
}

/* $TMUX is the socket's path, the server's pid and the session's number. A pane may move to another session, and its
 * number is given again by the next server. */
static bool in_tmux(struct where *w)
{
    const char *tmux = getenv("TMUX"), *pane = getenv("TMUX_PANE");
    const char *comma = tmux != NULL ? strrchr(tmux, ',') : NULL;
    if (comma == NULL || comma == tmux || pane == NULL || pane[0] == '\0')
        return false;
    set(w, "tmux:%.*s,%s", (int)(comma - tmux < (int)sizeof(w->terminal) ? comma - tmux : (int)sizeof(w->terminal)),
        tmux, pane);
    return w->terminal[0] != '\0';
}

/* $STY holds the server's pid and host. */
static bool in_screen(struct where *w)
{
    const char *sty = getenv("STY"), *window = getenv("WINDOW");
    if (sty == NULL || sty[0] == '\0' || window == NULL || window[0] == '\0')
        return false;
    set(w, "screen:%s,%s", sty, window);
    return w->terminal[0] != '\0';
}

static void on_terminal(struct where *w)
{
    char pid[16];
    struct where_process self, leader;
    if (!read_process("self", &self) || self.terminal == 0 || self.session <= 0)
        return;
    (void)snprintf(pid, sizeof(pid), "%d", (int)self.session);
    const dev_t device = (unsigned)self.terminal;
    if (read_process(pid, &leader))
        set(w, "tty:%u,%u,%llu", major(device), minor(device), leader.started);
}

void where_find(struct where *w)
{
    w->terminal[0] = '\0';
    (void)host_name(w->host);
    if (getcwd(w->cwd, sizeof(w->cwd)) == NULL || w->cwd[0] != '/' || !utf8_valid(w->cwd, strlen(w->cwd)))
        w->cwd[0] = '\0';
    if (!in_tmux(w) && !in_screen(w))
        on_terminal(w);
}

void where_put(struct buf *b, const struct where *w, const char *budget)
{
    mp_put_map(b, 0U + (w->cwd[0] != '\0') + (w->terminal[0] != '\0') + (w->host[0] != '\0') + (budget != NULL));
    if (budget != NULL)
        mp_put_entry(b, "budget", budget);
    if (w->cwd[0] != '\0') {
        mp_put_cstr(b, "cwd");
        mp_put_cstr(b, w->cwd);
    }
    if (w->terminal[0] != '\0') {
        mp_put_cstr(b, "terminal");
        mp_put_cstr(b, w->terminal);
    }
    if (w->host[0] != '\0')
        mp_put_entry(b, "host", w->host);
}
