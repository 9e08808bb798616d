#include "lib/base/decimal.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct parsed {
    const char *digits, *end; /* with at most one point between them */
    int sign;
    int64_t count; /* of digits */
    int64_t scale; /* the first digit stands for 10^(scale - 1) */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int take_sign(const char **p, const char *end)
{
    if (*p == end || (**p != '-' && **p != '+'))
        return 1;
    return *(*p)++ == '-' ? -1 : 1;
}

/* What stands behind the e. Far beyond what the digits of a text in memory can make up for it stops growing. */
static bool read_exponent(const char *p, const char *end, int64_t *ret)
{
    const int64_t most = INT64_MAX / 100;
    int sign = take_sign(&p, end);
    int64_t n = 0;

    if (p == end)
        return false;
    for (; p < end; p++) {
        if (!is_digit(*p))
            return false;
        if (n < most)
            n = n * 10 + (*p - '0');
    }
    *ret = sign * n;
    return true;
}

static bool take_apart(const char *text, size_t len, struct parsed *ret)
{
    const char *p = text, *end = text + len, *point = NULL;
    int64_t exponent = 0;

    *ret = (struct parsed){.sign = take_sign(&p, end)};
    ret->digits = p;
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.')
            point = p;
        else
            ret->count++;
    }
    ret->end = p;
    if (ret->count == 0 || (p < end && *p != 'e' && *p != 'E'))
        return false;
    if (p < end && !read_exponent(p + 1, end, &exponent))
        return false;
    ret->scale = (point ? point - ret->digits : ret->count) + exponent;
    return true;
}

/* Appends a digit to a number of that sign; false where it does not fit. */
static bool push_digit(int64_t *n, int sign, int digit)
{
    return !__builtin_mul_overflow(*n, 10, n) && !__builtin_add_overflow(*n, sign * digit, n);
}

bool decimal_parse(const char *text, size_t len, unsigned places, int64_t *ret)
{
    struct parsed t;
    int64_t n = 0;

    if (!take_apart(text, len, &t))
        return false;
    int64_t keep = t.scale + places; /* so many digits make the number, those behind it are rounded */
    const char *p = t.digits;
    for (int64_t i = 0; i < keep; i++) {
        if (p < t.end && *p == '.')
            p++;
        if (p == t.end && n == 0) /* however many zeros would follow */
            break;
        if (!push_digit(&n, t.sign, p < t.end ? *p++ - '0' : 0))
            return false;
    }
    if (p < t.end && *p == '.')
        p++;
    if (keep >= 0 && p < t.end && *p >= '5' && __builtin_add_overflow(n, t.sign, &n))
        return false;
    *ret = n;
    return true;
}

void decimal_print(int64_t value, unsigned places, char out[32])
{
    char digits[DECIMAL_PLACES_MAX + 8];
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

    assert(places <= DECIMAL_PLACES_MAX);
    int len = snprintf(digits, sizeof(digits), "%0*" PRIu64, (int)places + 1, magnitude);
    int whole = len - (int)places;
    while (len > whole && digits[len - 1] == '0')
        len--;
    snprintf(out, 32, "%s%.*s%s%.*s", value < 0 ? "-" : "", whole, digits, len > whole ? "." : "", len - whole,
             digits + whole);
}
