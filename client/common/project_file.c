#include "client/common/project_file.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void project_file_init(struct project_file *p)
{
    struct buf *const texts[] = {&p->content, &p->model, &p->system, &p->prompt, &p->budget};
    p->path[0] = '\0';
    p->folder = -1;
    p->n_attach = 0;
    context_sets_init(&p->contexts);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        buf_init(texts[i], PROJECT_FILE_MAX);
    for (size_t i = 0; i < PROJECT_PATTERNS; i++)
        buf_init(&p->attach[i], PROJECT_FILE_MAX);
}

void project_file_done(struct project_file *p)
{
    struct buf *const texts[] = {&p->content, &p->model, &p->system, &p->prompt, &p->budget};
    if (p->folder >= 0)
        (void)close(p->folder);
    p->folder = -1;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        buf_done(texts[i]);
    for (size_t i = 0; i < PROJECT_PATTERNS; i++)
        buf_done(&p->attach[i]);
    context_sets_done(&p->contexts);
}

static enum error_code check(const struct stat *st, const char *path, struct error *err)
{
    if (!S_ISREG(st->st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "%s is no regular file", path);
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return error_set(err, ERR_PERMISSION_DENIED, "%s belongs to another user", path);
    if ((st->st_mode & S_IWOTH) != 0)
        return error_set(err, ERR_PERMISSION_DENIED, "%s can be written by everybody", path);
    return ERR_NONE;
}

/* The file in p->folder. A link is not followed: what it leads to may not be the project's. A FIFO must not hold us up
 * before it is refused. */
static enum error_code open_in_folder(struct project_file *p, const char *name, struct error *err)
{
    struct stat st;
    int fd = openat(p->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(err, ERR_NOT_FOUND, "there is no %s", p->path);
    if (fd < 0 && errno == ELOOP)
        return error_set(err, ERR_INVALID_REQUEST, "%s is a symbolic link", p->path);
    if (fd < 0)
        return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot open %s", p->path);
    enum error_code code = fstat(fd, &st) == 0
                               ? check(&st, p->path, err)
                               : error_set_errno(err, ERR_INTERNAL, errno, "cannot look at %s", p->path);
    if (code == ERR_NONE)
        code = fd_read_all(fd, p->path, &p->content, err);
    (void)close(fd);
    return code;
}

static bool open_folder(struct project_file *p, const char *path, struct stat *st)
{
    if (p->folder >= 0)
        (void)close(p->folder);
    p->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return p->folder >= 0 && fstat(p->folder, st) == 0;
}

static bool is_home(const struct stat *st)
{
    struct stat home;
    const char *path = getenv("HOME");
    return path != NULL && stat(path, &home) == 0 && home.st_dev == st->st_dev && home.st_ino == st->st_ino;
}

static bool set_path(struct project_file *p, const char *folder, const char *name)
{
    int n = snprintf(p->path, sizeof(p->path), "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    return n > 0 && (size_t)n < sizeof(p->path);
}

static enum error_code none(struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "there is no %s here or above", PROJECT_FILE_NAME);
}

enum error_code project_file_find(struct project_file *p, struct error *err)
{
    char folder[PATH_MAX];
    struct stat st, start;
    if (getcwd(folder, sizeof(folder)) == NULL || folder[0] != '/' || stat(".", &start) != 0)
        return none(err); /* a folder that was removed, or that cannot be named */
    for (;;) {
        if (!open_folder(p, folder, &st) || st.st_dev != start.st_dev || !set_path(p, folder, PROJECT_FILE_NAME))
            return none(err);
        enum error_code code = open_in_folder(p, PROJECT_FILE_NAME, err);
        if (code != ERR_NOT_FOUND)
            return code;
        if (is_home(&st) || strcmp(folder, "/") == 0)
            return none(err);
        char *slash = strrchr(folder, '/');
        slash[slash == folder] = '\0';
    }
}

enum error_code project_file_open(struct project_file *p, const char *path, struct error *err)
{
    char folder[PATH_MAX], resolved[PATH_MAX];
    struct stat st;
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t len = slash != NULL ? (size_t)(slash - path) + (slash == path) : 1;
    if (len >= sizeof(folder) || name[0] == '\0')
        return error_set(err, ERR_INVALID_REQUEST, "'%.200s' names no file", path);
    memcpy(folder, slash != NULL ? path : ".", len);
    folder[len] = '\0';
    if (realpath(folder, resolved) == NULL || !open_folder(p, resolved, &st))
        return error_set_errno(err, ERR_NOT_FOUND, errno, "cannot open the folder of %.200s", path);
    if (!set_path(p, resolved, name))
        return error_set(err, ERR_INVALID_REQUEST, "the path of %.200s is too long", path);
    return open_in_folder(p, name, err);
}
