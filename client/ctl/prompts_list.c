/* askctl prompts list: a line for each prompt of the library. */
#include "client/common/field.h"
#include "client/ctl/prompts.h"
#include "client/ctl/table.h"

/* What it is for, or why it is of no use. */
static void put_description(struct table *t, const msgpack_object_map *prompt, const char *field)
{
    msgpack_object_map error;
    const char *s = "";
    size_t len = 0;
    if (field_map(prompt, "error", &error)) {
        (void)field_str(&error, "message", &s, &len);
        table_printf(t, "cannot be used: %.*s", (int)len, s);
    } else if (field_str(prompt, field, &s, &len)) {
        table_cell(t, s, len);
    }
}

void prompts_write_variables(struct buf *b, const msgpack_object_map *prompt, bool defaults)
{
    msgpack_object_array list = {0};
    msgpack_object_map v;
    (void)field_array(prompt, "variables", &list);
    for (uint32_t i = 0; i < list.size; i++) {
        const char *name = "", *otherwise = "";
        size_t len = 0, otherwise_len = 0;
        if (!mp_map(&list.ptr[i], &v) || !field_str(&v, "name", &name, &len))
            continue;
        const bool may = field_str(&v, "default", &otherwise, &otherwise_len);
        (void)buf_printf(b, "%s%s%.*s=%.*s%s", b->len > 0 ? " " : "", may ? "[" : "", (int)len, name,
                         defaults ? (int)otherwise_len : 0, otherwise, may ? "]" : "");
    }
}

static void put_variables(struct table *t, const msgpack_object_map *prompt, const char *field)
{
    struct buf b;
    (void)field;
    buf_init(&b, PROMPTS_LINE);
    prompts_write_variables(&b, prompt, false);
    table_cell(t, b.len > 0 ? (const char *)b.data : "", b.len);
    buf_done(&b);
}

static const struct table_column columns[] = {
    {.name = "PROMPT", .put = table_put_str, .field = "name"},
    {.name = "DESCRIPTION", .put = put_description, .field = "description", .trunc = true, .width = 30},
    {.name = "VARIABLES", .put = put_variables, .trunc = true, .width = 20, .drop = 2},
    {.name = "FILE", .put = table_put_str, .field = "path", .trunc = true, .width = 20, .drop = 1},
};

static int print_list(struct ctl *c, msgpack_object *reply)
{
    return table_show_or_say(c, reply, columns, sizeof(columns) / sizeof(columns[0]),
                             "there is no prompt: a Markdown file in ~/.config/askd/prompts is one");
}

int prompts_list(struct ctl *c)
{
    return ctl_ask(c, "prompt.list", NULL, print_list);
}
