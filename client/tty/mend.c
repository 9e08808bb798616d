#include "client/tty/mend.h"
#include "client/tty/live.h"
#include "lib/base/fd.h"
#include <poll.h>
#include <string.h>

void mend_terminal(const struct out *out)
{
    struct pollfd fd = {.fd = out->fd, .events = POLLOUT};
    if (out->error != 0 && poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0)
        (void)fd_write_all(out->fd, LIVE_RESTORE, strlen(LIVE_RESTORE));
}
