#include "client/common/child.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int child_wait(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The clients ignore SIGPIPE; what they run is to end by it. */
static int set_signals(posix_spawnattr_t *attr)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    const int errnum = posix_spawnattr_setsigdefault(attr, &set);
    return errnum != 0 ? errnum : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *const argv[], pid_t *pid)
{
    posix_spawnattr_t attr;
    int errnum = posix_spawnattr_init(&attr);
    if (errnum != 0)
        return errnum;
    errnum = set_signals(&attr);
    if (errnum == 0)
        errnum = posix_spawnp(pid, argv[0], NULL, &attr, (char *const *)argv, environ);
    (void)posix_spawnattr_destroy(&attr);
    return errnum;
}

int child_run(const char *const argv[])
{
    pid_t pid;
    errno = spawn(argv, &pid);
    return errno == 0 ? child_wait(pid) : CHILD_NONE;
}
