#include "client/ctl/watch.h"
#include "client/common/colour.h"
#include "client/common/signals.h"
#include "client/ctl/capture.h"
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVERY_MS = 2000 };

/* Drawn at once (DEC 2026), from the first cell, and no line takes two rows. */
#define BEGIN "\x1b[?2026h\x1b[H\x1b[?7l"
#define LINE_END "\x1b[K\n"
#define END "\x1b[J\x1b[?7h\x1b[?2026l"

struct watch {
    struct ctl *c;
    watch_view *view;
    const void *data;
    struct ask *a; /* NULL: there was no daemon when it was last looked for */
};

/* -- on a screen -- */

static size_t count_lines(const char *text, size_t len)
{
    size_t n = 0;
    for (const char *s = text; (s = memchr(s, '\n', (size_t)(text + len - s))) != NULL; s++)
        n++;
    return n;
}

/* The last row is the prompt's, when all is over. */
static void draw(struct ctl *c, const char *text, size_t len)
{
    const size_t rows = out_rows(c->out) > 2 ? out_rows(c->out) - 1 : 2, lines = count_lines(text, len);
    const size_t shown = lines <= rows ? lines : rows - 1;
    (void)out_puts(c->out, BEGIN);
    for (size_t i = 0; i < shown; i++) {
        const char *end = memchr(text, '\n', len);
        const size_t n = (size_t)(end - text);
        (void)out_write(c->out, text, n);
        (void)out_puts(c->out, LINE_END);
        text += n + 1;
        len -= n + 1;
    }
    if (shown < lines)
        ctl_printf(c, "… %zu more lines: make the window higher", lines - shown);
    (void)out_puts(c->out, shown < lines ? LINE_END END : END);
}

static void draw_memory(struct ctl *c, int memory)
{
    struct stat st;
    const size_t len = fstat(memory, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
    char *text = len > 0 ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, memory, 0) : MAP_FAILED;
    if (text != MAP_FAILED) {
        draw(c, text, len);
        (void)munmap(text, len);
    }
    (void)close(memory);
}

/* What was not shown whole, as it failed, leaves the last view there. */
static int show(struct watch *w)
{
    struct capture capture = {-1, -1};
    const bool moves = w->c->out->terminal && colour_moves() && capture_begin(&capture, w->c->out);
    int status = w->view(w->c, w->a, w->data);
    const int memory = moves ? capture_end(&capture, w->c->out) : -1;
    if (memory >= 0 && status == EXIT_OK)
        draw_memory(w->c, memory);
    else if (memory >= 0)
        (void)close(memory);
    return status == EXIT_OK ? ctl_flush(w->c) : status;
}

/* -- again and again -- */

/* The daemon that is there, where the one before has gone. */
static int look_for_one(struct watch *w)
{
    int status;
    w->a = ctl_open_running(w->c, &status);
    return status;
}

static int turn(struct watch *w)
{
    int status = w->a == NULL ? look_for_one(w) : EXIT_OK;
    if (w->a == NULL || status != EXIT_OK)
        return status;
    status = show(w);
    if (status != EXIT_UNAVAILABLE || signals_pending() != 0)
        return status;
    ask_close(w->a);
    w->a = NULL;
    return EXIT_OK;
}

/* It ends a wait. */
static void on_resize(int sig)
{
    (void)sig;
}

int watch_run(struct ctl *c, watch_view *view, const void *data)
{
    static const char clear[] = "\x1b[2J";
    const struct sigaction resize = {.sa_handler = on_resize};
    struct watch w = {.c = c, .view = view, .data = data};
    int status;
    w.a = ctl_open(c, &status);
    if (w.a == NULL)
        return status;
    signals_catch();
    (void)sigaction(SIGWINCH, &resize, NULL);
    struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};
    if (c->out->terminal && colour_moves())
        (void)out_puts(c->out, clear);
    while (status == EXIT_OK && signals_pending() == 0) {
        status = turn(&w);
        if (status == EXIT_OK)
            (void)poll(&fd, 1, EVERY_MS);
    }
    ask_close(w.a);
    if (signals_pending() == 0)
        return status;
    return signals_pending() == SIGINT ? (int)EXIT_OK : 128 + signals_pending();
}
