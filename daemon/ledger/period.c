#include "daemon/ledger/period.h"
#include <time.h>

#define SECOND 1000000ll
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define MONDAY (-3 * DAY) /* the first day of 1970 was a Thursday */

const char *const period_names[] = {"hour", "day", "week", "month", NULL};

/* Windows of one length, one of which begins at `from`. */
static struct window even(int64_t at_us, int64_t from, int64_t length)
{
    int64_t into = (at_us - from) % length;

    if (into < 0)
        into += length;
    return (struct window){at_us - into, at_us - into + length};
}

static struct window month(int64_t at_us)
{
    time_t day = (time_t)(even(at_us, 0, DAY).start_us / SECOND);
    struct tm tm = {0}, next;

    (void)gmtime_r(&day, &tm); /* fails for years that no clock of microseconds reaches */
    tm = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = 1};
    next = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1, .tm_mday = 1}; /* timegm makes 13 a January */
    return (struct window){timegm(&tm) * SECOND, timegm(&next) * SECOND};
}

struct window period_window(enum period p, int64_t at_us)
{
    switch (p) {
    case PERIOD_HOUR: return even(at_us, 0, HOUR);
    case PERIOD_DAY: return even(at_us, 0, DAY);
    case PERIOD_WEEK: return even(at_us, MONDAY, WEEK);
    case PERIOD_MONTH:
    case PERIOD_COUNT: break;
    }
    return month(at_us);
}
