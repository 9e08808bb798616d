#include "client/ctl/key_file.h"
#include "lib/base/fd.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NAME_SIZE = KEY_FOLDER_NAME_MAX + sizeof(KEY_FOLDER_MARKER) + 32 };

enum error_code key_folder_open(struct key_folder *f, bool create, struct error *err)
{
    enum error_code code = paths_config_dir(f->path, sizeof(f->path) - sizeof("/" KEY_FOLDER), err);
    f->fd = -1;
    if (code != ERR_NONE)
        return code;
    (void)strcat(f->path, "/" KEY_FOLDER);
    return fd_open_dir(f->path, geteuid(), create, true, &f->fd, err);
}

void key_folder_close(struct key_folder *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return true;
}

/* The mode does not hang on the umask. */
static bool fill(int fd, const char *key, size_t len)
{
    return fchmod(fd, 0600) == 0 && write_all(fd, key, len) && (len == 0 || write_all(fd, "\n", 1)) && fsync(fd) == 0;
}

enum error_code key_file_write(const struct key_folder *f, const char *name, const char *key, size_t len,
                               struct error *err)
{
    char temporary[FILE_NAME_SIZE];
    (void)snprintf(temporary, sizeof(temporary), ".%s.%ld", name, (long)getpid());
    int fd = openat(f->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool made = fd >= 0, good = made && fill(fd, key, len);
    int errnum = errno;
    if (made && close(fd) != 0 && good) {
        errnum = errno;
        good = false;
    }
    if (good && renameat(f->fd, temporary, f->fd, name) != 0) {
        errnum = errno;
        good = false;
    }
    if (good) {
        (void)fsync(f->fd); /* on a file system that cannot, the file is there all the same */
        return ERR_NONE;
    }
    if (made)
        (void)unlinkat(f->fd, temporary, 0);
    return error_set_errno(err, ERR_INTERNAL, errnum, "cannot write %s/%s", f->path, name);
}

enum error_code key_file_remove(const struct key_folder *f, const char *name, bool *removed, struct error *err)
{
    *removed = unlinkat(f->fd, name, 0) == 0;
    if (*removed || errno == ENOENT)
        return ERR_NONE;
    return error_set_errno(err, ERR_INTERNAL, errno, "cannot remove %s/%s", f->path, name);
}
