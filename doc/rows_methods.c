#include "daemon/rpc/dispatch.h"
#include "daemon/rpc/methods_conversation.h"
#include "daemon/rpc/shapes.h"
#include "doc/rows.h"
#include <jansson.h>
#include <string.h>

#define PATH_SIZE 256
#define WIDTH 120 /* of the page's lines */
#define TEXT_SIZE 4096

static const struct {
    unsigned type;
    const char *name;
} type_names[] = {{SCHEMA_STR, "str"}, {SCHEMA_BIN, "bin"},     {SCHEMA_INT, "int"}, {SCHEMA_NUMBER, "number"},
                  {SCHEMA_MAP, "map"}, {SCHEMA_ARRAY, "array"}, {SCHEMA_NIL, "nil"}, {SCHEMA_BOOL, "bool"}};
#define N_TYPES (sizeof type_names / sizeof *type_names)

/* The name of a shape that has a table of its own, NULL where the fields are told in place. */
static const char *shape_of(const struct schema_field *f)
{
    for (const struct schema_field *s = shape_rows; s->name; s++)
        if (f->fields == s->fields)
            return s->name;
    return NULL;
}

/* -- Markdown -- */

static void put_type(const struct schema_field *f, FILE *out)
{
    unsigned items = f->types >> SCHEMA_ITEMS_SHIFT & SCHEMA_ANY;
    const char *shape = shape_of(f), *sep = "";
    if ((f->types & SCHEMA_ANY) == SCHEMA_ANY) {
        fputs("any", out);
        return;
    }
    for (size_t i = 0; i < N_TYPES; i++) {
        if (!(f->types & type_names[i].type))
            continue;
        fputs(sep, out);
        sep = " or ";
        if (type_names[i].type == SCHEMA_MAP && shape)
            fputs(shape, out);
        else if (type_names[i].type != SCHEMA_ARRAY || !items)
            fputs(type_names[i].name, out);
        else
            for (size_t k = 0; k < N_TYPES; k++)
                if (items & type_names[k].type)
                    fprintf(out, "[%s]", type_names[k].type == SCHEMA_MAP && shape ? shape : type_names[k].name);
    }
}

/* A line for each field, and behind it those of the maps in it. */
static void put_fields(const struct schema_field *fields, const char *before, FILE *out)
{
    for (const struct schema_field *f = fields; f->name; f++) {
        fprintf(out, "| `%s%s%s` | ", before, f->name, f->types & SCHEMA_REQUIRED ? "" : "?");
        put_type(f, out);
        fprintf(out, " | %s |\n", f->text);
        if (f->fields && !shape_of(f)) {
            char path[PATH_SIZE];
            snprintf(path, sizeof path, "%s%s%s", before, f->name, f->types & SCHEMA_ARRAY ? "[]." : ".");
            put_fields(f->fields, path, out);
        }
    }
}

static void put_table(const char *title, const struct schema_field *fields, FILE *out)
{
    fprintf(out, "\n| %s | type | |\n| --- | --- | --- |\n", title);
    put_fields(fields, "", out);
}

static void put_text(const struct method *m, FILE *out)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%s%s%s", m->text, m->flags & METHOD_ADMIN ? " For the daemon's owner and root." : "",
             m->flags & METHOD_NOTIFY ? " May come as a notification." : "");
    rows_wrap(text, "", WIDTH, false, out);
}

static void put_method(const struct method *m, FILE *out)
{
    fprintf(out, "### `%s`\n", m->name);
    put_text(m, out);
    if (m->params->name)
        put_table("param", m->params, out);
    for (const struct schema_field *r = m->result; r->name; r++) {
        fprintf(out, "\n→ %s\n", r->name);
        if (!shape_of(r) && r->fields->name)
            put_table("result", r->fields, out);
    }
}

void rows_methods(FILE *out)
{
    for (const struct method *m = methods; m->name; m++) {
        if (m > methods)
            fputc('\n', out);
        put_method(m, out);
    }
}

void rows_shapes(FILE *out)
{
    for (const struct schema_field *s = shape_rows; s->name; s++) {
        fprintf(out, "%s### %s\n", s == shape_rows ? "" : "\n", s->name);
        rows_wrap(s->text, "", WIDTH, false, out);
        put_table("field", s->fields, out);
    }
}

static void put_kinds(const struct schema_field *kinds, FILE *out)
{
    fputs("| type | more fields | |\n| --- | --- | --- |\n", out);
    for (const struct schema_field *e = kinds; e->name; e++) {
        const char *shape = shape_of(e);
        fprintf(out, "| `%s` | ", e->name);
        if (shape)
            fprintf(out, "those of %s", shape);
        for (const struct schema_field *f = shape ? NULL : e->fields; f && f->name; f++)
            fprintf(out, "%s`%s%s`", f == e->fields ? "" : ", ", f->name, f->types & SCHEMA_REQUIRED ? "" : "?");
        fprintf(out, " | %s |\n", e->text);
    }
}

void rows_events(FILE *out)
{
    put_kinds(event_rows, out);
}

void rows_changes(FILE *out)
{
    put_kinds(change_rows, out);
}

/* -- JSON -- */

static json_t *types_to_json(unsigned types)
{
    json_t *list = json_array();
    for (size_t i = 0; i < N_TYPES; i++)
        if (types & type_names[i].type)
            json_array_append_new(list, json_string(type_names[i].name));
    return list;
}

static json_t *fields_to_json(const struct schema_field *fields);

static json_t *value_to_json(const struct schema_field *f)
{
    json_t *value = json_object();
    json_object_set_new(value, "types", types_to_json(f->types));
    if (f->types & SCHEMA_REQUIRED)
        json_object_set_new(value, "required", json_true());
    if (f->types >> SCHEMA_ITEMS_SHIFT)
        json_object_set_new(value, "items", types_to_json(f->types >> SCHEMA_ITEMS_SHIFT));
    if (f->fields)
        json_object_set_new(value, "fields", fields_to_json(f->fields));
    return value;
}

static json_t *fields_to_json(const struct schema_field *fields)
{
    json_t *map = json_object();
    for (const struct schema_field *f = fields; f->name; f++)
        json_object_set_new(map, f->name, value_to_json(f));
    return map;
}

static json_t *method_to_json(const struct method *m)
{
    json_t *method = json_object(), *result = json_array();
    for (const struct schema_field *r = m->result; r->name; r++)
        json_array_append_new(result, value_to_json(r));
    json_object_set_new(method, "params", fields_to_json(m->params));
    json_object_set_new(method, "result", result);
    return method;
}

void rows_schema(FILE *out)
{
    json_t *all = json_object(), *by_name = json_object(), *events = json_object(), *changes = json_object();
    for (const struct method *m = methods; m->name; m++)
        json_object_set_new(by_name, m->name, method_to_json(m));
    for (const struct schema_field *e = event_rows; e->name; e++)
        json_object_set_new(events, e->name, fields_to_json(e->fields));
    for (const struct schema_field *c = change_rows; c->name; c++)
        json_object_set_new(changes, c->name, fields_to_json(c->fields));
    json_object_set_new(all, "methods", by_name);
    json_object_set_new(all, "events", events);
    json_object_set_new(all, "changes", changes);
    json_object_set_new(all, "error", fields_to_json(shape_error));
    json_object_set_new(all, "log line", fields_to_json(shape_log_line));
    json_dumpf(all, out, JSON_INDENT(1));
    fputc('\n', out);
    json_decref(all);
}
