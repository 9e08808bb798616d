/* askctl models show: all that is known of a model. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/models.h"
#include "lib/base/error.h"
#include <stdio.h>
#include <string.h>

enum { TEXT_LEN = 512, LABEL_WIDTH = 14 };

/* How a value is written. A day comes as seconds or as a text. */
enum kind { TEXT, TOKENS, AMOUNT, NUMBER, DAY, FLAG };

/* A part of a line: what stands around a field's value. */
struct part {
    const char *field, *before;
    enum kind kind;
    const char *after;
};

/* A line: what it is called, and a field of the model; of a list, each that is in it. */
struct fact {
    const char *label, *field;
    enum kind kind;
    const char *after;
};

/* A line for each map of a list; for the model's own map where list is NULL. */
struct row {
    const char *label, *list;
    const struct part *parts; /* the last one has no field */
};

static const struct fact facts[] = {
    {"model", "model", TEXT, ""},
    {"id", "id", TEXT, ""},
    {"title", "title", TEXT, ""},
    {"family", "family", TEXT, ""},
    {"ready", "available", FLAG, ""},
    {"context", "context_window", TOKENS, " tokens"},
    {"max output", "max_output", TOKENS, " tokens"},
    {"takes", "modalities_in", TEXT, ""},
    {"gives", "modalities_out", TEXT, ""},
    {"tools", "tools", FLAG, ""},
    {"reasoning", "reasoning", FLAG, ""},
    {"aliases", "aliases", TEXT, ""},
    {"tags", "tags", TEXT, ""},
    {"released", "released", DAY, ""},
    {"retired", "retired", DAY, ""},
    {"run it with", "serve", TEXT, ""},
    {"names", "names", TEXT, ""},
};
enum { FACTS = sizeof(facts) / sizeof(facts[0]) };

