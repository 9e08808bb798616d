#include "client/tty/mend.h"
#include "client/tty/live.h"
#include "lib/base/fd.h"
#include <poll.h>
#include <string.h>

void mend_at_once(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    if (poll(&room, 1, MEND_WAIT_MS) == 1 && (room.revents & POLLOUT) != 0)
        (void)fd_write_all(fd, LIVE_RESTORE, strlen(LIVE_RESTORE));
}

void mend_terminal(const struct out *out)
{
    if (out->error != 0)
        mend_at_once(out->fd);
}
