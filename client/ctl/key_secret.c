#include "client/ctl/key_secret.h"
#include "client/common/child.h"
#include "lib/base/fd.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_NONE = 1 }; /* there is no such key */

/* fd is its standard input, or its output where that is wanted. */
static int spawn(const char *program, const char *verb, const char *name, int fd, int as, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    char *const argv[] = {(char *)program, (char *)verb, (char *)name, NULL};
    int errnum = posix_spawn_file_actions_init(&actions);
    if (errnum != 0)
        return errnum;
    errnum = posix_spawn_file_actions_adddup2(&actions, fd, as);
    if (errnum == 0)
        errnum = posix_spawn(pid, program, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return errnum;
}

/* A pipe holds a whole key: nobody waits for the reader. One that leaves early is found out by its status. */
static void feed(int fd, const char *key, size_t len)
{
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, &before);
    if (write(fd, key, len) == (ssize_t)len)
        (void)!write(fd, "\n", 1);
    (void)sigaction(SIGPIPE, &before, NULL);
}

/* Starts it with a pipe, of which *end is ours. */
static enum error_code start(const char *verb, const char *name, int as, int *end, pid_t *pid, struct error *err)
{
    char program[PATH_MAX];
    int ends[2];
    const enum error_code code = paths_helper(KEY_FOLDER_HELPER, program, sizeof(program), err);
    if (code != ERR_NONE)
        return code;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_INTERNAL, errno, "cannot make a pipe");
    const int theirs = as == STDIN_FILENO ? 0 : 1;
    const int errnum = spawn(program, verb, name, ends[theirs], as, pid);
    (void)close(ends[theirs]);
    *end = ends[1 - theirs];
    if (errnum == 0)
        return ERR_NONE;
    (void)close(*end);
    return error_set_errno(err, ERR_UNAVAILABLE, errnum,
                           "%s cannot be run, which is there where askd was built with libsecret", program);
}

/* Its exit status, or -1 with *err. */
static int run(const char *verb, const char *name, const char *key, size_t len, struct error *err)
{
    int end;
    pid_t pid;
    if (start(verb, name, STDIN_FILENO, &end, &pid, err) != ERR_NONE)
        return -1;
    if (len > 0)
        feed(end, key, len);
    (void)close(end);
    int status = child_wait(pid);
    if (status != 0 && !(status == STATUS_NONE && len == 0))
        (void)error_set(err, ERR_UNAVAILABLE, "the secret service did not take the key of %s", name);
    return status;
}

enum error_code key_secret_get(const char *name, char *key, size_t size, size_t *len, struct error *err)
{
    int end;
    pid_t pid;
    const enum error_code code = start("get", name, STDOUT_FILENO, &end, &pid, err);
    if (code != ERR_NONE)
        return code;
    const ssize_t n = fd_read_up_to(end, key, size);
    (void)close(end);
    const int status = child_wait(pid);
    if (status != 0 || n < 0)
        return error_set(err, status == STATUS_NONE ? ERR_NOT_FOUND : ERR_UNAVAILABLE,
                         "the secret service does not give the key of %s", name);
    *len = (size_t)n - (n > 0 && key[n - 1] == '\n');
    return ERR_NONE;
}

enum error_code key_secret_set(const char *name, const char *key, size_t len, struct error *err)
{
    return run("set", name, key, len, err) == 0 ? ERR_NONE : err->code;
}

enum error_code key_secret_remove(const char *name, struct error *err)
{
    int status = run("rm", name, NULL, 0, err);
    return status == 0 || status == STATUS_NONE ? ERR_NONE : err->code;
}
