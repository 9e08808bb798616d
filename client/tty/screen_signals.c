#include "client/tty/screen_signals.h"
#include "client/tty/screen_modes.h"
#include <errno.h>

static volatile sig_atomic_t continued;

static void on_resize(int sig)
{
    (void)sig;
}

static void on_stop(int sig)
{
    const int saved = errno;
    const bool quiet = screen_modes_are_quiet();
    (void)sig;
    if (quiet)
        screen_modes_restore();
    (void)raise(SIGSTOP);
    if (quiet)
        screen_modes_quiet();
    errno = saved;
}

static void on_continue(int sig)
{
    (void)sig;
    continued = 1;
}

/* Without SA_RESTART: what waits is to look. */
void screen_signals_catch(struct screen_signals *s)
{
    const struct sigaction resize = {.sa_handler = on_resize}, stop = {.sa_handler = on_stop},
                           go_on = {.sa_handler = on_continue};
    continued = 0;
    (void)sigaction(SIGWINCH, &resize, &s->resized);
    (void)sigaction(SIGTSTP, &stop, &s->stopped);
    (void)sigaction(SIGCONT, &go_on, &s->continued);
}

void screen_signals_restore(const struct screen_signals *s)
{
    (void)sigaction(SIGWINCH, &s->resized, NULL);
    (void)sigaction(SIGTSTP, &s->stopped, NULL);
    (void)sigaction(SIGCONT, &s->continued, NULL);
}

bool screen_signals_continued(void)
{
    const bool was = continued != 0;
    continued = 0;
    return was;
}
