#include "daemon/core/process.h"
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void look_at_memory(struct process_figures *p)
{
    unsigned long long size, resident;
    FILE *f = fopen("/proc/self/statm", "re"); /* pages, man 5 proc */
    if (!f)
        return;
    if (fscanf(f, "%llu %llu", &size, &resident) == 2) {
        const double page = (double)sysconf(_SC_PAGESIZE);
        p->virtual_bytes = (double)size * page;
        p->resident_bytes = (double)resident * page;
    }
    fclose(f);
}

/* But for the one that is opened to look. */
static void count_fds(struct process_figures *p)
{
    DIR *dir = opendir("/proc/self/fd");
    double n = 0;
    if (!dir)
        return;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        n += e->d_name[0] != '.';
    closedir(dir);
    p->open_fds = n - 1;
}

void process_look(struct process_figures *ret)
{
    struct rusage usage;
    struct rlimit limit;
    *ret = (struct process_figures){-1, -1, -1, -1, -1};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        ret->cpu_seconds = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        ret->max_fds = (double)limit.rlim_cur;
    look_at_memory(ret);
    count_fds(ret);
}
