#include "client/ctl/hidden.h"
#include "client/common/signals.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int signums[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
enum { SIGNALS = sizeof(signums) / sizeof(signums[0]) };

static volatile sig_atomic_t pending;

static void on_signal(int sig)
{
    pending = sig;
}

/* Without SA_RESTART, so that a read gives way. What is ignored stays so. */
static void catch_signals(struct sigaction before[SIGNALS])
{
    const struct sigaction act = {.sa_handler = on_signal};
    for (size_t i = 0; i < SIGNALS; i++) {
        (void)sigaction(signums[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            (void)sigaction(signums[i], &act, NULL);
    }
}

static void give_signals_back(const struct sigaction before[SIGNALS])
{
    for (size_t i = 0; i < SIGNALS; i++)
        (void)sigaction(signums[i], &before[i], NULL);
}

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* nobody sees it, and the line can be typed all the same */
}

/* Until the line's end, a signal, or the end of the file (0 bytes, unless something came before). */
static ssize_t read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    while (pending == 0) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n == 0 || (n > 0 && c == '\n'))
            return (ssize_t)len;
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0 && len < size)
            line[len++] = c;
    }
    errno = EINTR;
    return -1;
}

static ssize_t read_once(int fd, const char *prompt, char *line, size_t size)
{
    struct termios before, hidden;
    if (tcgetattr(fd, &before) != 0)
        return -1;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    if (pending != 0 || tcsetattr(fd, TCSAFLUSH, &hidden) != 0)
        return -1;
    say(prompt);
    ssize_t n = read_line(fd, line, size);
    int errnum = errno;
    say("\n");
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    errno = errnum;
    return n;
}

ssize_t hidden_read(int fd, const char *prompt, char *line, size_t size)
{
    for (;;) {
        struct sigaction before[SIGNALS];
        pending = 0;
        catch_signals(before);
        ssize_t n = read_once(fd, prompt, line, size);
        int errnum = errno, sig = pending;
        give_signals_back(before);
        errno = errnum;
        if (sig == 0)
            return n;
        (void)raise(sig); /* we are back after a stop, and where the program catches the signal itself */
        if (signals_pending() != 0) {
            errno = EINTR;
            return -1;
        }
    }
}
