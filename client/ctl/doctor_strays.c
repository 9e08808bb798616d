/* Daemons of this user other than the one that serves the socket: left behind without a socket that anybody could
 * reach, or serving another one. */
#include "client/ctl/doctor.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTENS 0x10000U /* __SO_ACCEPTCON in the flags of /proc/net/unix */
enum { ENVIRON_MAX = 64 << 10 };

bool doctor_read(const char *path, char *text, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len + 1 < size; len += n > 0 ? (size_t)n : 0)
        n = read(fd, text + len, size - 1 - len);
    (void)close(fd);
    text[len] = '\0';
    return true;
}

bool doctor_is_askd(pid_t pid)
{
    char path[64], name[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    return pid > 0 && doctor_read(path, name, sizeof(name)) && strcmp(name, "askd\n") == 0;
}

/* A socket's inode by what a descriptor of the process links to, "socket:[4242]"; 0 where it is none. */
static unsigned long socket_at(int folder, const char *name)
{
    char target[64];
    unsigned long inode = 0;
    const ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);
    if (n <= 0)
        return 0;
    target[n] = '\0';
    return sscanf(target, "socket:[%lu]", &inode) == 1 ? inode : 0;
}

static bool has_socket(DIR *fds, unsigned long inode)
{
    rewinddir(fds);
    for (const struct dirent *e; (e = readdir(fds)) != NULL;)
        if (socket_at(dirfd(fds), e->d_name) == inode)
            return true;
    return false;
}

/* A line of /proc/net/unix that is a socket which listens at a path. */
static bool listens_at(const char *line, unsigned long *inode, char path[PATH_MAX])
{
    unsigned flags;
    int at = 0;
    if (sscanf(line, "%*s %*s %*s %x %*s %*s %lu %n", &flags, inode, &at) != 2 || at == 0 || (flags & LISTENS) == 0 ||
        line[at] != '/')
        return false;
    (void)snprintf(path, PATH_MAX, "%s", line + at);
    path[strcspn(path, "\n")] = '\0';
    return true;
}

/* Where the process listens. False where it does nowhere, or where that cannot be told. */
static bool listens(pid_t pid, char path[PATH_MAX])
{
    char name[64], *line = NULL;
    size_t size = 0;
    unsigned long inode;
    bool found = false;
    (void)snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
    DIR *fds = opendir(name);
    (void)snprintf(name, sizeof(name), "/proc/%d/net/unix", (int)pid);
    FILE *f = fds != NULL ? fopen(name, "re") : NULL;
    while (f != NULL && !found && getline(&line, &size, f) > 0)
        found = listens_at(line, &inode, path) && has_socket(fds, inode);
    free(line);
    if (f != NULL)
        (void)fclose(f);
    if (fds != NULL)
        (void)closedir(fds);
    return found;
}

static bool was_started_by_client(pid_t pid)
{
    static const char mark[] = "ASKD_AUTOSTARTED=1";
    char path[64], *text = malloc(ENVIRON_MAX);
    bool found = false;
    (void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    if (text != NULL && doctor_read(path, text, ENVIRON_MAX))
        for (const char *p = text; *p != '\0' && !found; p += strlen(p) + 1)
            found = strcmp(p, mark) == 0;
    free(text);
    return found;
}

static void tell_of(struct doctor *d, pid_t pid)
{
    struct stat st;
    char path[PATH_MAX];
    const bool somewhere = listens(pid, path);
    const char *how = was_started_by_client(pid) ? "a client started" : "was started by hand or by a service";
    if (somewhere && strcmp(path, d->place.path) != 0 && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        doctor_tell(d, DOCTOR_NOTE, "another askd of yours (pid %d) serves %s", (int)pid, path);
        return;
    }
    doctor_tell(d, DOCTOR_WARNING, "an askd that %s (pid %d) has no socket that can be reached: it was left, or ends",
                how, (int)pid);
    doctor_mend(d, "kill %d", (int)pid);
}

static bool is_ours(pid_t pid)
{
    struct stat st;
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    return stat(path, &st) == 0 && st.st_uid == geteuid();
}

void doctor_strays(struct doctor *d)
{
    DIR *all = opendir("/proc");
    if (all == NULL)
        return;
    for (const struct dirent *e; (e = readdir(all)) != NULL;) {
        const pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)atoi(e->d_name) : 0;
        if (pid > 0 && pid != d->pid && is_ours(pid) && doctor_is_askd(pid))
            tell_of(d, pid);
    }
    (void)closedir(all);
}
