/* askctl prompts show: what a prompt is asked with, and its text. */
#include "client/common/field.h"
#include "client/ctl/prompts.h"

enum { LABEL_WIDTH = 13 };

static void print_fact(struct ctl *c, const char *label, const char *s, size_t len)
{
    char text[PROMPTS_LINE - LABEL_WIDTH];
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
    buf_init(&b, PROMPTS_LINE);
    prompts_write_variables(&b, prompt, true);
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

int prompts_show(struct ctl *c)
{
    const struct ctl_param params[] = {{"name", c->args[0]}};
    return ctl_ask_with(c, "prompt.get", params, 1, NULL, print_prompt);
}
