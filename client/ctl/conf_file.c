#include "client/ctl/conf_file.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include "lib/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "askd.conf"

enum { FILE_MAX = 1 << 20 }; /* as the daemon has it */

void conf_wipe(struct buf *b)
{
    if (b->data != NULL)
        secret_wipe(b->data, b->cap);
    buf_done(b);
}

static enum error_code find(struct conf_file *f, struct error *err)
{
    const enum error_code code = paths_config_dir(f->path, sizeof(f->path) - sizeof("/" NAME), err);
    if (code != ERR_NONE)
        return code;
    (void)strcat(f->path, "/" NAME);
    if (realpath(f->path, f->real) != NULL)
        return ERR_NONE;
    if (errno != ENOENT)
        return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot look at %s", f->path);
    struct stat st;
    if (lstat(f->path, &st) == 0)
        return error_set(err, ERR_INVALID_REQUEST, "%s is a link that leads nowhere", f->path);
    (void)strcpy(f->real, f->path);
    return ERR_NONE;
}

static enum error_code read_open(struct conf_file *f, int fd, struct error *err)
{
    if (fstat(fd, &f->was) != 0)
        return error_set_errno(err, ERR_INTERNAL, errno, "cannot look at %s", f->path);
    if (!S_ISREG(f->was.st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "%s is not a file", f->path);
    if (f->was.st_uid != geteuid())
        return error_set(err, ERR_PERMISSION_DENIED, "%s belongs to another user", f->path);
    return fd_read_all(fd, f->path, &f->content, err);
}

enum error_code conf_file_read(struct conf_file *f, struct error *err)
{
    f->was = (struct stat){0};
    buf_init(&f->content, FILE_MAX);
    enum error_code code = find(f, err);
    if (code != ERR_NONE)
        return code;
    const int fd = open(f->real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? ERR_NONE
                               : error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot open %s", f->path);
    code = read_open(f, fd, err);
    (void)close(fd);
    return code;
}

static bool is_as_read(const struct conf_file *f)
{
    struct stat now;
    if (lstat(f->real, &now) != 0)
        return errno == ENOENT && f->was.st_ino == 0;
    return now.st_dev == f->was.st_dev && now.st_ino == f->was.st_ino && now.st_size == f->was.st_size &&
           now.st_mtim.tv_sec == f->was.st_mtim.tv_sec && now.st_mtim.tv_nsec == f->was.st_mtim.tv_nsec;
}

enum error_code conf_file_write(struct conf_file *f, const struct buf *text, struct error *err)
{
    char folder[PATH_MAX];
    struct error why = ERROR_INIT;
    int dirfd = -1;
    (void)strcpy(folder, f->real);
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    enum error_code code = fd_open_dir(folder, geteuid(), true, false, &dirfd, err);
    if (code != ERR_NONE)
        return code;
    if (!is_as_read(f))
        code = error_set(err, ERR_OVERLOADED, "%s was changed meanwhile: try again", f->path);
    else if ((code = fd_replace_file(dirfd, slash + 1, text->data, text->len, &why)) != ERR_NONE)
        (void)error_set(err, code, "in %s: %s", folder, why.message);
    (void)close(dirfd);
    if (code != ERR_NONE)
        return code;
    conf_file_done(f);
    return conf_file_read(f, err);
}

void conf_file_done(struct conf_file *f)
{
    conf_wipe(&f->content);
}
