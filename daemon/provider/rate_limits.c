#include "daemon/provider/rate_limits.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define DAY_US (86400 * SECOND_US)
#define MONTH_US (30 * DAY_US)

#define COUNT_MAX 1e15             /* of a limit, what is above means none */
#define RESET_MAX_US (31 * DAY_US) /* what is further off is not believed */
#define SKEW_US (2 * SECOND_US)    /* a date has whole seconds, and has travelled */

/* --- names --- */

enum field { FIELD_NONE, FIELD_LIMIT, FIELD_REMAINING, FIELD_RESET, FIELD_WINDOW };

#define KIND_NONE (-1)

struct name {
    enum field field;
    int kind; /* enum limit_kind, or KIND_NONE */
    int64_t window_us;
    bool at_once;
    int64_t rounding;
};

static const struct stem {
    const char *text;
    int kind; /* where no word says it */
    int64_t window_us;
    bool at_once;
    int64_t rounding; /* by how much remaining tokens may be rounded up */
} stems[] = {
    {.text = "x-ratelimit", .kind = KIND_NONE},
    {.text = "x-rate-limit", .kind = KIND_NONE},
    {.text = "ratelimit", .kind = KIND_NONE},
    {.text = "anthropic-ratelimit", .kind = KIND_NONE, .rounding = 500}, /* to the nearest thousand */
    /* Mistral's, by the wall clock's minutes. */
    {.text = "ratelimitbysize", .kind = LIMIT_TOKENS, .window_us = MINUTE_US, .at_once = true},
    {.text = "x-ratelimitbysize", .kind = LIMIT_TOKENS, .at_once = true},
    /* Cohere's. */
    {.text = "x-trial-endpoint-call", .kind = LIMIT_REQUESTS, .window_us = MINUTE_US},
    {.text = "x-endpoint-monthly-call", .kind = LIMIT_REQUESTS, .window_us = MONTH_US},
};

static const struct word {
    const char *text;
    enum field field;
    int kind;
    int64_t window_us;
} words[] = {
    {"limit", FIELD_LIMIT, KIND_NONE, 0},
    {"remaining", FIELD_REMAINING, KIND_NONE, 0},
    {"reset", FIELD_RESET, KIND_NONE, 0},
    {"renewalperiod", FIELD_WINDOW, KIND_NONE, 0},
    {"requests", FIELD_NONE, LIMIT_REQUESTS, 0},
    {"req", FIELD_NONE, LIMIT_REQUESTS, 0},
    {"tokens", FIELD_NONE, LIMIT_TOKENS, 0},
    {"input", FIELD_NONE, LIMIT_INPUT_TOKENS, 0},
    {"prompt", FIELD_NONE, LIMIT_INPUT_TOKENS, 0},
    {"output", FIELD_NONE, LIMIT_OUTPUT_TOKENS, 0},
    {"generated", FIELD_NONE, LIMIT_OUTPUT_TOKENS, 0},
    {"second", FIELD_NONE, KIND_NONE, SECOND_US},
    {"minute", FIELD_NONE, KIND_NONE, MINUTE_US},
    {"hour", FIELD_NONE, KIND_NONE, 60 * MINUTE_US},
    {"day", FIELD_NONE, KIND_NONE, DAY_US},
    {"month", FIELD_NONE, KIND_NONE, MONTH_US},
};

static const struct word *find_word(const char *s, size_t len)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i].text) == len && memcmp(words[i].text, s, len) == 0)
            return &words[i];
    return NULL;
}

static void add_word(struct name *n, const struct word *w)
{
    if (w->field != FIELD_NONE)
        n->field = w->field;
    /* "input" and "tokens" in either order are input tokens. */
    if (w->kind != KIND_NONE && (w->kind != LIMIT_TOKENS || n->kind == KIND_NONE))
        n->kind = w->kind;
    if (w->window_us)
        n->window_us = w->window_us;
}

/* The words behind the stem, each with a hyphen before it. */
static bool read_words(const char *s, struct name *n)
{
    while (*s == '-') {
        size_t len = strcspn(s + 1, "-");
        const struct word *w = find_word(s + 1, len);
        if (!w)
            return false;
        add_word(n, w);
        s += 1 + len;
    }
    return n->field != FIELD_NONE;
}

static bool read_name(const char *s, struct name *ret)
{
    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
        const struct stem *stem = &stems[i];
        size_t len = strlen(stem->text);
        if (strncmp(s, stem->text, len) != 0 || s[len] != '-')
            continue;
        *ret = (struct name){.kind = KIND_NONE, .window_us = stem->window_us};
        if (!read_words(s + len, ret))
            return false;
        /* Who names no kind counts requests, by the window: OpenRouter, and the IETF's draft. */
        ret->at_once = stem->at_once || (ret->kind == KIND_NONE && stem->kind == KIND_NONE);
        if (ret->kind == KIND_NONE)
            ret->kind = stem->kind == KIND_NONE ? LIMIT_REQUESTS : stem->kind;
        ret->rounding = ret->kind == LIMIT_REQUESTS ? 0 : stem->rounding;
        return true;
    }
    return false;
}

/* --- values --- */

/* A number that is not negative at the beginning of s; *ret_end is what follows. */
static bool read_number(const char *s, double *ret, const char **ret_end)
{
    if (!isdigit((unsigned char)s[0]))
        return false; /* also keeps out what strtod knows besides: signs, blanks, inf, nan */
    char *end;
    *ret = strtod(s, &end);
    *ret_end = end;
    return isfinite(*ret);
}

