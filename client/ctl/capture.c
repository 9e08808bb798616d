#include "client/ctl/capture.h"
#include "client/common/memory_file.h"
#include <fcntl.h>
#include <unistd.h>

static void close_open(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

bool capture_begin(struct capture *p, struct out *out)
{
    p->memory = memory_file_new("askctl", NULL);
    p->screen = fcntl(out->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (p->memory >= 0 && p->screen >= 0 && out_flush(out) && dup2(p->memory, out->fd) == out->fd) {
        out->screen = p->screen;
        return true;
    }
    close_open(p->memory);
    close_open(p->screen);
    p->memory = p->screen = -1;
    return false;
}

int capture_end(struct capture *p, struct out *out)
{
    const int memory = p->memory;
    if (memory < 0)
        return -1;
    (void)out_flush(out);
    (void)dup2(p->screen, out->fd);
    (void)close(p->screen);
    out->screen = out->fd;
    p->memory = p->screen = -1;
    (void)lseek(memory, 0, SEEK_SET);
    return memory;
}
