#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static enum error_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT: return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case ENOTDIR: return ERR_PERMISSION_DENIED;
    default: return ERR_INTERNAL;
    }
}

/* Makes what is missing of path, from the top. path is cut at each step and mended again; on failure it stays cut. */
static enum error_code make_dirs(char *path, struct error *err)
{
    for (char *p = path + 1;; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return error_set_errno(err, code_of_errno(errno), errno, "cannot make the folder %s", path);
        *p = c;
        if (c == '\0')
            return ERR_NONE;
    }
}

static enum error_code check_dir(int fd, const char *path, uid_t owner, bool private, struct error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return error_set_errno(err, ERR_INTERNAL, errno, "cannot look at the folder %s", path);
    if (st.st_uid != owner)
        return error_set(err, ERR_PERMISSION_DENIED, "the folder %s belongs to uid %u, not to uid %u", path,
                         (unsigned)st.st_uid, (unsigned)owner);
    if (st.st_mode & (private ? 077 : 022))
        return error_set(err, ERR_PERMISSION_DENIED, "the folder %s is open to others (mode %04o); chmod %s it", path,
                         (unsigned)(st.st_mode & 07777), private ? "700" : "go-w");
    return ERR_NONE;
}

enum error_code fd_open_dir(const char *path, uid_t owner, bool create, bool private, int *fd, struct error *err)
{
    char clean[PATH_MAX];
    size_t len = strlen(path);
    enum error_code code;

    if (len == 0 || len >= sizeof(clean))
        return error_set(err, ERR_INVALID_REQUEST, "a folder's path is %s", len ? "too long" : "empty");
    memcpy(clean, path, len + 1);
    while (len > 1 && clean[len - 1] == '/') /* "link/" would be followed in spite of O_NOFOLLOW */
        clean[--len] = '\0';

