/* askctl budget: what is left of the budgets, and until when. */
#include "client/common/age.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/table.h"
#include "lib/base/clock.h"
#include <string.h>

#define PLACES 1e4
#define AMOUNT_MAX 1e14

/* An amount in the budget's unit: for people no more than four places, and none where all are 0. */
static void put_amount(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[FIGURE_LEN];
    double amount;
    if (!field_double(row, field, &amount))
        return;
    const double rounded = (double)(int64_t)(amount * PLACES + 0.5) / PLACES;
    figures_quantity(text, t->for_people && amount < AMOUNT_MAX ? rounded : amount);
    table_cell(t, text, strlen(text));
}

static void put_resets(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[FIGURE_LEN];
    double at;
    if (!field_double(row, field, &at))
        return;
    double left = at - (double)clock_wall_us() / 1e6;
    figures_span(text, left > 0 ? left : 0);
    table_cell(t, text, strlen(text));
}

static void put_near(struct table *t, const msgpack_object_map *row, const char *field)
{
    if (field_true(row, field))
        table_cell(t, "near", strlen("near"));
}

static const struct table_column columns[] = {
    {.name = "BUDGET", .put = table_put_str, .field = "name", .trunc = true, .width = 12},
    {.name = "LIMIT", .put = put_amount, .field = "limit", .right = true},
    {.name = "USED", .put = put_amount, .field = "used", .right = true},
    {.name = "RESERVED", .put = put_amount, .field = "reserved", .right = true, .drop = 3},
    {.name = "LEFT", .put = put_amount, .field = "left", .right = true},
    {.name = "UNIT", .put = table_put_str, .field = "unit"},
    {.name = "PER", .put = table_put_str, .field = "per", .drop = 2},
    {.name = "RESETS IN", .put = put_resets, .field = "resets", .right = true},
    {.name = "STATE", .put = put_near, .field = "near", .drop = 1},
};

static int show(struct ctl *c, msgpack_object *reply)
{
    return table_show_or_say(c, reply, columns, sizeof(columns) / sizeof(columns[0]),
                             "no budget is configured: a [budget \"NAME\"] section in askd.conf makes one");
}

int cmd_budget(struct ctl *c)
{
    return ctl_ask(c, "budget.get", NULL, show);
}
