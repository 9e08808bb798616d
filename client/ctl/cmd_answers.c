/* askctl answers: those that run, and those that ended and are still kept. */
#include "client/common/age.h"
#include "client/common/field.h"
#include "client/ctl/table.h"
#include "lib/base/clock.h"
#include <inttypes.h>
#include <string.h>

/* Seconds for programs. */
static void put_age(struct table *t, const msgpack_object_map *answer, const char *field)
{
    double started;
    char text[AGE_LEN];
    if (!field_double(answer, field, &started))
        return;
    const double age = (double)clock_wall_us() / 1e6 - started;
    age_text(text, age);
    if (t->for_people)
        table_cell(t, text, strlen(text));
    else
        table_printf(t, "%.0f", age);
}

static void put_count(struct table *t, const msgpack_object_map *answer, const char *field)
{
    int64_t n;
    if (field_int(answer, field, &n))
        table_printf(t, "%" PRId64, n);
}

static const struct table_column columns[] = {
    {.name = "ANSWER", .put = table_put_str, .field = "answer"},
    {.name = "STATE", .put = table_put_str, .field = "state"},
    {.name = "MODEL", .put = table_put_str, .field = "model", .trunc = true, .width = 20, .drop = 2},
    {.name = "AGE", .put = put_age, .field = "started", .right = true},
    {.name = "READERS", .put = put_count, .field = "readers", .right = true, .drop = 3},
    {.name = "QUESTION", .put = table_put_str, .field = "preview", .trunc = true, .width = 16, .drop = 1},
};

static int print_answers(struct ctl *c, msgpack_object *reply)
{
    return table_show(c, reply, columns, sizeof(columns) / sizeof(columns[0]));
}

int cmd_answers(struct ctl *c)
{
    struct buf params;
    buf_init(&params, 256);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "state", c->state);
    int status = ctl_ask(c, "answer.list", &params, print_answers);
    buf_done(&params);
    return status;
}
