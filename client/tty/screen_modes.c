#include "client/tty/screen_modes.h"
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

static struct termios found;
static bool known;

void screen_modes_init(void)
{
    known = tcgetattr(STDIN_FILENO, &found) == 0;
}

void screen_modes_quiet(void)
{
    struct termios quiet = found;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (known)
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
}

void screen_modes_restore(void)
{
    if (known)
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &found);
}
