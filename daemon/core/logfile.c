#include "daemon/core/logfile.h"
#include "daemon/core/log.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "askd.log"
#define OLD_NAME "askd.log.old"

/* A line may come from any thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int dir = -1;
static int64_t bound, size;

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is what lies in the folder under our name what stderr writes to? */
static bool is_ours(void)
{
    struct stat named, written;
    return fstatat(dir, NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(STDERR_FILENO, &written) == 0 &&
           same_file(&named, &written);
}

static bool go_on_in_new(void)
{
    struct stat st;
    int fd = openat(dir, NAME, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0;
    close(fd);
    if (good)
        size = st.st_size;
    return good;
}

/* Where the file has been put aside already (by the client of a daemon that comes after us), only the second half is
 * left to do. What fails is tried again when as much again has been written. */
static void rotate(void)
{
    if (is_ours() && renameat(dir, NAME, dir, OLD_NAME) != 0)
        size = 0;
    else if (!go_on_in_new())
        size = 0;
}

static void on_written(size_t bytes)
{
    pthread_mutex_lock(&lock);
    size += (int64_t)bytes;
    if (dir >= 0 && size > bound)
        rotate();
    pthread_mutex_unlock(&lock);
}

bool logfile_start(const char *state_dir, int64_t max)
{
    struct stat st;
    dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return false;
    if (!is_ours() || fstat(STDERR_FILENO, &st) != 0) {
        logfile_stop();
        return false;
    }
    bound = max;
    size = st.st_size;
    log_on_written(on_written);
    return true;
}

void logfile_set_max(int64_t max)
{
    pthread_mutex_lock(&lock);
    bound = max;
    pthread_mutex_unlock(&lock);
}

void logfile_stop(void)
{
    log_on_written(NULL);
    if (dir >= 0)
        close(dir);
    dir = -1;
}
