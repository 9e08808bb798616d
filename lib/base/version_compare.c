#include "lib/base/version.h"
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A run of digits without its leading zeros, at most what stands before the next dot or suffix. */
static const char *next_number(const char **version, size_t *len)
{
    const char *p = *version;
    while (*p == '0')
        p++;
    const char *digits = p;
    while (is_digit(*p))
        p++;
    *len = (size_t)(p - digits);
    *version = *p == '.' && is_digit(p[1]) ? p + 1 : p;
    return digits;
}

/* Numbers of any length: the one with more digits is the larger. */
static int compare_numbers(const char **a, const char **b)
{
    size_t a_len, b_len;
    const char *x = next_number(a, &a_len), *y = next_number(b, &b_len);
    if (a_len != b_len)
        return a_len < b_len ? -1 : 1;
    return memcmp(x, y, a_len);
}

static bool comes_before_release(const char *suffix)
{
    return *suffix == '~' || *suffix == '-';
}

bool version_is_older(const char *version, const char *than)
{
    if (!is_digit(*version) || !is_digit(*than))
        return false;
    int order = 0;
    while (order == 0 && (is_digit(*version) || is_digit(*than)))
        order = compare_numbers(&version, &than);
    if (order != 0)
        return order < 0;
    if (comes_before_release(version) && comes_before_release(than))
        return strverscmp(version + 1, than + 1) < 0;
    return comes_before_release(version) && !comes_before_release(than);
}
