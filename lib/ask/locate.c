#include "lib/ask/internal.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum ask_status failure_set(struct ask_error *err, enum ask_status status, const char *fmt, ...)
{
    if (err == NULL)
        return status;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    err->status = status;
    return status;
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static bool unit_in(const char *folder)
{
    static const char *const units[] = {"askd.socket", "askd.service", "sockets.target.wants/askd.socket",
                                        "default.target.wants/askd.service"};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s/%s", folder, units[i]);
        if (n > 0 && (size_t)n < sizeof(path) && exists(path))
            return true;
    }
    return false;
}

bool system_daemon_is_there(void)
{
    return exists(PATHS_SYSTEM_SOCKET);
}

/* Whether this user has a daemon of their own, even if it does not run now. The units that a package installs for
 * everybody do not count, only those that somebody enabled or wrote. */
static bool user_has_daemon(void)
{
    char path[PATH_MAX];
    if (paths_state_dir(path, sizeof(path), NULL) == ERR_NONE && exists(path))
        return true;
    if (paths_config_dir(path, sizeof(path), NULL) == ERR_NONE) {
        char *last = strrchr(path, '/'); /* from …/askd to …/systemd/user */
        size_t room = sizeof(path) - (size_t)(last - path);
        int n = snprintf(last, room, "/systemd/user");
        if (n > 0 && (size_t)n < room && unit_in(path))
            return true;
    }
    return unit_in("/etc/systemd/user");
}

static enum ask_status place_named(const char *path, struct place *place, struct ask_error *err)
{
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(place->path) || path[len - 1] == '/')
        return failure_set(err, ASK_NO_DAEMON, "'%.200s' cannot be the path of a socket: name the file askd.sock",
                           path);
    place->kind = PLACE_NAMED;
    memcpy(place->path, path, len + 1);
    return ASK_OK;
}

enum ask_status locate_place(const struct ask_options *opt, struct place *place, struct ask_error *err)
{
    const char *named = opt != NULL ? opt->socket : NULL;
    if (named == NULL)
        named = getenv("ASKD_SOCKET");
    if (named != NULL && (named[0] != '\0' || (opt != NULL && opt->socket != NULL)))
        return place_named(named, place, err);

    struct error why = ERROR_INIT;
    if (paths_user_socket(place->path, sizeof(place->path), &why) != ERR_NONE)
        return failure_set(err, ASK_SYSTEM, "%s", why.message);
    place->kind = PLACE_USER;
    if (!exists(place->path) && system_daemon_is_there() && !user_has_daemon()) {
        place->kind = PLACE_SYSTEM;
        memcpy(place->path, PATHS_SYSTEM_SOCKET, sizeof(PATHS_SYSTEM_SOCKET));
    }
    return ASK_OK;
}

static bool is_askd_user(uid_t uid)
{
    char text[4096];
    struct passwd entry, *found = NULL;
    return getpwnam_r("askd", &entry, text, sizeof(text), &found) == 0 && found != NULL && found->pw_uid == uid;
}

/* The account database is asked last: reading it is most of what a client would otherwise do. */
bool locate_trusts(enum place_kind kind, uid_t uid)
{
    if (kind != PLACE_SYSTEM && uid == geteuid())
        return true;
    return kind != PLACE_USER && (uid == 0 || is_askd_user(uid));
}

static enum ask_status check_folder(const struct place *place, int dirfd, struct ask_error *err)
{
    struct stat st;
    if (fstat(dirfd, &st) != 0)
        return failure_set(err, ASK_SYSTEM, "cannot look at the folder of %s: %s", place->path, strerror(errno));
    if (!locate_trusts(place->kind, st.st_uid))
        return failure_set(err, ASK_UNSAFE, "the folder of %s belongs to uid %u: remove it or name another socket",
                           place->path, (unsigned)st.st_uid);
    if (place->kind == PLACE_USER && (st.st_mode & 077) != 0)
        return failure_set(err, ASK_UNSAFE, "the folder of %s is open to others (mode %04o): chmod 0700 it",
                           place->path, (unsigned)st.st_mode & 07777);
    /* In a sticky folder such as /tmp others can take the name first; the check of the peer then refuses them. */
    bool sticky = place->kind == PLACE_NAMED && (st.st_mode & S_ISVTX) != 0;
    if ((st.st_mode & 022) != 0 && !sticky)
        return failure_set(err, ASK_UNSAFE, "others can write to the folder of %s (mode %04o): chmod go-w it",
                           place->path, (unsigned)st.st_mode & 07777);
    return ASK_OK;
}

bool place_is_forwarded(const struct place *place)
{
    return place->kind == PLACE_NAMED && getenv("SSH_CONNECTION") != NULL;
}

