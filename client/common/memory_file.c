#include "client/common/memory_file.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int memory_file_new(const char *name, const struct buf *content)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0 || content == NULL)
        return fd;
    if (fd_write_all(fd, content->data, content->len) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    int errnum = errno;
    (void)close(fd);
    errno = errnum;
    return -1;
}
