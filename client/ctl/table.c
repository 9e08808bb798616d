#include "client/ctl/table.h"
#include "client/common/field.h"
#include "client/common/tty.h"
#include "lib/base/error.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CELL_MAX = 1024,
    CELLS_MAX = 32 << 20, /* bytes */
    DRAWN_MAX = 64 << 20  /* bytes of what ask-tty is given */
};
static const char unknown[] = "-";

void table_init(struct table *t, const struct ctl *c, const struct table_column *columns, size_t n)
{
    *t = (struct table){.columns = columns, .n_columns = n, .for_people = c->out->terminal};
    buf_init(&t->cells, CELLS_MAX);
}

void table_done(struct table *t)
{
    buf_done(&t->cells);
}

void table_cell(struct table *t, const char *s, size_t len)
{
    char text[CELL_MAX];
    error_text(text, sizeof(text), s, len);
    (void)buf_append(&t->cells, text, strlen(text) + 1);
    t->n_cells++;
}

void table_printf(struct table *t, const char *fmt, ...)
{
    char text[CELL_MAX];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    table_cell(t, text, n > 0 ? strlen(text) : 0);
}

void table_put_str(struct table *t, const msgpack_object_map *row, const char *field)
{
    const char *s;
    size_t len;
    if (field_str(row, field, &s, &len))
        table_cell(t, s, len);
}

void table_add(struct table *t, const msgpack_object_map *row)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        size_t before = t->n_cells;
        t->columns[i].put(t, row, t->columns[i].field);
        if (t->n_cells == before)
            table_cell(t, "", 0);
    }
}

/* The cell behind *at; "" is one that is not known. */
static const char *next_cell(const struct table *t, size_t *at)
{
    const char *cell = (const char *)t->cells.data + *at;
    *at += strlen(cell) + 1;
    return cell;
}

/* -- by ask-tty -- */

static void put_column(struct buf *b, const struct table_column *column)
{
    mp_put_map(b, 5);
    mp_put_entry(b, "name", column->name);
    mp_put_entry(b, "align", column->right ? "right" : NULL);
    mp_put_cstr(b, "trunc");
    mp_put_bool(b, column->trunc);
    mp_put_entry_uint(b, "width", column->width);
    mp_put_entry_uint(b, "drop", column->drop);
}

/* columns: of the terminal, as its output may be captured; 0: not known. */
static void put_table(struct buf *b, const struct table *t, unsigned columns)
{
    mp_put_map(b, 3);
    mp_put_entry_uint(b, "width", columns);
    mp_put_cstr(b, "columns");
    mp_put_array(b, (uint32_t)t->n_columns);
    for (size_t i = 0; i < t->n_columns; i++)
        put_column(b, &t->columns[i]);
    mp_put_cstr(b, "rows");
    mp_put_array(b, (uint32_t)(t->n_cells / t->n_columns));
    size_t at = 0;
    for (size_t i = 0; i < t->n_cells; i++) {
        if (i % t->n_columns == 0)
            mp_put_array(b, (uint32_t)t->n_columns);
        const char *cell = next_cell(t, &at);
        mp_put_cstr(b, cell[0] != '\0' ? cell : NULL);
    }
}

/* False where nothing was drawn. */
static bool draw(const struct table *t, struct ctl *c, int *status)
{
    char program[PATH_MAX];
    struct buf input;
    if (!tty_find(program))
        return false;
    buf_init(&input, DRAWN_MAX);
    put_table(&input, t, out_columns(c->out));
    *status = input.failed ? EXIT_OK : ctl_flush(c);
    bool drawn = !input.failed && (*status != EXIT_OK || tty_run(program, "table", &input, status));
    buf_done(&input);
    return drawn;
}

/* -- by ourselves -- */

/* Characters; what takes two cells of a terminal needs ask-tty to stand straight. */
static size_t width_of(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static const char *shown(const char *cell)
{
    return cell[0] != '\0' ? cell : unknown;
}

static void measure(const struct table *t, size_t widths[])
{
    size_t at = 0;
    for (size_t i = 0; i < t->n_columns; i++)
        widths[i] = width_of(t->columns[i].name);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t width = width_of(shown(next_cell(t, &at)));
        if (width > widths[i % t->n_columns])
            widths[i % t->n_columns] = width;
    }
}

static void print_padded(const struct table *t, struct ctl *c, size_t column, const char *text, size_t width)
{
    const int space = (int)(width - width_of(text));
    const bool last = column + 1 == t->n_columns, right = t->columns[column].right;
    ctl_printf(c, "%*s%s", right ? space : 0, "", text);
    ctl_printf(c, "%*s", last ? 0 : right ? 2 : space + 2, "");
    ctl_printf(c, "%s", last ? "\n" : "");
}

static void print_for_people(const struct table *t, struct ctl *c)
{
    size_t at = 0;
    size_t *widths = calloc(t->n_columns, sizeof(*widths));
    if (widths == NULL || t->n_cells == 0) {
        free(widths);
        return;
    }
    measure(t, widths);
    for (size_t i = 0; i < t->n_columns; i++)
        print_padded(t, c, i, t->columns[i].name, widths[i]);
    for (size_t i = 0; i < t->n_cells; i++)
        print_padded(t, c, i % t->n_columns, shown(next_cell(t, &at)), widths[i % t->n_columns]);
    free(widths);
}

static void print_for_programs(const struct table *t, struct ctl *c)
{
    size_t at = 0;
    for (size_t i = 0; i < t->n_cells; i++) {
        (void)out_puts(c->out, shown(next_cell(t, &at)));
        (void)out_puts(c->out, (i + 1) % t->n_columns == 0 ? "\n" : "\t");
    }
}

int table_print(struct table *t, struct ctl *c)
{
    int status;
    if (t->cells.failed) {
        exit_print(c->program, "there is more than %d MiB to show: narrow it down", CELLS_MAX >> 20);
        return EXIT_OTHER;
    }
    if (t->for_people && t->n_cells > 0 && draw(t, c, &status))
        return status;
    if (t->for_people)
        print_for_people(t, c);
    else
        print_for_programs(t, c);
    return ctl_flush(c);
}

int table_show(struct ctl *c, const msgpack_object *list, const struct table_column *columns, size_t n)
{
    msgpack_object_array rows = {0};
    msgpack_object_map row;
    struct table t;
    if (c->json)
        return ctl_print_json(c, list);
    (void)mp_array(list, &rows);
    table_init(&t, c, columns, n);
    for (uint32_t i = 0; i < rows.size; i++)
        if (mp_map(&rows.ptr[i], &row))
            table_add(&t, &row);
    int status = table_print(&t, c);
    table_done(&t);
    return status;
}

int table_show_or_say(struct ctl *c, const msgpack_object *list, const struct table_column *columns, size_t n,
                      const char *empty)
{
    msgpack_object_array rows;
    if (!c->json && c->out->terminal && mp_array(list, &rows) && rows.size == 0)
        exit_print(c->program, "%s", empty);
    return table_show(c, list, columns, n);
}
