/* askctl bridge: JSON on standard input and output, for programs without MessagePack. One loop waits for the program,
 * the daemon and a signal; while the program does not take what is there for it, it is not read either. */
#include "client/common/signals.h"
#include "client/ctl/bridge.h"
#include "client/ctl/ctl.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };
#define UNSENT_MAX ((size_t)8 << 20) /* bytes for the program, beyond which nothing more is read */
#define MESSAGE_AS_JSON ((size_t)6)  /* each byte of a message may become \u001b */

/* What comes from the program and what goes to it. */
struct pipes {
    struct buf in, unsent;
    size_t taken, scanned; /* bytes of in that were lines; of those behind them without a line's end */
    size_t sent;           /* bytes at the front of unsent */
    bool ended;            /* nothing more comes in */
    bool too_long;         /* a line that is passed over up to its end */
    struct out out;        /* into unsent */
    struct bridge bridge;
};

static bool has_room(const struct pipes *p)
{
    return p->unsent.len - p->sent < UNSENT_MAX;
}

/* -- in -- */

static bool is_blank(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && strchr(" \t\r\n", s[i]) != NULL && s[i] != '\0')
        i++;
    return i == len;
}

/* Asks what the next whole line asks. False where none is there, or none may be asked now. */
static bool take_line(struct pipes *p)
{
    const char *start = (const char *)p->in.data + p->taken;
    const size_t len = p->in.len - p->taken;
    if (len == 0 || !has_room(p) || p->bridge.calls.n == BRIDGE_CALLS_MAX)
        return false;
    const char *end = memchr(start + p->scanned, '\n', len - p->scanned);
    p->scanned = len;
    if (end == NULL && len > BRIDGE_LINE_MAX) {
        if (!p->too_long)
            bridge_line_too_long(&p->bridge);
        p->too_long = true;
        p->taken = p->in.len;
        p->scanned = 0;
        return false;
    }
    if (end == NULL && !p->ended)
        return false;
    const size_t line = end != NULL ? (size_t)(end - start) : len;
    if (!p->too_long && !is_blank(start, line))
        bridge_line(&p->bridge, start, line);
    p->too_long = false;
    p->taken += line + (end != NULL);
    p->scanned = 0;
    return true;
}

static int read_program(struct pipes *p)
{
    buf_consume(&p->in, p->taken);
    p->taken = 0;
    if (!buf_reserve(&p->in, READ_SIZE)) {
        exit_print(p->bridge.program, "out of memory for a request: send less at once");
        return EXIT_OS;
    }
    const ssize_t n = read(STDIN_FILENO, p->in.data + p->in.len, READ_SIZE);
    if (n > 0)
        p->in.len += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        p->ended = true;
    return EXIT_OK;
}

/* -- out -- */

/* A piece that fits into a pipe which is writable: more could wait for a program that waits for us. */
static void write_program(struct pipes *p)
{
    const size_t left = p->unsent.len - p->sent;
    const ssize_t n = write(STDOUT_FILENO, p->unsent.data + p->sent, left < PIPE_BUF ? left : PIPE_BUF);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        p->out.error = errno;
        return;
    }
    p->sent += n > 0 ? (size_t)n : 0;
    if (p->sent == p->unsent.len || p->sent > UNSENT_MAX) {
        buf_consume(&p->unsent, p->sent);
        p->sent = 0;
    }
}

/* -- both -- */

static bool has_ended(const struct pipes *p)
{
    return p->ended && p->taken == p->in.len && p->bridge.calls.n == 0 && p->sent == p->unsent.len;
}

/* Waits for what can be done next, unless there is more to do already. The program is read only for a line that is not
 * there yet, so that what has come of it stays bounded. */
static int move(struct pipes *p, bool more)
{
    const bool room = has_room(p);
    const bool reads = !p->ended && !more && room && p->bridge.calls.n < BRIDGE_CALLS_MAX;
    struct pollfd fds[] = {
        {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = p->bridge.ask != NULL && room ? ask_fd(p->bridge.ask) : -1, .events = POLLIN},
        {.fd = STDOUT_FILENO, .events = p->sent < p->unsent.len ? POLLOUT : 0},
        {.fd = signals_fd(), .events = POLLIN},
    };
    const int wait = p->bridge.ask != NULL ? ask_patience(p->bridge.ask) : -1;
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), more ? 0 : wait) < 0)
        return EXIT_OK;
    if ((fds[2].revents & (POLLERR | POLLHUP)) != 0)
        p->out.error = EPIPE;
    else if ((fds[2].revents & POLLOUT) != 0)
        write_program(p);
    return fds[0].revents != 0 ? read_program(p) : EXIT_OK;
}

static int run(struct pipes *p)
{
    int status = EXIT_OK;
    while (status == EXIT_OK && p->out.error == 0 && signals_pending() == 0) {
        bool took = false;
        if (has_room(p))
            status = bridge_take(&p->bridge, &took);
        const bool more = take_line(p) || took;
        if (status == EXIT_OK && has_ended(p))
            return EXIT_OK;
        if (status == EXIT_OK)
            status = move(p, more);
    }
    if (signals_pending() != 0)
        return 128 + signals_pending();
    return p->out.error != 0 ? exit_unwritten(p->bridge.program, &p->out, "the replies") : status;
}

int cmd_bridge(struct ctl *c)
{
    static struct pipes p; /* not on the stack: it is large */
    p.bridge = (struct bridge){
        .program = c->program,
        .options = &c->options,
        .form = (c->given & CTL_VIM) != 0 ? &bridge_vim : &bridge_json,
        .out = &p.out,
    };
    buf_init(&p.in, BRIDGE_LINE_MAX + 2 * (size_t)READ_SIZE);
    buf_init(&p.unsent, UNSENT_MAX + (MESSAGE_AS_JSON + 1) * BRIDGE_LINE_MAX);
    out_init_memory(&p.out, &p.unsent);
    signals_catch();
    const int status = run(&p);
    bridge_done(&p.bridge);
    buf_done(&p.in);
    buf_done(&p.unsent);
    return status;
}
