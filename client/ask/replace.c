#include "client/ask/replace.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool replace_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* -- beside -- */

/* The folder's part of a path, with its slash. */
static int folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (int)(slash + 1 - path) : 0;
}

/* As any program makes a file. */
static mode_t usual_mode(void)
{
    const mode_t mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/* Owner and mode of the file that it is to be. Where we may not give a file away it becomes ours, without the bits that
 * would lend our rights. */
static bool dress(int fd, const struct stat *like)
{
    struct stat own;
    if (like == NULL)
        return fchmod(fd, usual_mode()) == 0;
    if (fstat(fd, &own) != 0)
        return false;
    bool given = own.st_uid == like->st_uid && own.st_gid == like->st_gid;
    given = given || fchown(fd, like->st_uid, like->st_gid) == 0;
    return fchmod(fd, like->st_mode & (given ? 07777U : 0777U)) == 0;
}

static bool write_beside(struct replacement *r)
{
    int n = snprintf(r->beside, sizeof(r->beside), "%.*s.ask-XXXXXX", folder_len(r->path), r->path);
    int fd = n < (int)sizeof(r->beside) ? mkostemp(r->beside, O_CLOEXEC) : -1;
    if (fd < 0) {
        errno = n < (int)sizeof(r->beside) ? errno : ENAMETOOLONG;
        r->beside[0] = '\0';
        return false;
    }
    bool good = fd_write_all(fd, r->text->data, r->text->len) && dress(fd, r->there) && fsync(fd) == 0 &&
                fstat(fd, &r->put) == 0;
    int errnum = errno;
    if (close(fd) != 0 && good) {
        errnum = errno;
        good = false;
    }
    errno = errnum;
    return good;
}

enum error_code replace_prepare(struct replacement *r, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        r[i].beside[0] = '\0';
    for (size_t i = 0; i < n; i++)
        if (r[i].text != NULL && !write_beside(&r[i]))
            return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot write beside %s", r[i].path);
    return ERR_NONE;
}

/* -- in their places -- */

static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%.*s.", folder_len(path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return; /* a folder that we may not read keeps the name all the same */
    (void)fsync(fd);
    (void)close(fd);
}

static bool is_as_looked_at(const struct replacement *r)
{
    struct stat now;
    if (lstat(r->path, &now) != 0)
        return errno == ENOENT && r->there == NULL;
    return r->there != NULL && replace_same(&now, r->there);
}

/* A file that came meanwhile is not written over, where the file system can tell. */
static bool put_new(const struct replacement *r)
{
    if (renameat2(AT_FDCWD, r->beside, AT_FDCWD, r->path, RENAME_NOREPLACE) == 0)
        return true;
    return errno == EINVAL && rename(r->beside, r->path) == 0;
}

static bool put(struct replacement *r)
{
    if (r->text == NULL)
        return unlink(r->path) == 0;
    if (r->there == NULL ? !put_new(r) : rename(r->beside, r->path) != 0)
        return false;
    r->beside[0] = '\0';
    return true;
}

enum error_code replace_commit(struct replacement *r, size_t n, size_t *done, struct error *err)
{
    for (*done = 0; *done < n; (*done)++) {
        struct replacement *one = &r[*done];
        if (!is_as_looked_at(one))
            return error_set(err, ERR_OVERLOADED, "%s was changed meanwhile", one->path);
        if (!put(one))
            return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot replace %s", one->path);
        sync_folder(one->path);
    }
    return ERR_NONE;
}

void replace_done(struct replacement *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r[i].beside[0] != '\0')
            (void)unlink(r[i].beside);
}
