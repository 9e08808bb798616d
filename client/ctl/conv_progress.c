#include "client/ctl/conv_files.h"
#include "lib/base/clock.h"
#include <stdio.h>
#include <unistd.h>

void conv_progress_begin(struct conv_progress *p)
{
    *p = (struct conv_progress){.begun_us = clock_mono_us()};
}

static void put(const char *line, size_t len)
{
    ssize_t n = write(STDERR_FILENO, line, len); /* what a terminal does not take is no loss */
    (void)n;
}

void conv_progress_show(struct conv_progress *p, const char *what, double done, double all, const char *unit)
{
    char line[256];
    int64_t now = clock_mono_us();
    if (now - p->begun_us < 1000000 || now - p->shown_us < 100000 || isatty(STDERR_FILENO) != 1)
        return;
    int n = all > 0 ? snprintf(line, sizeof(line), "\r%.100s %.0f of %.0f %s\033[K", what, done, all, unit)
                    : snprintf(line, sizeof(line), "\r%.100s %.0f %s\033[K", what, done, unit);
    put(line, n > 0 ? (size_t)n : 0);
    p->shown_us = now;
    p->shown = true;
}

void conv_progress_end(struct conv_progress *p)
{
    if (p->shown)
        put("\r\033[K", 4);
    p->shown = false;
}
