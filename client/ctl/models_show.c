/* askctl models show: all that is known of a model. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/models.h"
#include "client/ctl/models_facts.h"
#include "lib/base/error.h"
#include <stdio.h>
#include <string.h>

enum { TEXT_LEN = 512, LABEL_WIDTH = 14 };

/* The value as text on one line; "" where there is none of the kind. */
static void write_value(char out[TEXT_LEN], const msgpack_object *o, enum fact_kind kind)
{
    const char *s;
    size_t len;
    double number;
    bool flag;
    out[0] = '\0';
    if (kind == FACT_FLAG && mp_bool(o, &flag))
        (void)snprintf(out, TEXT_LEN, "%s", flag ? "yes" : "no");
    else if ((kind == FACT_TEXT || kind == FACT_DAY) && mp_str(o, &s, &len))
        error_text(out, TEXT_LEN, s, len);
    else if (kind == FACT_TEXT || kind == FACT_FLAG || !mp_double(o, &number))
        return;
    else if (kind == FACT_TOKENS)
        figures_tokens(out, number, false);
    else if (kind == FACT_AMOUNT)
        figures_amount(out, number);
    else if (kind == FACT_DAY)
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
static void print_item(struct line *l, const char *label, const struct fact_part *p, const msgpack_object *o)
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
    const struct fact_part part = {NULL, "", f->kind, f->after};
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

static void print_parts(struct ctl *c, const char *label, const msgpack_object_map *map, const struct fact_part *parts)
{
    struct line l = begin_line(c);
    for (const struct fact_part *p = parts; p->field != NULL; p++) {
        const msgpack_object *o = mp_get(map, p->field);
        if (o != NULL)
            print_item(&l, label, p, o);
    }
    end_line(&l);
}

static void print_row(struct ctl *c, const msgpack_object_map *model, const struct fact_row *row)
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
    for (const struct fact *f = model_facts; is_map && f->label != NULL; f++)
        print_fact(c, &model, f);
    for (const struct fact_row *row = model_rows; is_map && row->label != NULL; row++)
        print_row(c, &model, row);
    return ctl_flush(c);
}

int models_show(struct ctl *c)
{
    const struct ctl_param params[] = {{"model", c->args[0]}};
    return ctl_ask_with(c, "models.get", params, 1, NULL, print_model);
}
