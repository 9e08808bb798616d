#include "client/ctl/figures.h"
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

bool figures_read(const char *text, bool suffix, double *ret)
{
    static const char digits[] = "0123456789";
    char *end;
    size_t whole = strspn(text, digits);
    if (whole == 0)
        return false;
    *ret = strtod(text, &end);
    size_t used = text[whole] == '.' ? whole + 1 + strspn(text + whole + 1, digits) : whole;
    if (end != text + used) /* an exponent, or hexadecimal */
        return false;
    if (suffix && factor(*end) > 0)
        *ret *= factor(*end++);
    return *end == '\0' && *ret <= 1e15;
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
