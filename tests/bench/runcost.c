/* runcost N PAUSE_MS COMMAND [ARGUMENT...]: runs COMMAND N times with its output thrown away, PAUSE_MS between two; per
 * run a line with wall ms, CPU ms and peak RSS in KiB. Without a pause what a server does behind an answer, such as to
 * gather what it commits, would be taken for the answer's own time.
 *
 * Small and in C, because a process's peak RSS includes that of the memory it had before exec: a shell or Python as the
 * parent would hide what a small program uses. vfork for the same reason: a fork would have the parent's pages copied.
 */
#include "tests/bench/load.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double ms(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run(char **command, int null)
{
    int64_t start = now_ns();
    pid_t pid = spawn_quiet(command, null);
    int status;
    struct rusage usage;
    if (wait4(pid, &status, 0, &usage) != pid)
        die("wait4: %s", strerror(errno));
    int64_t end = now_ns();
    if (status)
        die("%s ended with status 0x%x", command[0], (unsigned)status);
    printf("%.3f %.3f %ld\n", (double)(end - start) / 1e6, ms(usage.ru_utime) + ms(usage.ru_stime), usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        die("usage: runcost N PAUSE_MS COMMAND [ARGUMENT...]");
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        die("/dev/null: %s", strerror(errno));
    long pause_ms = number(argv[2], 0, 900);
    for (long left = number(argv[1], 1, 100000); left > 0; left--) {
        run(argv + 3, null);
        nanosleep(&(struct timespec){.tv_nsec = pause_ms * 1000000}, NULL);
    }
    return 0;
}