static const struct part now_parts[] = {
    {"price_input", "input ", AMOUNT, "/M"},
    {"price_cached_input", "cached input ", AMOUNT, "/M"},
    {"price_cache_write", "cache write ", AMOUNT, "/M"},
    {"price_output", "output ", AMOUNT, "/M"},
    {"currency", "in ", TEXT, ""},
    {"since", "since ", DAY, ""},
    {"premium_multiplier", "premium requests ", NUMBER, ""},
    {0},
};
static const struct part price_parts[] = {
    {"input", "input ", AMOUNT, "/M"},
    {"cached_input", "cached input ", AMOUNT, "/M"},
    {"cache_write", "cache write ", AMOUNT, "/M"},
    {"output", "output ", AMOUNT, "/M"},
    {"request", "request ", AMOUNT, ""},
    {"image", "image ", AMOUNT, ""},
    {"input_audio", "sound in ", AMOUNT, "/M"},
    {"output_audio", "sound out ", AMOUNT, "/M"},
    {"currency", "in ", TEXT, ""},
    {"at", "at ", TEXT, ""},
    {"since", "since ", DAY, ""},
    {"until", "until ", DAY, ""},
    {"above_tokens", "above ", TOKENS, " tokens"},
    {"hours", "", TEXT, " UTC"},
    {"source", "from ", TEXT, ""},
    {0},
};
static const struct part premium_parts[] = {
    {"multiplier", "", NUMBER, " a prompt"},
    {"at", "at ", TEXT, ""},
    {"since", "since ", DAY, ""},
    {"until", "until ", DAY, ""},
    {"source", "from ", TEXT, ""},
    {0},
};
static const struct part score_parts[] = {
    {"value", "", NUMBER, ""}, {"board", "at ", TEXT, ""}, {"on", "on ", DAY, ""}, {"source", "from ", TEXT, ""}, {0},
};
static const struct part speed_parts[] = {
    {"tokens_per_second", "", NUMBER, " tokens/s"},
    {"at", "at ", TEXT, ""},
    {"on", "on ", DAY, ""},
    {"source", "from ", TEXT, ""},
    {0},
};
static const struct row rows[] = {
    {"price now", NULL, now_parts},       {"price", "prices", price_parts}, {"premium", "premiums", premium_parts},
    {"score", "score_rows", score_parts}, {"speed", "speeds", speed_parts},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* The value as text on one line; "" where there is none of the kind. */
static void write_value(char out[TEXT_LEN], const msgpack_object *o, enum kind kind)
{
    const char *s;
    size_t len;
    double number;
    bool flag;
    out[0] = '\0';
    if (kind == FLAG && mp_bool(o, &flag))
        (void)snprintf(out, TEXT_LEN, "%s", flag ? "yes" : "no");
    else if ((kind == TEXT || kind == DAY) && mp_str(o, &s, &len))
        error_text(out, TEXT_LEN, s, len);
    else if (kind == TEXT || kind == FLAG || !mp_double(o, &number))
        return;
    else if (kind == TOKENS)
        figures_tokens(out, number, false);
    else if (kind == AMOUNT)
        figures_amount(out, number);
    else if (kind == DAY)
        figures_day(out, number);
    else
        (void)snprintf(out, TEXT_LEN, "%.6g", number);
}

/* A line under way. On a terminal it goes on in a further one, below its first value, where that is full. */
struct line {
    struct ctl *c;
    unsigned columns; /* 0: any */
    size_t at;        /* column, 0: nothing was put yet */
};

static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* The next of what stands on one line, behind a comma; the label before the first. What has no text is left out. */
static void print_item(struct line *l, const char *label, const struct part *p, const msgpack_object *o)
{
    char text[TEXT_LEN];
    write_value(text, o, p->kind);
    if (text[0] == '\0')
        return;
    size_t width = width_of(p->before) + width_of(text) + width_of(p->after);
    if (l->at == 0) {
        ctl_printf(l->c, "%-*s ", LABEL_WIDTH, label);
        l->at = LABEL_WIDTH + 1;
    } else if (l->columns > 0 && l->at + 3 + width > l->columns) { /* one more for the comma behind it */
        ctl_printf(l->c, ",\n%*s", LABEL_WIDTH + 1, "");
        l->at = LABEL_WIDTH + 1;
    } else {
        ctl_printf(l->c, ", ");
        l->at += 2;
    }
    ctl_printf(l->c, "%s%s%s", p->before, text, p->after);
    l->at += width;
}

static struct line begin_line(struct ctl *c)
{
    return (struct line){.c = c, .columns = out_columns(c->out)};
}

static void end_line(const struct line *l)
{
    ctl_printf(l->c, "%s", l->at > 0 ? "\n" : "");
}

static void print_fact(struct ctl *c, const msgpack_object_map *model, const struct fact *f)
{
    const msgpack_object *o = mp_get(model, f->field);
    const struct part part = {NULL, "", f->kind, f->after};
    msgpack_object_array list;
    struct line l = begin_line(c);
    if (o == NULL)
        return;
    if (mp_array(o, &list))
        for (uint32_t i = 0; i < list.size; i++)
            print_item(&l, f->label, &part, &list.ptr[i]);
    else
        print_item(&l, f->label, &part, o);
    end_line(&l);
}

static void print_parts(struct ctl *c, const char *label, const msgpack_object_map *map, const struct part *parts)
{
    struct line l = begin_line(c);
    for (const struct part *p = parts; p->field != NULL; p++) {
        const msgpack_object *o = mp_get(map, p->field);
        if (o != NULL)
            print_item(&l, label, p, o);
    }
    end_line(&l);
}

static void print_row(struct ctl *c, const msgpack_object_map *model, const struct row *row)
{
    msgpack_object_array list;
    msgpack_object_map map;
    if (row->list == NULL)
        print_parts(c, row->label, model, row->parts);
    else if (field_array(model, row->list, &list))
        for (uint32_t i = 0; i < list.size; i++)
            if (mp_map(&list.ptr[i], &map))
                print_parts(c, row->label, &map, row->parts);
}

static int print_model(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map model;
    if (c->json)
        return ctl_print_json(c, reply);
    const bool is_map = mp_map(reply, &model);
    for (size_t i = 0; is_map && i < FACTS; i++)
        print_fact(c, &model, &facts[i]);
    for (size_t i = 0; is_map && i < ROWS; i++)
        print_row(c, &model, &rows[i]);
    return ctl_flush(c);
}

int models_show(struct ctl *c)
{
    const struct ctl_param params[] = {{"model", c->args[0]}};
    return ctl_ask_with(c, "models.get", params, 1, NULL, print_model);
}
