#include "daemon/core/endpoint.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCK_NAME "askd.lock"
#define BACKLOG 511

static int close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
    return -1;
}

void endpoint_close(struct endpoint *e)
{
    e->lock_fd = close_fd(e->lock_fd);
    e->state_lock_fd = close_fd(e->state_lock_fd);
    e->dir_fd = close_fd(e->dir_fd);
}

void endpoint_unlink(struct endpoint *e)
{
    if (e->ours)
        unlink(e->path);
    e->ours = false;
}

static enum error_code make_socket(struct endpoint *e, mode_t mode, struct error *err)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, e->path, sizeof a.sun_path);
    struct stat st;
    /* We hold the lock, so a socket that is there is a dead daemon's. Anything else is not ours to remove. */
    if (lstat(e->path, &st) == 0) {
        if (!S_ISSOCK(st.st_mode))
            return error_set(err, ERR_INVALID_REQUEST, "%s is there and is no socket; remove it", e->path);
        unlink(e->path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0777 & ~mode);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
    umask(before);
    if (!bound || listen(fd, BACKLOG) != 0) {
        int saved = errno;
        close_fd(fd);
        return error_set_errno(err, ERR_INTERNAL, saved, "cannot listen on %s", e->path);
    }
    e->listen_fd = fd;
    e->ours = true;
    return ERR_NONE;
}

/* One of the two locks, the one in the folder called `path`. */
static enum error_code take_lock(struct endpoint *e, int dir, const char *path, int *fd, struct error *err)
{
    enum error_code code = fd_lock(dir, LOCK_NAME, fd, &e->holder, err);
    const struct fd_holder *h = &e->holder;
    if (code == ERR_OVERLOADED)
        error_set(err, code, "askd%s%s (pid %ld) holds %s", *h->host ? " on " : "", h->host, (long)h->pid, path);
    return code;
}

static enum error_code lock_state(struct endpoint *e, const char *state_dir, struct error *err)
{
    int dir;
    enum error_code code = fd_open_dir(state_dir, geteuid(), true, true, &dir, err);
    if (code != ERR_NONE)
        return code;
    code = take_lock(e, dir, state_dir, &e->state_lock_fd, err);
    close(dir);
    return code;
}

enum error_code endpoint_open(struct endpoint *e, const char *path, const char *state_dir, mode_t mode, int handed_over,
                              struct error *err)
{
    *e = (struct endpoint){.dir_fd = -1, .lock_fd = -1, .state_lock_fd = -1, .listen_fd = -1};
    char dir[sizeof e->path];
    const char *slash = strrchr(path, '/');
    if (strlen(path) >= sizeof e->path || path[0] != '/' || slash == path)
        return error_set(err, ERR_INVALID_REQUEST, "the socket's path must be absolute and shorter than %zu bytes: %s",
                         sizeof e->path, path);
    memcpy(e->path, path, strlen(path) + 1);
    snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
    enum error_code code = fd_open_dir(dir, geteuid(), true, (mode & 077) == 0, &e->dir_fd, err);
    if (code == ERR_NONE)
        code = take_lock(e, e->dir_fd, dir, &e->lock_fd, err);
    if (code == ERR_NONE)
        code = lock_state(e, state_dir, err);
    if (code == ERR_NONE && handed_over >= 0)
        e->listen_fd = handed_over;
    else if (code == ERR_NONE)
        code = make_socket(e, mode, err);
    if (code != ERR_NONE)
        endpoint_close(e);
    return code;
}
