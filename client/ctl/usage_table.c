/* askctl usage as a table: a row for each group, and one for the total of each currency. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/table.h"
#include "client/ctl/usage.h"
#include "lib/base/clock.h"
#include <inttypes.h>
#include <string.h>

enum { TOTAL_MAX = 4096 }; /* bytes of a total as a map */

/* -- columns -- */

static void put_value(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[USAGE_VALUE];
    usage_value(text, row, usage_find_by(field, strlen(field)));
    if (text[0] != '\0')
        table_cell(t, text, strlen(text));
}

static void put_count(struct table *t, const msgpack_object_map *row, const char *field)
{
    table_printf(t, "%" PRId64, usage_figure(row, field));
}

static void put_tokens(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[FIGURE_LEN];
    figures_tokens(text, (double)usage_figure(row, field), t->for_people);
    table_cell(t, text, strlen(text));
}

static void put_nano(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[FIGURE_LEN];
    int64_t nano;
    if (!field_int(row, field, &nano))
        return;
    (t->for_people ? figures_nano_rounded : figures_nano)(text, nano);
    table_cell(t, text, strlen(text));
}

static void put_premium(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[FIGURE_LEN];
    figures_quantity(text, (double)usage_figure(row, field) / 1e9);
    table_cell(t, text, strlen(text));
}

static void put_told(struct table *t, const msgpack_object_map *row, const char *field)
{
    const double theirs = (double)usage_figure(row, field), ours = (double)usage_figure(row, "compared_nano");
    char text[FIGURE_LEN];
    if (theirs <= 0)
        return;
    (t->for_people ? figures_nano_rounded : figures_nano)(text, usage_figure(row, field));
    if (t->for_people && ours > 0)
        table_printf(t, "%s (%+.0f %%)", text, 100 * (theirs - ours) / ours);
    else
        table_cell(t, text, strlen(text));
}

static bool has_some(const msgpack_object_map *row, const char *field)
{
    return usage_figure(row, field) > 0;
}

static bool told_otherwise(const msgpack_object_map *row, const char *field)
{
    (void)field;
    return usage_disagrees(row);
}

static const struct figure {
    struct table_column column;
    /* On a terminal the column is there where this holds of a row; NULL: always. */
    bool (*worth)(const msgpack_object_map *row, const char *field);
    bool sum; /* a total has it */
} figures[] = {
    {{.name = "REQUESTS", .put = put_count, .field = "requests", .right = true}, NULL, true},
    {{.name = "ERRORS", .put = put_count, .field = "errors", .right = true, .drop = 5}, has_some, true},
    {{.name = "HITS", .put = put_count, .field = "cache_hits", .right = true, .drop = 3}, has_some, true},
    {{.name = "SHARED", .put = put_count, .field = "shared", .right = true, .drop = 4}, has_some, true},
    {{.name = "IN", .put = put_tokens, .field = "input_tokens", .right = true}, NULL, true},
    {{.name = "CACHED", .put = put_tokens, .field = "cached_input_tokens", .right = true, .drop = 6}, has_some, true},
    {{.name = "OUT", .put = put_tokens, .field = "output_tokens", .right = true}, NULL, true},
    {{.name = "COST", .put = put_nano, .field = "cost_nano", .right = true}, NULL, true},
    {{.name = "CUR", .put = table_put_str, .field = "currency"}, NULL, false},
    {{.name = "SAVED", .put = put_nano, .field = "saved_nano", .right = true, .drop = 2}, has_some, true},
    {{.name = "PREMIUM", .put = put_premium, .field = "premium_nano", .right = true, .drop = 1}, has_some, true},
    {{.name = "BILLED", .put = put_told, .field = "provider_cost_nano", .right = true}, told_otherwise, true},
};
enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static bool is_worth(const struct figure *f, const msgpack_object_array *rows)
{
    msgpack_object_map row;
    for (uint32_t i = 0; f->worth != NULL && i < rows->size; i++)
        if (mp_map(&rows->ptr[i], &row) && f->worth(&row, f->column.field))
            return true;
    return f->worth == NULL;
}

