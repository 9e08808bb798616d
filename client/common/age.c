#include "client/common/age.h"
#include <stdio.h>

void age_text(char out[AGE_LEN], double seconds)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    enum { LAST = sizeof(units) / sizeof(units[0]) - 1 };
    const double limit = 1e12; /* seconds; beyond it no clock is right */
    if (!(seconds >= 0))
        seconds = 0;
    if (seconds > limit)
        seconds = limit;
    size_t i = 0;
    while (i < LAST && seconds < units[i].seconds)
        i++;
    (void)snprintf(out, AGE_LEN, "%llu%s", (unsigned long long)(seconds / units[i].seconds), units[i].name);
}
