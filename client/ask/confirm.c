#include "client/ask/confirm.h"
#include "client/common/signals.h"
#include "lib/base/fd.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

bool confirm_possible(void)
{
    int fd = open_terminal();
    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

/* One line; its first letter that is no blank, 0 for none. False at the end of input and after a signal. */
static bool read_letter(int fd, char *letter)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
    *letter = 0;
    for (;;) {
        char c;
        if (signals_pending() != 0)
            return false;
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0 || (fds[0].revents & (POLLIN | POLLHUP)) == 0)
            continue;
        ssize_t n = read(fd, &c, 1);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        if (n < 0)
            continue;
        if (c == '\n')
            return true;
        if (*letter == 0 && isspace((unsigned char)c) == 0)
            *letter = (char)tolower((unsigned char)c);
    }
}

char confirm_choose(const char *question, const char *choices)
{
    const char none = choices[strlen(choices) - 1];
    char letter = 0;
    int fd = open_terminal();
    if (fd < 0)
        return none;
    (void)tcflush(fd, TCIFLUSH); /* what was typed before the question is no answer to it */
    do {
        if (!fd_write_all(fd, question, strlen(question)) || !read_letter(fd, &letter)) {
            letter = 0;
            (void)fd_write_all(fd, "\n", 1); /* no line was ended by whom it was asked */
        }
    } while (letter != 0 && strchr(choices, letter) == NULL);
    (void)close(fd);
    return letter != 0 ? letter : none;
}
