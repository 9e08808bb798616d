#include "lib/base/words.h"
#include "lib/base/alloc.h"
#include "lib/base/decimal.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIGITS "0123456789"
#define DAY_US (86400 * INT64_C(1000000))
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SHOWN 60 /* bytes of a piece in an error */

enum { CURRENCY_MIN = 3, CURRENCY_MAX = 7, MINUTES_A_DAY = 1440, AMOUNT_PLACES = 9, NUMBER_PLACES = 6 };

/* -- values -- */

/* A number of exactly so many digits; -1 if it is none. */
static int fixed_number(const char *text, size_t digits)
{
    int n = 0;

    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n;
}

bool words_day(const char *text, size_t len, int64_t *ret_us)
{
    if (len != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = fixed_number(text, 4), month = fixed_number(text + 5, 2), day = fixed_number(text + 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return false;
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    time_t t = timegm(&tm); /* makes the 3rd of March of a 31st of February */
    if (t <= 0 || tm.tm_mon != month - 1 || tm.tm_mday != day)
        return false;
    *ret_us = (int64_t)t * 1000000;
    return true;
}

static bool put_day(const char *text, size_t len, void *field)
{
    return words_day(text, len, field);
}

static bool put_text(const char *text, size_t len, void *field)
{
    *(char **)field = xstrndup(text, len);
    return true;
}

static bool put_date(const char *text, size_t len, void *field)
{
    int64_t day;

    return words_day(text, len, &day) && put_text(text, len, field);
}

static bool put_count(const char *text, size_t len, void *field)
{
    int64_t n;

    if (strspn(text, DIGITS) < len || !decimal_parse(text, len, 0, &n) || n < 1)
        return false;
    *(int64_t *)field = n;
    return true;
}

static bool put_amount(const char *text, size_t len, void *field)
{
    int64_t n;

    if (!decimal_parse(text, len, AMOUNT_PLACES, &n) || n < 0)
        return false;
    *(int64_t *)field = n;
    return true;
}

static bool put_number(const char *text, size_t len, void *field)
{
    int64_t n;

    if (!decimal_parse(text, len, NUMBER_PLACES, &n))
        return false;
    *(double *)field = (double)n / 1e6;
    return true;
}

static bool put_currency(const char *text, size_t len, void *field)
{
    if (len < CURRENCY_MIN || len > CURRENCY_MAX || strspn(text, CAPITALS) < len)
        return false;
    memcpy(field, text, len);
    ((char *)field)[len] = '\0';
    return true;
}

/* "16:30" to a minute of the day, 24:00 the last of them; -1 if it is none. */
static int minute_of(const char *text)
{
    int hour = fixed_number(text, 2), minute = text[2] == ':' ? fixed_number(text + 3, 2) : -1;

    if (hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > MINUTES_A_DAY)
        return -1;
    return hour * 60 + minute;
}

static bool put_hours(const char *text, size_t len, void *field)
{
    if (len != strlen("16:30-00:30") || text[5] != '-')
        return false;
    int from = minute_of(text), to = minute_of(text + 6);
    if (from < 0 || to < 0 || from == MINUTES_A_DAY || from == to % MINUTES_A_DAY)
        return false;
    ((int *)field)[0] = from;
    ((int *)field)[1] = to % MINUTES_A_DAY;
    return true;
}

static const struct {
    bool (*put)(const char *text, size_t len, void *field);
    const char *want;
} types[] = {
    [WORD_TEXT] = {put_text, "a text"},
    [WORD_DATE] = {put_date, "a day, as in 2025-04-14"},
    [WORD_DAY] = {put_day, "a day, as in 2025-04-14"},
    [WORD_COUNT] = {put_count, "a whole number from 1"},
    [WORD_AMOUNT] = {put_amount, "a number from 0, as in 0.075"},
    [WORD_NUMBER] = {put_number, "a number, as in 52.4"},
    [WORD_CURRENCY] = {put_currency, "a currency's capital letters, as in USD"},
    [WORD_HOURS] = {put_hours, "a part of the day in UTC, as in 16:30-00:30"},
};

static int shown(size_t len)
{
    return (int)(len < SHOWN ? len : SHOWN);
}

enum error_code words_value(const char *text, size_t len, const struct word *word, void *base, struct error *err)
{
    if (len > 0 && types[word->type].put(text, len, (char *)base + word->offset))
        return ERR_NONE;
    return error_set(err, ERR_INVALID_REQUEST, "%s must be %s, not '%.*s'", word->name, types[word->type].want,
                     shown(len), text);
}

/* -- rows -- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

const char *words_piece(const char **text, size_t *len)
{
    const char *piece = *text;
    size_t n = strcspn(piece, ",");

    *text = piece[n] ? piece + n + 1 : NULL;
    for (; n > 0 && is_space(piece[0]); n--)
        piece++;
    while (n > 0 && is_space(piece[n - 1]))
        n--;
    *len = n;
    return piece;
}

static const struct word *find_word(const struct word *words, const char *name, size_t len)
{
    for (; words->name; words++)
        if (strlen(words->name) == len && memcmp(words->name, name, len) == 0)
            return words;
    return NULL;
}

static enum error_code read_piece(const char *piece, size_t len, const struct word *words, void *base, unsigned *seen,
                                  struct error *err)
{
    size_t name = 0;

    while (name < len && !is_space(piece[name]))
        name++;
    const struct word *word = find_word(words, piece, name);
    if (name == 0)
        return error_set(err, ERR_INVALID_REQUEST, "a word and its value are missing beside a comma");
    if (!word)
        return error_set(err, ERR_INVALID_REQUEST, "there is no word '%.*s' here", shown(name), piece);
    unsigned bit = 1u << (word - words);
    if (*seen & bit)
        return error_set(err, ERR_INVALID_REQUEST, "'%s' is given twice", word->name);
    *seen |= bit;
    size_t value = name;
    while (value < len && is_space(piece[value]))
        value++;
    return words_value(piece + value, len - value, word, base, err);
}

enum error_code words_read(const char *text, const struct word *words, void *base, unsigned *seen, struct error *err)
{
    enum error_code code = ERR_NONE;

    *seen = 0;
    while (text && code == ERR_NONE) {
        size_t len;
        const char *piece = words_piece(&text, &len);
        code = read_piece(piece, len, words, base, seen, err);
    }
    return code;
}

/* -- the other way -- */

/* Without the spaces around it. */
static const char *text_in(const void *field, size_t *len)
{
    const char *text = *(char *const *)field;

    while (text && is_space(*text))
        text++;
    *len = text ? strlen(text) : 0;
    while (*len > 0 && is_space(text[*len - 1]))
        --*len;
    return text;
}

static bool told_text(const void *field)
{
    size_t len;

    (void)text_in(field, &len);
    return len > 0;
}

static void write_text(struct buf *out, const void *field)
{
    size_t len;
    const char *text = text_in(field, &len);

    for (size_t i = 0; i < len; i++) {
        if (text[i] == ',')
            buf_puts(out, "%2C");
        else
            buf_putc(out, text[i]);
    }
}

static bool told_day(const void *field)
{
    return *(const int64_t *)field >= DAY_US; /* what words_day takes for one */
}

static void write_day(struct buf *out, const void *field)
{
    time_t t = (time_t)(*(const int64_t *)field / 1000000);
    char text[32];
    struct tm tm;

    if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%d", &tm) > 0)
        buf_puts(out, text);
}

static bool told_count(const void *field)
{
    return *(const int64_t *)field > 0;
}

static void write_count(struct buf *out, const void *field)
{
    buf_printf(out, "%" PRId64, *(const int64_t *)field);
}

static bool told_amount(const void *field)
{
    return *(const int64_t *)field >= 0;
}

static void write_amount(struct buf *out, const void *field)
{
    char text[32];

    decimal_print(*(const int64_t *)field, AMOUNT_PLACES, text);
    buf_puts(out, text);
}

static bool told_number(const void *field)
{
    (void)field;
    return true;
}

static void write_number(struct buf *out, const void *field)
{
    char text[32];

    decimal_print(llround(*(const double *)field * 1e6), NUMBER_PLACES, text);
    buf_puts(out, text);
}

static bool told_currency(const void *field)
{
    return *(const char *)field != '\0';
}

static void write_currency(struct buf *out, const void *field)
{
    buf_puts(out, field);
}

static bool told_hours(const void *field)
{
    return ((const int *)field)[0] != ((const int *)field)[1];
}

static void write_hours(struct buf *out, const void *field)
{
    const int *at = field;

    buf_printf(out, "%02d:%02d-%02d:%02d", at[0] / 60, at[0] % 60, at[1] / 60, at[1] % 60);
}

static const struct {
    bool (*told)(const void *field);
    void (*write)(struct buf *out, const void *field);
} writers[] = {
    [WORD_TEXT] = {told_text, write_text},
    [WORD_DATE] = {told_text, write_text},
    [WORD_DAY] = {told_day, write_day},
    [WORD_COUNT] = {told_count, write_count},
    [WORD_AMOUNT] = {told_amount, write_amount},
    [WORD_NUMBER] = {told_number, write_number},
    [WORD_CURRENCY] = {told_currency, write_currency},
    [WORD_HOURS] = {told_hours, write_hours},
};

void words_write(struct buf *out, const struct word *words, const void *base)
{
    const char *between = "";

    for (const struct word *w = words; w->name; w++) {
        const void *field = (const char *)base + w->offset;
        if (!writers[w->type].told(field))
            continue;
        buf_printf(out, "%s%s ", between, w->name);
        writers[w->type].write(out, field);
        between = ", ";
    }
}
