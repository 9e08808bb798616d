#include "client/common/colour.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/tty/cell.h"
#include "client/tty/fit.h"
#include "client/tty/tty.h"
#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    COLUMNS_MAX = 64,
    ROWS_MAX = 100000,
    TEXT_MAX = 256 << 20, /* an escape is four times as long as what it shows */
    WIDTH_MAX = 10000,    /* of a terminal */
    WIDTH_UNKNOWN = 80
};
static const char gap[] = "  ";

struct table {
    msgpack_object_array columns, rows;
    size_t width;    /* to draw in; 0: the terminal's */
    struct buf text; /* all cells, each with a NUL, the names first */
    size_t n;        /* columns */
    size_t *cells;   /* owned: where they begin in text, row by row, the names first */
    struct fit_column fit[COLUMNS_MAX];
    bool right[COLUMNS_MAX];
};

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long width = columns != NULL ? strtol(columns, NULL, 10) : 0;
    return width > 0 && width <= WIDTH_MAX ? (size_t)width : WIDTH_UNKNOWN;
}

/* -- reading -- */

static size_t size_of(const msgpack_object_map *column, const char *field)
{
    int64_t v;
    return field_int(column, field, &v) && v > 0 && v <= WIDTH_MAX ? (size_t)v : 0;
}

/* Puts the next cell; its column becomes as wide as it. nil, and what is missing at a row's end, is a dash. */
static bool read_cell(struct table *t, size_t *at, size_t column, const msgpack_object *value)
{
    const char *s = "-";
    size_t len = 1;
    bool nil = value == NULL || value->type == MSGPACK_OBJECT_NIL;
    if (!nil && !mp_str(value, &s, &len))
        return false;
    t->cells[(*at)++] = t->text.len;
    size_t begin = t->text.len;
    cell_append(&t->text, s, len);
    if (t->text.failed)
        return false;
    size_t width = cell_width((const char *)t->text.data + begin);
    if (width > t->fit[column].width)
        t->fit[column].width = width;
    return true;
}

static bool read_column(struct table *t, size_t *at, size_t i)
{
    msgpack_object_map column;
    const char *align;
    size_t len;
    bool trunc;
    if (!mp_map(&t->columns.ptr[i], &column) || !read_cell(t, at, i, mp_get(&column, "name")))
        return false;
    t->right[i] = field_str(&column, "align", &align, &len) && len == 5 && memcmp(align, "right", 5) == 0;
    t->fit[i].drop = (unsigned)size_of(&column, "drop");
    const msgpack_object *o = mp_get(&column, "trunc");
    size_t floor = size_of(&column, "width");
    if (o != NULL && mp_bool(o, &trunc) && trunc)
        t->fit[i].least = floor > t->fit[i].width ? floor : t->fit[i].width; /* the name's, so far */
    return true;
}

static bool read_row(struct table *t, size_t *at, size_t i)
{
    msgpack_object_array row;
    if (!mp_array(&t->rows.ptr[i], &row) || row.size > t->n)
        return false;
    for (uint32_t c = 0; c < t->n; c++)
        if (!read_cell(t, at, c, c < row.size ? &row.ptr[c] : NULL))
            return false;
    return true;
}

static bool read_table(struct table *t, const msgpack_object *input)
{
    msgpack_object_map map;
    size_t at = 0;
    if (!mp_map(input, &map) || !field_array(&map, "columns", &t->columns) || !field_array(&map, "rows", &t->rows) ||
        t->columns.size == 0 || t->columns.size > COLUMNS_MAX || t->rows.size > ROWS_MAX)
        return false;
    t->n = t->columns.size;
    t->width = size_of(&map, "width");
    t->cells = calloc((t->rows.size + 1) * t->n, sizeof(*t->cells));
    bool ok = t->cells != NULL;
    for (size_t i = 0; ok && i < t->n; i++)
        ok = read_column(t, &at, i);
    for (size_t i = 0; ok && i < t->rows.size; i++)
        ok = read_row(t, &at, i);
    for (size_t i = 0; i < t->n; i++)
        if (t->fit[i].least == 0 || t->fit[i].least > t->fit[i].width)
            t->fit[i].least = t->fit[i].width;
    return ok;
}

/* -- drawing -- */

/* The cell as it fits into its column; valid until the next call. NULL where memory is out. */
static const char *cut(const struct table *t, size_t row, size_t column, struct buf *room)
{
    buf_clear(room);
    cell_append_cut(room, (const char *)t->text.data + t->cells[row * t->n + column], t->fit[column].width);
    return room->failed ? NULL : (const char *)room->data;
}

static bool add_columns(const struct table *t, struct libscols_table *drawn, struct buf *room)
{
    const bool bold = colour_wanted();
    for (size_t i = 0; i < t->n; i++) {
        if (t->fit[i].dropped)
            continue;
        const char *name = cut(t, 0, i, room);
        struct libscols_column *column =
            name != NULL ? scols_table_new_column(drawn, name, 0, t->right[i] ? SCOLS_FL_RIGHT : 0) : NULL;
        if (column == NULL || (bold && scols_cell_set_color(scols_column_get_header(column), "\x1b[1m") != 0))
            return false;
    }
    return scols_table_enable_colors(drawn, bold) == 0;
}

static bool add_rows(const struct table *t, struct libscols_table *drawn, struct buf *room)
{
    for (size_t r = 1; r <= t->rows.size; r++) {
        struct libscols_line *line = scols_table_new_line(drawn, NULL);
        size_t at = 0;
        for (size_t i = 0; i < t->n; i++) {
            if (t->fit[i].dropped)
                continue;
            const char *text = cut(t, r, i, room);
            if (line == NULL || text == NULL || scols_line_set_data(line, at++, text) != 0)
                return false;
        }
    }
    return true;
}

/* libsmartcols would cut every column alike and without a mark, so it gets cells that fit already. They are harmless
 * too; its own encoding would escape the escapes. */
static int draw(struct table *t)
{
    const size_t width = t->width > 0 ? t->width : terminal_width();
    fit(t->fit, t->n, strlen(gap), width);
    struct buf room;
    buf_init(&room, TEXT_MAX);
    struct libscols_table *drawn = scols_new_table();
    bool ok = drawn != NULL && scols_table_set_column_separator(drawn, gap) == 0 &&
              scols_table_set_termwidth(drawn, width) == 0 &&
              scols_table_set_termforce(drawn, SCOLS_TERMFORCE_ALWAYS) == 0 &&
              scols_table_enable_noencoding(drawn, 1) == 0 && add_columns(t, drawn, &room) && add_rows(t, drawn, &room);
    if (ok)
        ok = t->rows.size == 0 || scols_print_table(drawn) == 0;
    scols_unref_table(drawn);
    buf_done(&room);
    if (!ok) {
        exit_print(TTY_PROGRAM, "the table cannot be drawn: out of memory");
        return EXIT_OS;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        exit_print(TTY_PROGRAM, "cannot write the table: %s", strerror(errno));
        return EXIT_IO;
    }
    return EXIT_OK;
}

int tty_table(const msgpack_object *input)
{
    struct table t = {.n = 0};
    int status = EXIT_DATA;
    buf_init(&t.text, TEXT_MAX);
    if (read_table(&t, input))
        status = draw(&t);
    else
        exit_print(TTY_PROGRAM, "what to show is no table, or too large a one");
    free(t.cells);
    buf_done(&t.text);
    return status;
}
