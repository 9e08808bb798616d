#include "client/ask/tree_list.h"
#include "client/common/child.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_NO_TREE = 128 };

static bool starts_with(const char *s, const char *start)
{
    return strncmp(s, start, strlen(start)) == 0;
}

/* Inside a hook git tells of its own repository so, whatever folder is asked for. */
static bool is_about_a_tree(const char *variable)
{
    return starts_with(variable, "GIT_DIR=") || starts_with(variable, "GIT_WORK_TREE=") ||
           starts_with(variable, "GIT_INDEX_FILE=") || starts_with(variable, "GIT_PREFIX=");
}

/* The environment without them; the strings are its own. NULL: no memory. */
static char **environment(void)
{
    size_t n = 0, kept = 0;
    while (environ[n] != NULL)
        n++;
    char **copy = calloc(n + 1, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < n; i++)
        if (!is_about_a_tree(environ[i]))
            copy[kept++] = environ[i];
    return copy;
}

/* A file system monitor is a program that the tree's own configuration may name: none is run. What git says of a
 * folder that is no tree is said by us. */
static int spawn(const char *dir, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    const char *const argv[] = {
        "git", "-C", dir, "-c", "core.fsmonitor=false", "ls-files", "-c", "-o", "--exclude-standard", "-z", NULL};
    char **env = environment();
    int errnum = env == NULL ? ENOMEM : posix_spawn_file_actions_init(&actions);
    if (errnum != 0) {
        free(env);
        return errnum;
    }
    errnum = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (errnum == 0)
        errnum = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (errnum == 0)
        errnum = posix_spawnp(pid, "git", &actions, NULL, (char *const *)argv, env);
    (void)posix_spawn_file_actions_destroy(&actions);
    free(env);
    return errnum;
}

/* False where it does not fit. */
static bool read_names(int fd, struct buf *names)
{
    struct error err;
    return fd_read_all(fd, "git", names, &err) != ERR_TOO_LARGE;
}

static enum error_code judge(const char *dir, int status, bool fits, struct error *err)
{
    if (!fits)
        return error_set(err, ERR_TOO_LARGE, "%s holds too many files: attach a folder below it", dir);
    if (status == STATUS_NO_TREE)
        return error_set(err, ERR_INVALID_REQUEST,
                         "%s is no git tree (or not yours): run git init there, or attach its files one by one", dir);
    if (status != 0)
        return error_set(err, ERR_UNAVAILABLE, "git could not list the files of %s: see git -C %s ls-files", dir, dir);
    return ERR_NONE;
}

enum error_code tree_list(const char *dir, struct buf *names, struct error *err)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_INTERNAL, errno, "cannot make a pipe");
    int errnum = spawn(dir, ends[1], &pid);
    (void)close(ends[1]);
    bool fits = errnum != 0 || read_names(ends[0], names);
    (void)close(ends[0]); /* where it does not fit, git finds nobody to write to, and ends */
    if (errnum != 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errnum,
                               "git cannot be run, which lists the files of %s: install it, or attach files", dir);
    return judge(dir, child_wait(pid), fits, err);
}