static size_t choose_columns(struct table_column columns[USAGE_BYS + FIGURES], const struct usage_query *q,
                             const msgpack_object_array *rows, bool for_people)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n_by; i++)
        columns[n++] = (struct table_column){.name = q->by[i]->head,
                                             .put = put_value,
                                             .field = q->by[i]->name,
                                             .right = q->by[i]->kind == USAGE_NUMBER,
                                             .trunc = q->by[i]->kind == USAGE_TEXT,
                                             .width = q->by[i]->width};
    for (size_t i = 0; i < FIGURES; i++)
        if (!for_people || is_worth(&figures[i], rows))
            columns[n++] = figures[i].column;
    return n;
}

/* -- totals -- */

static int64_t sum_of(const msgpack_object_array *rows, uint32_t like, const char *field)
{
    msgpack_object_map row;
    int64_t sum = 0;
    for (uint32_t i = like; i < rows->size; i++)
        if (usage_same_currency(&rows->ptr[i], &rows->ptr[like]) && mp_map(&rows->ptr[i], &row))
            sum = usage_sum(sum, usage_figure(&row, field));
    return sum;
}

/* As a row like the others: of all that have the currency of the one numbered `like`. */
static void put_total(struct buf *b, const struct usage_query *q, const msgpack_object_array *rows, uint32_t like)
{
    char currency[16];
    usage_currency(currency, &rows->ptr[like].via.map);
    const size_t at = mp_open_map(b);
    uint32_t n = 2;
    mp_put_entry(b, q->by[0]->name, "total");
    mp_put_entry(b, "currency", currency[0] != '\0' ? currency : NULL);
    mp_put_entry_int(b, "compared_nano", sum_of(rows, like, "compared_nano"));
    n++;
    for (size_t i = 0; i < FIGURES; i++) {
        const char *field = figures[i].column.field;
        const bool priced = strcmp(field, "cost_nano") != 0 && strcmp(field, "saved_nano") != 0;
        if (!figures[i].sum || (currency[0] == '\0' && !priced))
            continue;
        mp_put_entry_int(b, field, sum_of(rows, like, field));
        n++;
    }
    mp_close_map(b, at, n);
}

static void add_total(struct table *t, const struct usage_query *q, const msgpack_object_array *rows, uint32_t like)
{
    struct buf b;
    msgpack_unpacked total;
    msgpack_object_map map;
    size_t at = 0;
    buf_init(&b, TOTAL_MAX);
    msgpack_unpacked_init(&total);
    put_total(&b, q, rows, like);
    if (!b.failed && msgpack_unpack_next(&total, (const char *)b.data, b.len, &at) == MSGPACK_UNPACK_SUCCESS &&
        mp_map(&total.data, &map))
        table_add(t, &map);
    msgpack_unpacked_destroy(&total);
    buf_done(&b);
}

int usage_table(struct ctl *c, const struct usage_query *q, const msgpack_object_array *rows)
{
    struct table_column columns[USAGE_BYS + FIGURES];
    struct table t;
    msgpack_object_map row;
    char span[USAGE_VALUE];
    table_init(&t, c, columns, choose_columns(columns, q, rows, c->out->terminal));
    for (uint32_t i = 0; i < rows->size; i++)
        if (mp_map(&rows->ptr[i], &row))
            table_add(&t, &row);
    for (uint32_t i = 0; t.for_people && q->n_by > 0 && rows->size > 1 && i < rows->size; i++)
        if (usage_first_of_currency(rows, i))
            add_total(&t, q, rows, i);
    if (t.for_people) {
        usage_span(span, q, (double)clock_wall_us() / 1e6);
        ctl_printf(c, "%s%s\n", span, rows->size == 0 ? ": nothing was used" : "");
    }
    int status = table_print(&t, c);
    table_done(&t);
    return status;
}
