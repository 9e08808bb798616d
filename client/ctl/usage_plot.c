/* askctl usage --plot: for each currency a bar for each day, of the cost; of the tokens where no price is known. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/bars.h"
#include "client/ctl/usage.h"
#include "lib/base/clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_SECONDS = 86400,
    DAYS_MAX = 3700, /* of one plot: ten years and some days */
    COLUMNS = 80,    /* where nothing tells how wide it may be */
    COLUMNS_MIN = 40,
    CELLS_MIN = 10, /* of a bar beside the longer text */
    TEXT_LEN = 128
};

/* Days are counted from 1970. */
struct plot {
    const msgpack_object_array *rows;
    uint32_t like; /* the first row of its currency */
    int64_t first, last;
    bool priced;
    bool brief;    /* there is no room to tell tokens beside a cost */
    int64_t most;  /* of one day */
    size_t widest; /* cells of a text */
};

static int64_t day_of(const msgpack_object_map *row)
{
    double seconds = 0;
    (void)field_double(row, "day", &seconds);
    return seconds >= 0 && seconds < 1e11 ? (int64_t)(seconds / DAY_SECONDS) : 0;
}

/* The plot's row of that day; false where there is none. *from: where to look from on, as rows come by time. */
static bool find_day(const struct plot *p, int64_t day, uint32_t *from, msgpack_object_map *ret)
{
    for (; *from < p->rows->size; ++*from) {
        const msgpack_object *row = &p->rows->ptr[*from];
        if (!usage_same_currency(row, &p->rows->ptr[p->like]) || !mp_map(row, ret))
            continue;
        if (day_of(ret) >= day)
            return day_of(ret) == day;
    }
    return false;
}

static int64_t tokens_of(const msgpack_object_map *row)
{
    return usage_sum(usage_figure(row, "input_tokens"), usage_figure(row, "output_tokens"));
}

static int64_t height_of(const struct plot *p, const msgpack_object_map *row)
{
    return p->priced ? usage_figure(row, "cost_nano") : tokens_of(row);
}

/* "0.4213 USD  31.2k tokens" */
static void put_text(const struct plot *p, char out[TEXT_LEN], const msgpack_object_map *row)
{
    char cost[FIGURE_LEN], tokens[FIGURE_LEN], currency[16];
    figures_tokens(tokens, (double)tokens_of(row), true);
    figures_nano_rounded(cost, usage_figure(row, "cost_nano"));
    usage_currency(currency, row);
    if (p->priced && p->brief)
        (void)snprintf(out, TEXT_LEN, "%9s %s", cost, currency);
    else if (p->priced)
        (void)snprintf(out, TEXT_LEN, "%9s %s %6s tokens", cost, currency, tokens);
    else
        (void)snprintf(out, TEXT_LEN, "%6s tokens", tokens);
}

static void measure(struct plot *p)
{
    p->widest = 0;
    msgpack_object_map row;
    char text[TEXT_LEN];
    for (uint32_t i = p->like; i < p->rows->size; i++) {
        if (!usage_same_currency(&p->rows->ptr[i], &p->rows->ptr[p->like]) || !mp_map(&p->rows->ptr[i], &row))
            continue;
        put_text(p, text, &row);
        if (height_of(p, &row) > p->most)
            p->most = height_of(p, &row);
        if (strlen(text) > p->widest)
            p->widest = strlen(text);
    }
}

static size_t columns_of(const struct ctl *c)
{
    const char *told = getenv("COLUMNS");
    size_t n = out_columns(c->out);
    if (n == 0 && told != NULL)
        n = strtoul(told, NULL, 10);
    return n == 0 ? COLUMNS : n < COLUMNS_MIN ? COLUMNS_MIN : n;
}

static void print_day(struct ctl *c, const struct plot *p, int64_t day, const msgpack_object_map *row, size_t cells)
{
    char date[FIGURE_LEN], bar[BAR_SIZE], text[TEXT_LEN];
    figures_day(date, (double)(day * DAY_SECONDS));
    if (row == NULL) {
        ctl_printf(c, "%s\n", date);
        return;
    }
    const size_t used = bar_draw(bar, height_of(p, row), p->most, cells);
    put_text(p, text, row);
    ctl_printf(c, "%s  ", date);
    (void)out_text(c->out, bar, strlen(bar));
    ctl_printf(c, "%*s  %*s\n", (int)(cells - used), "", (int)p->widest, text);
}

/* Of a bar: what a day and a text leave of the width. */
static size_t cells_of(const struct plot *p, size_t columns)
{
    const size_t taken = strlen("2026-11-01") + 2 + 2 + p->widest;
    const size_t room = columns > taken ? columns - taken : 1;
    return room < BAR_CELLS_MAX ? room : BAR_CELLS_MAX;
}

static void print_plot(struct ctl *c, struct plot *p)
{
    msgpack_object_map row;
    char currency[16];
    uint32_t at = p->like;
    const size_t columns = columns_of(c);
    measure(p);
    if (cells_of(p, columns) < CELLS_MIN) {
        p->brief = true;
        measure(p);
    }
    usage_currency(currency, &p->rows->ptr[p->like].via.map);
    ctl_printf(c, "\n%s%s\n", p->priced ? "cost in " : "tokens of models whose price is not known",
               p->priced ? currency : "");
    for (int64_t day = p->first; day <= p->last; day++) {
        const bool any = find_day(p, day, &at, &row);
        print_day(c, p, day, any ? &row : NULL, cells_of(p, columns));
    }
}

/* To the last day that is asked for, from the first one that has anything or, where that was told, the first one. */
static void span_of(struct plot *p, const struct ctl *c, const struct usage_query *q, double now)
{
    msgpack_object_map row;
    const double end = q->until > 0 && q->until < now ? q->until - 1 : now;
    p->first = (int64_t)(q->since / DAY_SECONDS);
    p->last = (int64_t)(end / DAY_SECONDS);
    if ((c->given & CTL_SINCE) == 0 && mp_map(&p->rows->ptr[0], &row))
        p->first = day_of(&row);
}

int usage_plot(struct ctl *c, const struct usage_query *q, const msgpack_object_array *rows)
{
    const double now = (double)clock_wall_us() / 1e6;
    char span[USAGE_VALUE], currency[16];
    struct plot p = {.rows = rows};
    if (rows->size > 0)
        span_of(&p, c, q, now);
    if (p.last - p.first >= DAYS_MAX) {
        exit_print(c->program, "a plot has room for %d days: choose fewer with --since", DAYS_MAX);
        return EXIT_USAGE;
    }
    usage_span(span, q, now);
    ctl_printf(c, "%s%s\n", span, rows->size == 0 ? ": nothing was used" : "");
    for (uint32_t i = 0; i < rows->size; i++) {
        if (!usage_first_of_currency(rows, i))
            continue;
        usage_currency(currency, &rows->ptr[i].via.map);
        p = (struct plot){.rows = rows, .like = i, .first = p.first, .last = p.last, .priced = currency[0] != '\0'};
        print_plot(c, &p);
    }
    return ctl_flush(c);
}
