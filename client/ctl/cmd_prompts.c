/* askctl prompts: the library of prompts. */
#include "client/common/field.h"
#include "client/ctl/table.h"
#include "lib/base/error.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 4096, LINE_LEN = 1024, LABEL_WIDTH = 13 };

/* -- list -- */

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

/* "language=" has to be given, "[tone=]" may be; with their defaults, "[tone=plain]", where there is room. */
static void write_variables(struct buf *b, const msgpack_object_map *prompt, bool defaults)
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
    buf_init(&b, LINE_LEN);
    write_variables(&b, prompt, false);
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
    return table_show(c, reply, columns, sizeof(columns) / sizeof(columns[0]));
}

static int list(struct ctl *c)
{
    return ctl_ask(c, "prompt.list", NULL, print_list);
}

/* -- show -- */

static void print_fact(struct ctl *c, const char *label, const char *s, size_t len)
{
    char text[LINE_LEN - LABEL_WIDTH];
    error_text(text, sizeof(text), s, len);
    ctl_printf(c, "%-*s%s\n", LABEL_WIDTH, label, text);
}

static void print_string(struct ctl *c, const msgpack_object_map *prompt, const char *field)
{
    const char *s;
    size_t len;
    if (field_str(prompt, field, &s, &len))
        print_fact(c, field, s, len);
}

static void print_number(struct ctl *c, const msgpack_object_map *prompt, const char *field)
{
    double v;
    if (field_double(prompt, field, &v))
        ctl_printf(c, "%-*s%.15g\n", LABEL_WIDTH, field, v);
}

static void print_variables(struct ctl *c, const msgpack_object_map *prompt)
{
    struct buf b;
    buf_init(&b, LINE_LEN);
    write_variables(&b, prompt, true);
    if (b.len > 0)
        print_fact(c, "variables", (const char *)b.data, b.len);
    buf_done(&b);
}

static void print_error(struct ctl *c, const msgpack_object_map *prompt)
{
    msgpack_object_map error;
    const char *s = "";
    size_t len = 0;
    if (!field_map(prompt, "error", &error))
        return;
    (void)field_str(&error, "message", &s, &len);
    print_fact(c, "error", s, len);
}

static void print_text(struct ctl *c, const msgpack_object_map *prompt, const char *field)
{
    const char *s;
    size_t len;
    if (!field_str(prompt, field, &s, &len))
        return;
    ctl_printf(c, "\n%s:\n\n", field);
    (void)out_text(c->out, s, len);
    (void)out_puts(c->out, "\n");
}

static int print_prompt(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map prompt;
    if (c->json)
        return ctl_print_json(c, reply);
    if (!mp_map(reply, &prompt))
        return EXIT_OK;
    print_string(c, &prompt, "name");
    print_string(c, &prompt, "description");
    print_string(c, &prompt, "path");
    print_error(c, &prompt);
    print_string(c, &prompt, "model");
    print_number(c, &prompt, "temperature");
    print_string(c, &prompt, "reasoning");
    print_number(c, &prompt, "reasoning"); /* it is a word, or a number of tokens */
    print_variables(c, &prompt);
    print_text(c, &prompt, "system");
    print_text(c, &prompt, "prompt");
    return ctl_flush(c);
}

static int get(struct ctl *c, int (*print)(struct ctl *c, msgpack_object *reply))
{
    struct buf params;
    int status = EXIT_USAGE;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "name", c->args[0]);
    if (params.failed)
        exit_print(c->program, "no prompt has so long a name: askctl prompts lists them");
    else
        status = ctl_ask(c, "prompt.get", &params, print);
    buf_done(&params);
    return status;
}

static int show(struct ctl *c)
{
    return get(c, print_prompt);
}

/* -- path -- */

/* As it is, for programs; a terminal gets it harmless. */
static int print_path(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map prompt;
    const char *s;
    size_t len;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &prompt) && field_str(&prompt, "path", &s, &len)) {
        (void)out_text(c->out, s, len);
        (void)out_puts(c->out, "\n");
    }
    return ctl_flush(c);
}

static int path(struct ctl *c)
{
    return get(c, print_path);
}

const struct ctl_verb cmd_prompts_verbs[] = {
    {"list", "", "one line each; the usual verb", .run = list},
    {"show", "NAME", "what it is asked with, and its text", 1, 1, .run = show},
    {"path", "NAME", "where its file is", 1, 1, .run = path},
    {0},
};
