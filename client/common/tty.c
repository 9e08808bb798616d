#include "client/common/tty.h"
#include "client/common/memory_file.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_RUN = 127 }; /* what the dynamic linker exits with where a library is missing */

bool tty_find(char path[PATH_MAX])
{
    return paths_helper("ask-tty", path, PATH_MAX, NULL) == ERR_NONE && access(path, X_OK) == 0;
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
    int fd = memory_file_new("ask-tty", input);
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
