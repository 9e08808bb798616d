#include "client/ctl/progress.h"
#include "client/common/colour.h"
#include "client/common/exit.h"
#include "client/ctl/bars.h"
#include "client/ctl/cells.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    AFTER_US = 1000000, /* what is quicker is not told of */
    EVERY_US = 100000,
    COLUMNS = 80, /* of a terminal that does not tell */
    BAR_CELLS = 20,
    BAR_BYTES = BAR_CELLS * 3 + 1,
    LINE_SIZE = 512
};
#define ERASE "\r\x1b[K"

static void put(const char *s, size_t len)
{
    const ssize_t n = write(STDERR_FILENO, s, len); /* what a terminal does not take is no loss */
    (void)n;
}

/* -- a signal while the line stands there -- */

static const int ending[] = {SIGINT, SIGTERM};
enum { ENDING = sizeof(ending) / sizeof(ending[0]) };

static void on_signal(int sig)
{
    put(ERASE, strlen(ERASE));
    (void)raise(sig); /* it has its default again */
}

/* What the program catches by itself, or was told to ignore, stays so. */
static void change_signals(void (*from)(int), void (*to)(int))
{
    struct sigaction now;
    const struct sigaction act = {.sa_handler = to, .sa_flags = to == on_signal ? (int)SA_RESETHAND : 0};
    for (size_t i = 0; i < ENDING; i++)
        if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler == from)
            (void)sigaction(ending[i], &act, NULL);
}

/* -- the line -- */

/* "41 %  12 of 29 MB", "12 MB", "7 s" */
static void count(char *out, size_t size, const struct progress *p, int64_t now)
{
    if (p->unit != NULL && p->all > 0)
        (void)snprintf(out, size, "%3.0f %%  %.0f of %.0f %s", p->done / p->all * 100, p->done, p->all, p->unit);
    else if (p->unit != NULL)
        (void)snprintf(out, size, "%.0f %s", p->done, p->unit);
    else
        (void)snprintf(out, size, "%lld s", (long long)((now - p->begun_us) / 1000000));
}

static void draw_bar(char out[BAR_BYTES + BAR_CELLS], const struct progress *p)
{
    char bar[BAR_SIZE];
    const size_t used = bar_draw(bar, (int64_t)(p->done / p->all * 1e6), 1000000, BAR_CELLS);
    (void)snprintf(out, BAR_BYTES + BAR_CELLS, "%.*s%*s", (int)BAR_BYTES, bar, (int)(BAR_CELLS - used), "");
}

static size_t columns_of_screen(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS;
}

/* What is known of it comes first: a long name is cut. */
static void draw(const struct progress *p, int64_t now)
{
    static const char *const wheel[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    enum { SPOKES = sizeof(wheel) / sizeof(wheel[0]) };
    char what[LINE_SIZE / 2], known[LINE_SIZE / 4], bar[BAR_BYTES + BAR_CELLS], line[LINE_SIZE];
    count(known, sizeof(known), p, now);
    error_text(what, sizeof(what), p->what, strlen(p->what));
    if (p->all > 0)
        draw_bar(bar, p);
    else
        (void)snprintf(bar, sizeof(bar), "%s", wheel[(size_t)(now / EVERY_US) % SPOKES]);
    const int n = snprintf(line, sizeof(line), "%s %s  %s", bar, known, what);
    const size_t len = n < 0 ? 0 : (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
    char whole[LINE_SIZE + 16];
    const int all =
        snprintf(whole, sizeof(whole), "\r%.*s\x1b[K", (int)cells_fit(line, len, columns_of_screen() - 1), line);
    put(whole, all > 0 ? (size_t)all : 0);
}

void progress_begin(struct progress *p, const char *what)
{
    *p = (struct progress){.what = what, .begun_us = clock_mono_us()};
}

int progress_turn(struct progress *p)
{
    const int64_t now = clock_mono_us();
    const int64_t due = p->shown_us == 0 ? p->begun_us + AFTER_US : p->shown_us + EVERY_US;
    if (isatty(STDERR_FILENO) != 1 || !colour_moves())
        return -1;
    if (now < due)
        return (int)((due - now) / 1000) + 1;
    if (p->shown_us == 0)
        change_signals(SIG_DFL, on_signal);
    exit_erase_first(true);
    draw(p, now);
    p->shown_us = now;
    return EVERY_US / 1000;
}

void progress_at(struct progress *p, double done, double all, const char *unit)
{
    p->done = done < all || all <= 0 ? done : all;
    p->all = all;
    p->unit = unit;
    (void)progress_turn(p);
}

void progress_end(struct progress *p)
{
    if (p->shown_us == 0)
        return;
    if (exit_erase_first(false))
        put(ERASE, strlen(ERASE));
    change_signals(on_signal, SIG_DFL);
    p->shown_us = 0;
}
