#include "client/ctl/usage.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/chat/usage.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct usage_by bys[] = {
    {"model", "MODEL", USAGE_TEXT, 20},
    {"provider", "PROVIDER", USAGE_TEXT, 10},
    {"client", "CLIENT", USAGE_TEXT, 8},
    {"uid", "UID", USAGE_NUMBER, 0},
    {"day", "DAY", USAGE_DAY, 0},
    {"hour", "HOUR", USAGE_HOUR, 0},
    {"label", "LABEL", USAGE_TEXT, 10},
    {"conversation", "CONVERSATION", USAGE_TEXT, 14},
    {"directory", "DIRECTORY", USAGE_TEXT, 10},
    {"host", "HOST", USAGE_TEXT, 10},
};
_Static_assert(sizeof(bys) / sizeof(bys[0]) == USAGE_BYS, "USAGE_BYS");
enum { DAY_SECONDS = 86400, HOUR_SECONDS = 3600, SINCE_DAYS = 30 };

/* -- what is asked for -- */

const struct usage_by *usage_find_by(const char *word, size_t len)
{
    for (size_t i = 0; i < USAGE_BYS; i++)
        if (strlen(bys[i].name) == len && memcmp(bys[i].name, word, len) == 0)
            return &bys[i];
    return NULL;
}

bool usage_query_has(const struct usage_query *q, enum usage_kind kind)
{
    for (size_t i = 0; i < q->n_by; i++)
        if (q->by[i]->kind == kind)
            return true;
    return false;
}

static bool has_by(const struct usage_query *q, const struct usage_by *by)
{
    for (size_t i = 0; i < q->n_by; i++)
        if (q->by[i] == by)
            return true;
    return false;
}

/* A word that is said twice says no more than once. */
static int read_by(struct usage_query *q, const struct ctl *c, const char *words)
{
    for (const char *word = words; *word != '\0';) {
        size_t len = strcspn(word, ",");
        const struct usage_by *by = usage_find_by(word, len);
        if (by == NULL) {
            exit_print(c->program, "--by takes words with commas between, and not '%.*s': " USAGE_WORDS,
                       (int)(len < 40 ? len : 40), word);
            return EXIT_USAGE;
        }
        if (!has_by(q, by))
            q->by[q->n_by++] = by;
        word += len + (word[len] == ',');
    }
    return EXIT_OK;
}

static double beginning(double at, double unit)
{
    return (double)(int64_t)(at / unit) * unit;
}

/* The beginning of a day; not of the one before there were any. */
static double some_days_before(double at)
{
    const double since = beginning(at, DAY_SECONDS) - (double)SINCE_DAYS * DAY_SECONDS;
    return since > 0 ? since : 0;
}

int usage_query_read(struct usage_query *q, const struct ctl *c)
{
    static const char none[] = "none";
    const char *words = (c->given & CTL_PLOT) != 0      ? "day"
                        : (c->given & CTL_REPRICE) != 0 ? none
                        : (c->given & CTL_BY) != 0      ? c->by
                                                        : "model";
    *q = (struct usage_query){.everybody = (c->given & CTL_ALL) != 0};
    int status = strcmp(words, none) == 0 ? EXIT_OK : read_by(q, c, words);
    if ((c->given & CTL_UNTIL) != 0)
        q->until = c->until;
    if ((c->given & CTL_SINCE) != 0)
        q->since = c->since;
    else if ((c->given & CTL_REPRICE) == 0)
        q->since = some_days_before(q->until > 0 ? q->until : (double)clock_wall_us() / 1e6);
    if (usage_query_has(q, USAGE_DAY))
        q->since = beginning(q->since, DAY_SECONDS);
    else if (usage_query_has(q, USAGE_HOUR))
        q->since = beginning(q->since, HOUR_SECONDS);
    if (status == EXIT_OK && q->until > 0 && q->until <= q->since) {
        exit_print(c->program, "--until ends before --since begins: nothing could be in between");
        return EXIT_USAGE;
    }
    return status;
}

void usage_query_put(struct buf *b, const struct usage_query *q)
{
    mp_put_map(b, 0u + (q->n_by > 0) + (q->since > 0) + (q->until > 0) + q->everybody);
    if (q->n_by > 0) {
        mp_put_cstr(b, "by");
        mp_put_array(b, (uint32_t)q->n_by);
    }
    for (size_t i = 0; i < q->n_by; i++)
        mp_put_cstr(b, q->by[i]->name);
    if (q->since > 0) {
        mp_put_cstr(b, "since");
        mp_put_double(b, q->since);
    }
    if (q->until > 0) {
        mp_put_cstr(b, "until");
        mp_put_double(b, q->until);
    }
    if (q->everybody)
        mp_put_entry(b, "uid", "all");
}

/* "2026-11-01 08:12" of UTC. */
static void put_minute(char out[USAGE_VALUE], double seconds)
{
    struct tm tm;
    time_t at = (time_t)seconds;
    out[0] = '\0';
    if (seconds >= 0 && seconds < 1e11 && gmtime_r(&at, &tm) != NULL)
        (void)strftime(out, USAGE_VALUE, "%Y-%m-%d %H:%M", &tm);
}

void usage_span(char out[USAGE_VALUE], const struct usage_query *q, double now)
{
    char since[USAGE_VALUE] = "the beginning", until[USAGE_VALUE];
    if (q->since > 0)
        put_minute(since, q->since);
    put_minute(until, q->until > 0 && q->until < now ? q->until : now);
    (void)snprintf(out, USAGE_VALUE, "%.64s to %.64s UTC%s", since, until,
                   usage_query_has(q, USAGE_DAY) || usage_query_has(q, USAGE_HOUR) ? "; days are UTC's" : "");
}

/* -- what a row has -- */

void usage_value(char out[USAGE_VALUE], const msgpack_object_map *row, const struct usage_by *by)
{
    const char *s;
    size_t len;
    double number;
    out[0] = '\0';
    if (field_str(row, by->name, &s, &len)) /* a total's too, whatever it is by */
        error_text(out, USAGE_VALUE, s, len);
    else if (!field_double(row, by->name, &number))
        return;
    else if (by->kind == USAGE_DAY)
        figures_day(out, number);
    else if (by->kind == USAGE_HOUR)
        put_minute(out, number);
    else
        (void)snprintf(out, USAGE_VALUE, "%.0f", number);
}

int64_t usage_figure(const msgpack_object_map *row, const char *field)
{
    int64_t v = 0;
    return field_int(row, field, &v) ? v : 0;
}

int64_t usage_sum(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

void usage_currency(char out[16], const msgpack_object_map *row)
{
    (void)field_line(row, "currency", out, 16);
}

bool usage_same_currency(const msgpack_object *a, const msgpack_object *b)
{
    msgpack_object_map first, second;
    char one[16], other[16];
    if (!mp_map(a, &first) || !mp_map(b, &second))
        return false;
    usage_currency(one, &first);
    usage_currency(other, &second);
    return strcmp(one, other) == 0;
}

bool usage_first_of_currency(const msgpack_object_array *rows, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (usage_same_currency(&rows->ptr[k], &rows->ptr[i]))
            return false;
    return rows->ptr[i].type == MSGPACK_OBJECT_MAP;
}

bool usage_disagrees(const msgpack_object_map *row)
{
    return usage_cost_differs(usage_figure(row, "compared_nano"), usage_figure(row, "provider_cost_nano"));
}
