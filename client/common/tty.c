#include "client/common/tty.h"
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_RUN = 127 }; /* what the dynamic linker exits with where a library is missing */

static bool program_in(char path[PATH_MAX], const char *dir, size_t dir_len, const char *name)
{
    int n = snprintf(path, PATH_MAX, "%.*s/%s", (int)dir_len, dir, name);
    return n > 0 && n < PATH_MAX && access(path, X_OK) == 0;
}

/* The build tree has its programs in client/PROGRAM, or in .libs there. */
static bool find_in_build_tree(char path[PATH_MAX])
{
    static const char *const folders[] = {"/client/ask", "/client/ask/.libs", "/client/ctl", "/client/ctl/.libs"};
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0)
        return false;
    self[n] = '\0';
    char *name = strrchr(self, '/');
    if (name == NULL)
        return false;
    *name = '\0';
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t len = strlen(self), end = strlen(folders[i]);
        if (len > end && strcmp(self + len - end, folders[i]) == 0)
            return program_in(path, self, len - end, "client/tty/ask-tty");
    }
    return false;
}

bool tty_find(char path[PATH_MAX])
{
    const char *named = getenv("ASKD_LIBEXEC");
    if (named != NULL && named[0] != '\0')
        return program_in(path, named, strlen(named), "ask-tty");
    return find_in_build_tree(path) || program_in(path, ASKD_LIBEXECDIR, strlen(ASKD_LIBEXECDIR), "ask-tty");
}

/* A file in memory and not a pipe: it is written to its end whether or not anybody reads it. -1 where it cannot be. */
static int open_input(const struct buf *input)
{
    int fd = memfd_create("ask-tty", MFD_CLOEXEC);
    size_t at = 0;
    while (fd >= 0 && at < input->len) {
        ssize_t n = write(fd, input->data + at, input->len - at);
        if (n > 0) {
            at += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            (void)close(fd);
            fd = -1;
        }
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool start(const char *path, const char *verb, int input, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    char name[] = "ask-tty", *argv[] = {name, strdup(verb), NULL};
    bool started = false;
    if (argv[1] != NULL && posix_spawn_file_actions_init(&files) == 0) {
        started = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO) == 0 &&
                  posix_spawn(pid, path, &files, NULL, argv, environ) == 0;
        (void)posix_spawn_file_actions_destroy(&files);
    }
    free(argv[1]);
    return started;
}

bool tty_run(const char *path, const char *verb, const struct buf *input, int *status)
{
    pid_t pid;
    int how = 0; /* where SIGCHLD is ignored, nobody is told how it ended */
    int fd = open_input(input);
    bool started = fd >= 0 && start(path, verb, fd, &pid);
    if (fd >= 0)
        (void)close(fd);
    if (!started)
        return false;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        ;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return *status != NOT_RUN;
}
