#include "client/ctl/typed.h"
#include "client/common/signals.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void say(const char *text)
{
    (void)fd_write_all(STDERR_FILENO, text, strlen(text)); /* who does not see it can answer all the same */
}

/* 1 and a byte; 0 at the end of input, and where a signal came. */
static int read_byte(char *c)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
    for (;;) {
        if (signals_pending() != 0)
            return 0;
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0 || (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0)
            continue;
        const ssize_t n = read(STDIN_FILENO, c, 1);
        if (n > 0)
            return 1;
        if (n == 0 || errno != EINTR)
            return 0;
    }
}

static size_t trim(char *line, size_t len)
{
    while (len > 0 && memchr(" \t\r", line[len - 1], 3) != NULL)
        len--;
    line[len] = '\0';
    const size_t blank = strspn(line, " \t");
    memmove(line, line + blank, len - blank + 1);
    return len - blank;
}

ssize_t typed_line(const char *question, char *line, size_t size)
{
    size_t len = 0;
    char c;
    (void)tcflush(STDIN_FILENO, TCIFLUSH);
    say(question);
    while (read_byte(&c) != 0) {
        if (c == '\n')
            return (ssize_t)trim(line, len);
        if (len < size - 1)
            line[len++] = c;
    }
    say("\n"); /* no line was ended by whom it was asked */
    return -1;
}

int typed_yes(const char *question, bool usual)
{
    char text[512], line[16];
    (void)snprintf(text, sizeof(text), "%s %s ", question, usual ? "[Y/n]" : "[y/N]");
    for (;;) {
        const ssize_t n = typed_line(text, line, sizeof(line));
        if (n <= 0)
            return n < 0 ? -1 : usual;
        if (line[0] == 'y' || line[0] == 'Y')
            return 1;
        if (line[0] == 'n' || line[0] == 'N')
            return 0;
    }
}