    if (create && (code = make_dirs(clean, err)) != ERR_NONE)
        return code;
    int dir = open(clean, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return error_set_errno(err, code_of_errno(errno), errno, "cannot open %s as a folder that is no link", clean);
    code = check_dir(dir, clean, owner, private, err);
    if (code != ERR_NONE) {
        close(dir);
        return code;
    }
    *fd = dir;
    return ERR_NONE;
}

/* read(2) that goes on after a signal. */
static ssize_t read_some(int fd, void *data, size_t len)
{
    ssize_t n;

    do {
        n = read(fd, data, len);
    } while (n < 0 && errno == EINTR);
    return n;
}

ssize_t fd_read_up_to(int fd, void *data, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = read_some(fd, (char *)data + got, len - got);
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static enum error_code check_file(const struct stat *st, const char *path, bool secret, struct error *err)
{
    if (!S_ISREG(st->st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "%s is not a regular file", path);
    if (secret && (st->st_mode & 044))
        return error_set(err, ERR_PERMISSION_DENIED, "%s can be read by others (mode %04o); chmod 600 it", path,
                         (unsigned)(st->st_mode & 07777));
    return ERR_NONE;
}

enum error_code fd_read_all(int fd, const char *path, struct buf *out, struct error *err)
{
    uint8_t chunk[16 << 10];
    enum error_code code = ERR_NONE;

    for (;;) {
        ssize_t n = read_some(fd, chunk, sizeof(chunk));
        if (n == 0)
            break;
        if (n < 0) {
            code = error_set_errno(err, code_of_errno(errno), errno, "cannot read %s", path);
            break;
        }
        if (!buf_append(out, chunk, (size_t)n)) {
            code = error_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes", path, out->max);
            break;
        }
    }
    secret_wipe(chunk, sizeof(chunk));
    return code;
}

enum error_code fd_read_file(const char *path, bool secret, struct buf *out, struct error *err)
{
    struct stat st;
    enum error_code code;

    buf_clear(out);
    int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold us up before it is refused */
    if (fd < 0)
        return error_set_errno(err, code_of_errno(errno), errno, "cannot open %s", path);
    if (fstat(fd, &st) < 0)
        code = error_set_errno(err, ERR_INTERNAL, errno, "cannot look at %s", path);
    else
        code = check_file(&st, path, secret, err);
    /* Room for all of it at once: a buf that grew would leave pieces of a key behind in freed memory. */
    if (code == ERR_NONE && !buf_reserve(out, (size_t)st.st_size))
        code = error_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes", path, out->max);
    if (code == ERR_NONE)
        code = fd_read_all(fd, path, out, err);
    close(fd);
    if (code != ERR_NONE) {
        secret_wipe(out->data, out->len);
        buf_clear(out);
    }
    return code;
}

/* A host's name as the kernel has it; bytes that do not belong into one become '?'. */
static void clean_host(char *host)
{
    for (char *c = host; *c; c++)
        if (*c <= ' ' || *c > '~')
            *c = '?';
}

static void own_host(char host[HOST_NAME_MAX + 1])
{
    if (gethostname(host, HOST_NAME_MAX + 1) != 0)
        host[0] = '\0';
    host[HOST_NAME_MAX] = '\0';
    clean_host(host);
}

static void read_holder(int fd, struct fd_holder *holder)
{
    char text[HOST_NAME_MAX + 32], *end;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

    if (n <= 0)
        return;
    text[n] = '\0';
    long pid = strtol(text, &end, 10);
    if (pid <= 0 || pid > INT_MAX)
        return;
    holder->pid = (pid_t)pid;
    if (*end == ' ')
        snprintf(holder->host, sizeof(holder->host), "%.*s", (int)strcspn(end + 1, " \n"), end + 1);
    clean_host(holder->host);
}

static bool write_holder(int fd)
{
    char host[HOST_NAME_MAX + 1], text[sizeof(host) + 32];

    own_host(host);
    int len = snprintf(text, sizeof(text), "%ld%s%s\n", (long)getpid(), *host ? " " : "", host);
    if (ftruncate(fd, 0) < 0)
        return false;
    /* On a full disk the lock is held all the same, and does not say by whom. */
    return pwrite(fd, text, (size_t)len, 0) == len || errno == ENOSPC || errno == EDQUOT;
}

bool fd_holder_is_here(const struct fd_holder *holder)
{
    char host[HOST_NAME_MAX + 1];

    own_host(host);
    return !*holder->host || !*host || strcmp(holder->host, host) == 0;
}

enum { OPEN_BENEATH = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* A name at a time. */
int fd_open_without_links(int dirfd, const char *path)
{
    int at = dirfd;
    for (const char *name = path, *end; *name != '\0'; name = end + strspn(end, "/")) {
        char part[NAME_MAX + 1];
        size_t len = strcspn(name, "/");
        end = name + len;
        if (len > NAME_MAX || (len == 2 && memcmp(name, "..", 2) == 0)) {
            errno = len > NAME_MAX ? ENAMETOOLONG : EXDEV;
            len = 0;
        }
        memcpy(part, name, len);
        part[len] = '\0';
        int next = len > 0 ? openat(at, part, OPEN_BENEATH | O_NOFOLLOW) : -1, errnum = errno;
        if (at != dirfd)
            close(at);
        if (next < 0) {
            errno = errnum == ELOOP ? EXDEV : errnum;
            return -1;
        }
        at = next;
    }
    return at;
}

int fd_open_beneath(int dirfd, const char *path)
{
    struct open_how how = {.flags = OPEN_BENEATH, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) /* EPERM: a filter of calls that does not know this one */
        return fd;
    return fd_open_without_links(dirfd, path);
}

bool fd_write_all(int fd, const void *data, size_t len)
{
    const char *bytes = data;
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
static bool fill(int fd, const void *data, size_t len)
{
    return fchmod(fd, 0600) == 0 && fd_write_all(fd, data, len) && fsync(fd) == 0;
}

enum error_code fd_replace_file(int dirfd, const char *name, const void *data, size_t len, struct error *err)
{
    char temporary[NAME_MAX + 1];
    int n = snprintf(temporary, sizeof(temporary), ".%s.%ld", name, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof(temporary))
        return error_set(err, ERR_INVALID_REQUEST, "the name %s is too long for a file", name);
    int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool made = fd >= 0, good = made && fill(fd, data, len);
    int errnum = errno;
    if (made && close(fd) != 0 && good) {
        errnum = errno;
        good = false;
    }
    if (good && renameat(dirfd, temporary, dirfd, name) != 0) {
        errnum = errno;
        good = false;
    }
    if (good) {
        (void)fsync(dirfd); /* on a file system that cannot, the file is there all the same */
        return ERR_NONE;
    }
    if (made)
        (void)unlinkat(dirfd, temporary, 0);
    return error_set_errno(err, ERR_INTERNAL, errnum, "cannot write %s", name);
}

enum error_code fd_lock(int dirfd, const char *name, int *fd, struct fd_holder *holder, struct error *err)
{
    int lock = openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum error_code code;

    *holder = (struct fd_holder){0};
    if (lock < 0)
        return error_set_errno(err, code_of_errno(errno), errno, "cannot open the lock file %s", name);
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
        if (write_holder(lock)) {
            *fd = lock;
            return ERR_NONE;
        }
        code = error_set_errno(err, code_of_errno(errno), errno, "cannot write the lock file %s", name);
    } else if (errno == EWOULDBLOCK) {
        read_holder(lock, holder);
        code = error_set(err, ERR_OVERLOADED, "%s is locked by process %ld", name, (long)holder->pid);
    } else {
        code = error_set_errno(err, ERR_INTERNAL, errno, "cannot lock %s", name);
    }
    close(lock);
    return code;
}

bool fd_on_network(int fd)
{
    /* linux/magic.h does not have all of them. FUSE may be anything, sshfs among them. */
    static const uint32_t types[] = {
        NFS_SUPER_MAGIC,         SMB_SUPER_MAGIC,       SMB2_SUPER_MAGIC,
        CIFS_SUPER_MAGIC,        FUSE_SUPER_MAGIC,      V9FS_MAGIC,
        AFS_SUPER_MAGIC,         AFS_FS_MAGIC,          CEPH_SUPER_MAGIC,
        CODA_SUPER_MAGIC,        NCP_SUPER_MAGIC,       OCFS2_SUPER_MAGIC,
        0x0bd00bd0 /* Lustre */, 0x01161970 /* GFS2 */,
    };
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if ((uint32_t)fs.f_type == types[i])
            return true;
    return false;
}
