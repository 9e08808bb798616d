#include "daemon/archive/stamp.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void stamp_print(int64_t us, char out[STAMP_SIZE])
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    size_t n = gmtime_r(&seconds, &tm) ? strftime(out, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm) : 0;
    if (us % 1000000)
        snprintf(out + n, STAMP_SIZE - n, ".%06dZ", (int)(us % 1000000));
    else
        snprintf(out + n, STAMP_SIZE - n, "Z");
}

static bool digits(const char **s, unsigned n, int *ret)
{
    *ret = 0;
    for (unsigned i = 0; i < n; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        *ret = *ret * 10 + (**s - '0');
    }
    return true;
}

static bool one_of(const char **s, const char *set)
{
    if (!**s || !strchr(set, **s))
        return false;
    (*s)++;
    return true;
}

static int64_t read_fraction(const char **s)
{
    int64_t us = 0, unit = 100000;
    if (!one_of(s, "."))
        return 0;
    for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
        us += unit * (**s - '0');
    return us;
}

/* Seconds to take away; false where what stands there is no zone. */
static bool read_zone(const char *s, int64_t *ret)
{
    int hours, minutes;
    bool west = *s == '-';
    *ret = 0;
    if (*s == '\0' || strcmp(s, "Z") == 0)
        return true;
    if (!one_of(&s, "+-") || !digits(&s, 2, &hours))
        return false;
    one_of(&s, ":");
    if (!digits(&s, 2, &minutes) || *s)
        return false;
    *ret = (west ? -60 : 60) * (hours * 60 + minutes);
    return true;
}

int64_t stamp_read(const char *text, size_t len)
{
    char copy[STAMP_SIZE];
    const char *s = copy;
    struct tm tm = {0};
    int64_t zone;
    if (len >= sizeof copy)
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (!digits(&s, 4, &tm.tm_year) || !one_of(&s, "-") || !digits(&s, 2, &tm.tm_mon) || !one_of(&s, "-") ||
        !digits(&s, 2, &tm.tm_mday) || !one_of(&s, "T ") || !digits(&s, 2, &tm.tm_hour) || !one_of(&s, ":") ||
        !digits(&s, 2, &tm.tm_min) || !one_of(&s, ":") || !digits(&s, 2, &tm.tm_sec))
        return 0;
    int64_t us = read_fraction(&s);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (!read_zone(s, &zone))
        return 0;
    int64_t seconds = timegm(&tm) - zone;
    return seconds > 0 || us > 0 ? seconds * 1000000 + us : 0;
}
