#include "lib/base/clock.h"
#include <time.h>

static struct {
    int64_t mono_us, wall_us;
} fixed = {.mono_us = -1};

static int64_t read_us(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts); /* cannot fail for the two clocks below */
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return fixed.mono_us < 0 ? read_us(CLOCK_MONOTONIC) : fixed.mono_us;
}

int64_t clock_wall_us(void)
{
    return fixed.mono_us < 0 ? read_us(CLOCK_REALTIME) : fixed.wall_us;
}

void clock_set(int64_t mono_us, int64_t wall_us)
{
    fixed.mono_us = mono_us;
    fixed.wall_us = wall_us;
}
