#include "client/common/figures.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a suffix multiplies by, 0 for what is none. */
static double factor(char c)
{
    switch (c) {
    case 'k':
    case 'K': return 1e3;
    case 'm':
    case 'M': return 1e6;
    default: return 0;
    }
}

/* A number of digits with at most one point; what stands behind it is *rest. */
static bool read_number(const char *text, double *ret, const char **rest)
{
    static const char digits[] = "0123456789";
    char *end;
    size_t whole = strspn(text, digits);
    if (whole == 0)
        return false;
    *ret = strtod(text, &end);
    size_t used = text[whole] == '.' ? whole + 1 + strspn(text + whole + 1, digits) : whole;
    *rest = end;
    return end == text + used; /* no exponent, not hexadecimal */
}

bool figures_read(const char *text, bool suffix, double *ret)
{
    const char *rest;
    if (!read_number(text, ret, &rest))
        return false;
    if (suffix && factor(*rest) > 0)
        *ret *= factor(*rest++);
    return *rest == '\0' && *ret <= 1e15;
}

bool figures_read_span(const char *text, double *seconds)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    const char *rest;
    if (!read_number(text, seconds, &rest))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(rest, units[i].name) != 0)
            continue;
        *seconds *= units[i].seconds;
        return *seconds <= 1e12;
    }
    return false;
}

/* "2026-11-01"; false for a day that no calendar has. */
static bool read_day(const char *text, time_t *ret)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof(form); i++) /* its NUL too */
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    struct tm tm = {.tm_year = atoi(text) - 1900, .tm_mon = atoi(text + 5) - 1, .tm_mday = atoi(text + 8)};
    const int month = tm.tm_mon, day = tm.tm_mday;
    *ret = timegm(&tm); /* which makes the 30th of February the 2nd of March */
    return tm.tm_mon == month && tm.tm_mday == day;
}

bool figures_read_moment(const char *text, int64_t now_us, bool to_its_end, double *seconds)
{
    const time_t a_day = 86400;
    double span;
    time_t day;
    if (read_day(text, &day))
        *seconds = (double)(day + (to_its_end ? a_day : 0));
    else if (figures_read_span(text, &span))
        *seconds = (double)now_us / 1e6 - span;
    else
        return false;
    if (*seconds < 1)
        *seconds = 1;
    return true;
}

/* Takes zeros off the end of a number with a point, but `kept` places of it; with none, the point too. */
static void trim(char *number, size_t kept)
{
    char *point = strchr(number, '.');
    size_t len = strlen(number);
    if (point == NULL)
        return;
    while (number[len - 1] == '0' && &number[len - 1] > point + kept)
        len--;
    if (number[len - 1] == '.')
        len--;
    number[len] = '\0';
}

void figures_tokens(char out[FIGURE_LEN], double tokens, bool rounded)
{
    out[0] = '\0';
    if (!(tokens >= 0 && tokens <= 1e15))
        return;
    const bool millions = tokens >= 999500, thousands = !millions && tokens >= 1000;
    if (!rounded || (!millions && !thousands)) {
        (void)snprintf(out, FIGURE_LEN, "%.0f", tokens);
        return;
    }
    const double value = tokens / (millions ? 1e6 : 1e3);
    (void)snprintf(out, FIGURE_LEN, "%.*f", value >= 99.95 ? 0 : millions ? 2 : 1, value);
    trim(out, 0);
    (void)strcat(out, millions ? "M" : "k");
}

void figures_amount(char out[FIGURE_LEN], double amount)
{
    out[0] = '\0';
    if (!(amount >= 0 && amount <= 1e15))
        return;
    (void)snprintf(out, FIGURE_LEN, "%.9f", amount);
    trim(out, 2);
}

void figures_quantity(char out[FIGURE_LEN], double quantity)
{
    figures_amount(out, quantity);
    char *places = strchr(out, '.');
    if (places != NULL && strcmp(places, ".00") == 0)
        *places = '\0';
}

enum { NANO_PLACES = 9, NANO = 1000000000 };

/* Rounded to so many places, which a unit of the last one is. */
static void put_nano(char out[FIGURE_LEN], int64_t nano, int places, uint64_t unit)
{
    const uint64_t size = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;
    const uint64_t units = (size + unit / 2) / unit, whole = NANO / unit;
    (void)snprintf(out, FIGURE_LEN, "%s%" PRIu64 ".%0*" PRIu64, nano < 0 ? "-" : "", units / whole, places,
                   units % whole);
}

void figures_nano(char out[FIGURE_LEN], int64_t nano)
{
    put_nano(out, nano, NANO_PLACES, 1);
    trim(out, 2);
}

void figures_nano_rounded(char out[FIGURE_LEN], int64_t nano)
{
    const int64_t unit = 100000;
    if (nano > 0 && nano < unit)
        (void)snprintf(out, FIGURE_LEN, "<0.0001");
    else
        put_nano(out, nano, 4, (uint64_t)unit);
}

struct unit {
    const char *name;
    double size; /* and the least that is told in it */
    int places;
};

/* In the largest unit that the figure fills. */
static void put_in_unit(char out[FIGURE_LEN], double figure, const struct unit *units, size_t n)
{
    size_t i = 0;
    out[0] = '\0';
    if (!(figure >= 0 && figure <= 1e15))
        return;
    while (i + 1 < n && figure >= units[i + 1].size)
        i++;
    (void)snprintf(out, FIGURE_LEN, "%.*f %s", units[i].places, figure / units[i].size, units[i].name);
}

void figures_bytes(char out[FIGURE_LEN], double bytes)
{
    static const struct unit units[] = {{"B", 1, 0}, {"KiB", 0x1p10, 1}, {"MiB", 0x1p20, 1}, {"GiB", 0x1p30, 1}};
    put_in_unit(out, bytes, units, sizeof(units) / sizeof(units[0]));
}

void figures_span(char out[FIGURE_LEN], double seconds)
{
    static const struct unit units[] = {{"ms", 1e-3, 0}, {"s", 1, 1}, {"min", 60, 1}, {"h", 3600, 1}, {"d", 86400, 1}};
    put_in_unit(out, seconds, units, sizeof(units) / sizeof(units[0]));
}

void figures_day(char out[FIGURE_LEN], double seconds)
{
    struct tm tm;
    out[0] = '\0';
    if (!(seconds >= 0 && seconds < 1e11))
        return;
    time_t t = (time_t)seconds;
    if (gmtime_r(&t, &tm) != NULL)
        (void)strftime(out, FIGURE_LEN, "%Y-%m-%d", &tm);
}
