#include "client/tty/screen_modes.h"
#include "client/common/signals.h"
#include "client/tty/mend.h"
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static struct termios found;
static bool known;
static volatile sig_atomic_t quiet;

/* The input may be a pipe, but what is typed is shown where we draw. */
static int terminal(void)
{
    return isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : STDOUT_FILENO;
}

/* Who sets the modes from the background is stopped for it. */
void screen_modes_init(void)
{
    known = tcgetpgrp(terminal()) == getpgrp() && tcgetattr(terminal(), &found) == 0;
}

/* At once: nothing is waited for that a stopped terminal does not take. */
static bool set(const struct termios *modes)
{
    return known && tcgetpgrp(terminal()) == getpgrp() && tcsetattr(terminal(), TCSANOW, modes) == 0;
}

void screen_modes_quiet(void)
{
    struct termios modes = found;
    modes.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    quiet = set(&modes);
}

bool screen_modes_are_quiet(void)
{
    return quiet != 0;
}

void screen_modes_restore(void)
{
    (void)set(&found);
    quiet = 0;
}

void screen_modes_leave(void)
{
    mend_at_once(STDOUT_FILENO);
    screen_modes_restore();
}

bool screen_modes_take(void)
{
    if (screen_modes_are_quiet())
        return false;
    screen_modes_init();
    signals_at_end(screen_modes_leave);
    screen_modes_quiet();
    return true;
}

void screen_modes_give(void)
{
    screen_modes_restore();
    signals_at_end(NULL);
}