/* "100", and "100, 100;w=60", as a list of policies may follow; strchr finds the NUL of the first too. */
static bool read_count(const char *s, int64_t *ret)
{
    double value;
    const char *end;
    if (!read_number(s, &value, &end) || !strchr(",;", *end) || value > COUNT_MAX)
        return false;
    *ret = (int64_t)value;
    return true;
}

/* "1h2m3s", "6m0s", "1.25s", "120ms". */
static bool read_duration(const char *s, double *ret_us)
{
    static const struct {
        const char *text;
        double us;
    } units[] = {{"ms", 1e3},    {"us", 1},     {"\u00b5s", 1}, {"ns", 1e-3},
                 {"d", 86400e6}, {"h", 3600e6}, {"m", 60e6},    {"s", 1e6}};
    *ret_us = 0;
    do {
        double value;
        size_t i = 0;
        if (!read_number(s, &value, &s))
            return false;
        while (i < sizeof(units) / sizeof(units[0]) && strncmp(s, units[i].text, strlen(units[i].text)) != 0)
            i++;
        if (i == sizeof(units) / sizeof(units[0]))
            return false;
        *ret_us += value * units[i].us;
        s += strlen(units[i].text);
    } while (*s);
    return true;
}

/* "2026-08-19T14:34:19Z" or with an offset, since 1970. */
static bool read_rfc3339(const char *s, double *ret_us)
{
    struct tm tm = {0};
    int len = 0, hours = 0, minutes = 0;
    if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec, &len) != 6)
        return false;
    double fraction = 0;
    bool whole = s[len] != '.';
    for (double unit = 0.1; s[len] == '.' || isdigit((unsigned char)s[len]); len++)
        if (s[len] != '.') {
            fraction += (s[len] - '0') * unit;
            unit /= 10;
        }
    char sign = s[len];
    if (strcmp(s + len, "Z") != 0 &&
        ((sign != '+' && sign != '-') || sscanf(s + len + 1, "%2d:%2d", &hours, &minutes) != 2))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int offset = (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
    *ret_us = ((double)timegm(&tm) - offset + fraction + whole) * 1e6;
    return true;
}

/* A number alone is seconds from now, where it is too large for that a time since 1970: OpenRouter's in milliseconds.
 */
static bool read_plain(const char *s, double now_us, double *ret_us)
{
    double value;
    const char *end;
    if (!read_number(s, &value, &end) || *end)
        return false;
    if (value >= 1e11)
        *ret_us = value * 1e3 - now_us;
    else
        *ret_us = (value + !strchr(s, '.')) * 1e6 - (value >= 1e9 ? now_us : 0);
    return true;
}

/* From now; -1 for what cannot be believed. */
static int64_t read_reset(const char *s, int64_t now_us)
{
    double us;
    if (read_rfc3339(s, &us))
        us -= (double)now_us;
    else if (!read_plain(s, (double)now_us, &us) && !read_duration(s, &us))
        return -1;
    if (us > (double)RESET_MAX_US)
        return -1;
    return us > 0 ? (int64_t)ceil(us) : 0;
}

/* --- rows --- */

struct row {
    struct limit l;
    int64_t named_us; /* the window in its name: one kind may have several */
};

struct rows {
    struct row row[LIMITS_MAX];
    size_t n;
};

static struct limit *row_of(struct rows *rows, const struct name *name)
{
    size_t i = 0;
    while (i < rows->n && ((int)rows->row[i].l.kind != name->kind || rows->row[i].named_us != name->window_us))
        i++;
    if (i == LIMITS_MAX)
        return NULL;
    if (i == rows->n)
        rows->row[rows->n++] = (struct row){.named_us = name->window_us,
                                            .l = {.kind = (enum limit_kind)name->kind,
                                                  .limit = -1,
                                                  .remaining = -1,
                                                  .reset_us = -1,
                                                  .window_us = name->window_us}};
    return &rows->row[i].l;
}

static void read_value(struct limit *l, const struct name *name, const char *value, int64_t now_us)
{
    int64_t count;
    switch (name->field) {
    case FIELD_LIMIT:
        if (read_count(value, &count))
            l->limit = count;
        break;
    case FIELD_REMAINING:
        if (read_count(value, &count))
            l->remaining = count > name->rounding ? count - name->rounding : 0;
        break;
    case FIELD_RESET:
        l->reset_us = read_reset(value, now_us);
        l->at_once = l->reset_us >= 0 && name->at_once;
        break;
    case FIELD_WINDOW:
        if (read_count(value, &count) && count <= RESET_MAX_US / SECOND_US)
            l->window_us = count * SECOND_US;
        break;
    case FIELD_NONE: break;
    }
}

size_t rate_limits_read(const struct response_head *head, int64_t now_us, struct limit *ret, size_t max)
{
    struct rows rows = {.n = 0};
    if (head->date_us && llabs(head->date_us - now_us) > SKEW_US)
        now_us = head->date_us;
    for (unsigned i = 0; i < head->n_rate; i++) {
        struct name name;
        struct limit *l = read_name(head->rate[i].name, &name) ? row_of(&rows, &name) : NULL;
        if (l)
            read_value(l, &name, head->rate[i].value, now_us);
    }
    size_t n = 0;
    for (size_t i = 0; i < rows.n && n < max; i++)
        if (rows.row[i].l.limit >= 0 || rows.row[i].l.remaining >= 0)
            ret[n++] = rows.row[i].l;
    return n;
}
