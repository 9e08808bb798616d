#include "client/common/signals.h"
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t pending;
static volatile sig_atomic_t wake = -1;
static volatile sig_atomic_t at_once;
static struct sigaction pipe_before; /* what was done with SIGPIPE, by default nothing of ours */
static void (*before_end)(void);     /* NULL: nothing; set before a signal may come, and so is this: */
static bool stays;                   /* a second SIGINT does not end the program */

static void end(int sig)
{
    if (before_end != NULL)
        before_end();
    _exit(128 + sig);
}

static void on_signal(int sig)
{
    int saved = errno;
    const uint64_t one = 1;
    if (pending != 0 && stays && sig == SIGINT)
        return;
    if (pending != 0 && !(stays && pending == SIGINT))
        end(sig);
    if (at_once)
        end(sig);
    pending = sig;
    if (write(wake, &one, sizeof(one)) < 0)
        end(sig); /* nobody would notice it */
    errno = saved;
}

void signals_catch(void)
{
    if (wake >= 0)
        return;
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, &pipe_before);
    if (wake < 0)
        return; /* the signals keep their default and still end us */
    /* Without SA_RESTART: a write to a pipe that nobody reads must give way to the signal. */
    struct sigaction act = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
}

void signals_release(void)
{
    (void)sigaction(SIGPIPE, &pipe_before, NULL);
}

void signals_at_end(void (*before)(void))
{
    const struct sigaction act = {.sa_handler = before != NULL ? on_signal : SIG_DFL};
    before_end = before;
    (void)sigaction(SIGHUP, &act, NULL);
    (void)sigaction(SIGQUIT, &act, NULL);
}

void signals_stay(void (*before)(void))
{
    signals_at_end(before);
    stays = true;
}

void signals_end_at_once(bool now)
{
    at_once = now;
    if (now && pending != 0)
        end(pending);
}

int signals_fd(void)
{
    return wake;
}

int signals_pending(void)
{
    return pending;
}

void signals_clear(void)
{
    uint64_t count;
    pending = 0;
    if (wake >= 0 && read(wake, &count, sizeof(count)) < 0)
        return; /* there was none */
}