/* A socket that ssh brought stays behind when its connection ends, and is then in the way of the next one. */
static enum ask_status nobody_listens(const struct place *place, bool left_behind, struct ask_error *err)
{
    if (!place_is_forwarded(place))
        return failure_set(err, ASK_NO_DAEMON, "no daemon listens on %s: start askd", place->path);
    if (!left_behind)
        return failure_set(
            err, ASK_NO_DAEMON,
            "no daemon listens on %.200s: connect with ssh -R, or with RemoteForward in the ~/.ssh/config "
            "of where you come from; or unset ASKD_SOCKET to use a daemon of this machine",
            place->path);
    return failure_set(err, ASK_NO_DAEMON,
                       "no daemon listens on %.200s any more: remove that file and connect with ssh -R again "
                       "(StreamLocalBindUnlink yes in this machine's sshd_config spares you that)",
                       place->path);
}

/* Opens and checks the socket's folder; *name is the socket's name in it. */
static enum ask_status open_folder(const struct place *place, int *dirfd, const char **name, struct ask_error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(place->path, '/');
    *name = slash != NULL ? slash + 1 : place->path;
    if (slash == NULL) {
        memcpy(folder, ".", 2);
    } else {
        size_t len = slash == place->path ? 1 : (size_t)(slash - place->path);
        memcpy(folder, place->path, len);
        folder[len] = '\0';
    }

    *dirfd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*dirfd < 0) {
        if (errno == ENOENT)
            return nobody_listens(place, false, err);
        if (errno == ENOTDIR || errno == ELOOP)
            return failure_set(err, ASK_UNSAFE, "%s is a link or no folder: name the real folder", folder);
        return failure_set(err, errno == EACCES ? ASK_UNSAFE : ASK_SYSTEM, "cannot open the folder %s: %s", folder,
                           strerror(errno));
    }
    enum ask_status status = check_folder(place, *dirfd, err);
    if (status != ASK_OK)
        (void)close(*dirfd);
    return status;
}

static enum ask_status check_peer(const struct place *place, int fd, struct ask_error *err)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return failure_set(err, ASK_SYSTEM, "cannot tell who serves %s: %s", place->path, strerror(errno));
    if (!locate_trusts(place->kind, peer.uid))
        return failure_set(err, ASK_UNSAFE, "%s is served by uid %u, who is not trusted: name another socket",
                           place->path, (unsigned)peer.uid);
    return ASK_OK;
}

static enum ask_status connect_failure(const struct place *place, int errnum, struct ask_error *err)
{
    switch (errnum) {
    case ENOENT:
    case ECONNREFUSED: return nobody_listens(place, errnum == ECONNREFUSED, err);
    case EINTR: return failure_set(err, ASK_INTERRUPTED, "interrupted");
    case EACCES:
        return failure_set(err, ASK_UNSAFE, "may not connect to %s: %s", place->path,
                           place->kind == PLACE_SYSTEM ? "join the group askd" : "ask its owner");
    default: return failure_set(err, ASK_SYSTEM, "cannot connect to %s: %s", place->path, strerror(errnum));
    }
}

enum ask_status locate_connect(const struct place *place, int *fd, struct ask_error *err)
{
    int dirfd = -1;
    const char *name = NULL;
    enum ask_status status = open_folder(place, &dirfd, &name, err);
    if (status != ASK_OK)
        return status;

    /* Through the descriptor that was checked: no folder can be put in its place, and a long path fits into sun_path.
     */
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", dirfd, name);
    if (n < 0 || (size_t)n >= sizeof(addr.sun_path)) {
        (void)close(dirfd);
        return failure_set(err, ASK_NO_DAEMON, "the name of the socket %s is too long: choose a shorter one",
                           place->path);
    }
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sock < 0)
        status = failure_set(err, ASK_SYSTEM, "cannot make a socket: %s", strerror(errno));
    else if (connect(sock, (const struct sockaddr *)&addr, sizeof(addr)) != 0)
        status = connect_failure(place, errno, err);
    else
        status = check_peer(place, sock, err);
    (void)close(dirfd);
    if (status == ASK_OK)
        *fd = sock;
    else if (sock >= 0)
        (void)close(sock);
    return status;
}

enum ask_status ask_locate(const struct ask_options *opt, char *path, size_t size, struct ask_error *err)
{
    struct place place;
    enum ask_status status = locate_place(opt, &place, err);
    if (status != ASK_OK)
        return status;
    size_t len = strlen(place.path);
    if (len >= size)
        return failure_set(err, ASK_SYSTEM, "the path of the socket is longer than %zu bytes", size);
    memcpy(path, place.path, len + 1);
    return ASK_OK;
}
