#include "daemon/archive/spool.h"
#include "lib/base/alloc.h"
#include "lib/base/file_kind.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "import-"

enum error_code spool_make(struct spool *s, const char *dir, struct error *err)
{
    s->path = xasprintf("%s/" PREFIX "XXXXXX", dir);
    s->fd = mkostemp(s->path, O_CLOEXEC); /* 0600 */
    if (s->fd >= 0)
        return ERR_NONE;
    error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot make a file in %s", dir);
    free(s->path);
    s->path = NULL;
    return err->code;
}

enum error_code spool_write(struct spool *s, const void *data, size_t len, struct error *err)
{
    const uint8_t *p = data;
    while (len > 0) {
        ssize_t n = write(s->fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot keep what is imported in %s", s->path);
        p += n;
        len -= (size_t)n;
    }
    return ERR_NONE;
}

enum error_code spool_settle(struct spool *s, struct error *err)
{
    uint8_t head[20];
    ssize_t n = pread(s->fd, head, sizeof head, 0);
    if (n < (ssize_t)sizeof head || !file_kind_sqlite(head, (size_t)n)) {
        const char *advice = n > 0 ? file_kind_advice(head, (size_t)n) : NULL;
        return error_set(err, ERR_INVALID_REQUEST, "%s",
                         advice ? advice : "this is no SQLite database, or an encrypted one");
    }
    static const uint8_t rollback[2] = {1, 1};
    if (memcmp(head + 18, rollback, sizeof rollback) != 0 && pwrite(s->fd, rollback, sizeof rollback, 18) != 2)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot change %s", s->path);
    return ERR_NONE;
}

void spool_unlink(struct spool *s)
{
    if (s->path)
        unlink(s->path);
    free(s->path);
    s->path = NULL;
}

void spool_done(struct spool *s)
{
    spool_unlink(s);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

void spool_sweep(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    while (d && (e = readdir(d)))
        if (strncmp(e->d_name, PREFIX, sizeof PREFIX - 1) == 0 && strlen(e->d_name) == sizeof PREFIX - 1 + 6)
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
}
