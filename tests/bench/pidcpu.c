/* pidcpu PID...: the CPU seconds that these processes have used so far, all threads, to the nanosecond. */
#include "tests/bench/load.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
    double seconds = 0;
    for (int i = 1; i < argc; i++) {
        clockid_t clock;
        struct timespec t;
        int e = clock_getcpuclockid((pid_t)number(argv[i], 1, INT_MAX), &clock);
        if (e || clock_gettime(clock, &t))
            die("no CPU clock of process %s%s%s", argv[i], e ? ": " : "", e ? strerror(e) : "");
        seconds += (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    }
    printf("%.9f\n", seconds);
    return 0;
}
