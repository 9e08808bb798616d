#include "client/ctl/limits_table.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/table.h"
#include <inttypes.h>

/* Without functions of their own: a row is of two maps, the provider's and the limit's. */
static const struct table_column columns[] = {
    {.name = "provider", .trunc = true, .width = 12},
    {.name = "model", .trunc = true, .width = 16},
    {.name = "kind"},
    {.name = "left", .right = true},
    {.name = "limit", .right = true},
    {.name = "full in", .right = true, .drop = 1},
};

static void put_count(struct table *t, const msgpack_object_map *limit, const char *field)
{
    int64_t n;
    if (field_int(limit, field, &n))
        table_printf(t, "%" PRId64, n);
    else
        table_cell(t, "", 0);
}

/* Whole seconds for programs. */
static void put_reset(struct table *t, const msgpack_object_map *limit)
{
    char text[FIGURE_LEN] = "";
    double seconds;
    if (!field_double(limit, "reset", &seconds) || !(seconds >= 0 && seconds < 1e12))
        table_cell(t, "", 0);
    else if (t->for_people) {
        figures_span(text, seconds);
        table_cell(t, text, strlen(text));
    } else
        table_printf(t, "%.0f", seconds);
}

static void put_text(struct table *t, const msgpack_object_map *map, const char *field)
{
    size_t before = t->n_cells;
    table_put_str(t, map, field);
    if (t->n_cells == before)
        table_cell(t, "", 0);
}

static void add(struct table *t, const msgpack_object_map *provider, const msgpack_object_map *limit)
{
    put_text(t, provider, "name");
    put_text(t, limit, "model");
    put_text(t, limit, "kind");
    put_count(t, limit, "remaining");
    put_count(t, limit, "limit");
    put_reset(t, limit);
}

static void add_all(struct table *t, const msgpack_object_array *providers)
{
    msgpack_object_map provider, limit;
    msgpack_object_array limits;
    for (uint32_t i = 0; i < providers->size; i++) {
        if (!mp_map(&providers->ptr[i], &provider) || !field_array(&provider, "rate_limit", &limits))
            continue;
        for (uint32_t j = 0; j < limits.size; j++)
            if (mp_map(&limits.ptr[j], &limit))
                add(t, &provider, &limit);
    }
}

int limits_table_print(struct ctl *c, const msgpack_object_array *providers)
{
    struct table t;
    table_init(&t, c, columns, sizeof(columns) / sizeof(columns[0]));
    add_all(&t, providers);
    if (t.n_cells > 0)
        ctl_printf(c, "rate limits\n");
    int status = table_print(&t, c);
    table_done(&t);
    return status;
}
