#include "client/tty/md_table.h"
#include <string.h>

enum { LEAST = 8, GAP = 3, INDENT = 2, BYTES_MAX = 16 << 20 };

/* -- widths -- */

static size_t least_of(size_t wanted)
{
    return wanted < LEAST ? wanted : LEAST;
}

void md_table_fit(struct md_table *t, size_t width)
{
    struct fit_column columns[MD_TABLE_COLUMNS_MAX];
    size_t least = 0;
    t->ruled = false;
    for (size_t i = 0; i < t->columns; i++) {
        const size_t wanted = t->wanted[i] < width ? t->wanted[i] : width;
        columns[i] = (struct fit_column){.width = wanted, .least = least_of(wanted)};
        least += columns[i].least + (i > 0 ? GAP : 0);
    }
    t->stacked = least > width;
    if (!t->stacked)
        fit(columns, t->columns, GAP, width);
    for (size_t i = 0; i < t->columns; i++) {
        t->width[i] = columns[i].width;
        t->ruled = t->ruled || t->width[i] < t->wanted[i];
    }
}

void md_table_measure(struct md_table *t, const struct md_leaf_text *text, size_t width)
{
    *t = (struct md_table){.columns = text->columns};
    for (size_t row = 0; row < md_leaf_rows(text); row++) {
        for (size_t i = 0; i < t->columns; i++) {
            const struct md_cell *c = md_leaf_cell(text, row, i);
            const size_t cells = wrap_width(&text->runs, c->from, c->to);
            if (cells > t->wanted[i])
                t->wanted[i] = cells;
        }
    }
    for (size_t i = 0; i < t->columns; i++)
        t->wanted[i] = t->wanted[i] < 2 ? 2 : t->wanted[i]; /* of one wide character */
    md_table_fit(t, width);
}

/* -- drawing -- */

/* A line of a cell. */
struct piece {
    size_t at, len, cells;
};

struct drawing {
    const struct md_table *t;
    const struct md_leaf_text *text;
    const struct wrap_style *style;
    wrap_line *emit;
    void *data;
    struct buf bytes, pieces; /* of the cells of one row */
    struct buf line;
};

static void frame(struct drawing *d, const char *s)
{
    style_puts(&d->line, d->style->colour, STYLE_FRAME, s);
}

static void put_n(struct drawing *d, const char *s, size_t n)
{
    while (n-- > 0)
        (void)buf_puts(&d->line, s);
}

static void emit(struct drawing *d, size_t cells)
{
    d->emit(d->data, (const char *)d->line.data, d->line.len, cells);
    buf_clear(&d->line);
}

static void keep_piece(void *data, const char *line, size_t len, size_t cells)
{
    struct drawing *d = data;
    const struct piece piece = {d->bytes.len, len, cells};
    (void)buf_append(&d->bytes, line, len);
    (void)buf_append(&d->pieces, &piece, sizeof(piece));
}

static size_t n_pieces(const struct drawing *d)
{
    return d->pieces.len / sizeof(struct piece);
}

static void put_piece(struct drawing *d, const struct piece *p, size_t column)
{
    const struct md_table *t = d->t;
    const size_t spare = t->width[column] - p->cells;
    const enum md_align align = d->text->align[column];
    const size_t left = align == ALIGN_RIGHT ? spare : align == ALIGN_CENTRE ? spare / 2 : 0;
    put_n(d, " ", left);
    if (p->len > 0)
        (void)buf_append(&d->line, d->bytes.data + p->at, p->len);
    if (column + 1 < t->columns)
        put_n(d, " ", spare - left);
}

/* first: where the pieces of each column begin, with the end of the last. */
static void put_row_line(struct drawing *d, const size_t *first, size_t i)
{
    static const struct piece none;
    size_t cells = 0;
    for (size_t c = 0; c < d->t->columns; c++) {
        const size_t at = first[c] + i;
        const struct piece *pieces = (const struct piece *)(const void *)d->pieces.data;
        if (c > 0)
            frame(d, " │ ");
        put_piece(d, at < first[c + 1] ? &pieces[at] : &none, c);
        cells += d->t->width[c] + (c > 0 ? GAP : 0);
    }
    emit(d, cells);
}

static void put_row(struct drawing *d, size_t row)
{
    size_t first[MD_TABLE_COLUMNS_MAX + 1] = {0}, lines = 1;
    buf_clear(&d->bytes);
    buf_clear(&d->pieces);
    for (size_t c = 0; c < d->t->columns; c++) {
        const struct md_cell *cell = md_leaf_cell(d->text, row, c);
        wrap_runs(&d->text->runs, cell->from, cell->to, d->t->width[c], d->style, keep_piece, d);
        first[c + 1] = n_pieces(d);
        if (first[c + 1] - first[c] > lines)
            lines = first[c + 1] - first[c];
    }
    if (d->bytes.failed || d->pieces.failed)
        return;
    for (size_t i = 0; i < lines; i++)
        put_row_line(d, first, i);
}

static void put_rule(struct drawing *d, const char *dash, const char *cross)
{
    size_t cells = 0;
    struct buf rule;
    buf_init(&rule, BYTES_MAX);
    for (size_t c = 0; c < d->t->columns; c++) {
        if (c > 0)
            (void)buf_puts(&rule, cross);
        for (size_t i = 0; i < d->t->width[c]; i++)
            (void)buf_puts(&rule, dash);
        cells += d->t->width[c] + (c > 0 ? GAP : 0);
    }
    frame(d, buf_cstr(&rule));
    buf_done(&rule);
    emit(d, cells);
}

static void put_indented(void *data, const char *line, size_t len, size_t cells)
{
    struct drawing *d = data;
    put_n(d, " ", INDENT);
    (void)buf_append(&d->line, line, len);
    emit(d, cells + INDENT);
}

static void put_stacked(struct drawing *d, size_t row, size_t width)
{
    for (size_t c = 0; c < d->t->columns; c++) {
        const struct md_cell *head = md_leaf_cell(d->text, 0, c), *cell = md_leaf_cell(d->text, row, c);
        wrap_runs(&d->text->runs, head->from, head->to, width, d->style, d->emit, d->data);
        if (row > 0)
            wrap_runs(&d->text->runs, cell->from, cell->to, width - INDENT, d->style, put_indented, d);
    }
    frame(d, "──");
    emit(d, 2);
}

static void put_ruled(struct drawing *d, size_t row, bool more)
{
    if (row == 1 && !more)
        put_rule(d, "─", "─┼─");
    else if (row > 0 && d->t->ruled)
        put_rule(d, "╌", "╌┼╌");
    put_row(d, row);
}

bool md_table_draw(const struct md_table *t, const struct md_leaf_text *text, size_t width, bool more,
                   const struct wrap_style *style, wrap_line *emit_line, void *data)
{
    struct drawing d = {.t = t, .text = text, .style = style, .emit = emit_line, .data = data};
    buf_init(&d.bytes, BYTES_MAX);
    buf_init(&d.pieces, BYTES_MAX);
    buf_init(&d.line, BYTES_MAX);
    const size_t rows = md_leaf_rows(text);
    for (size_t row = more ? 1 : 0; row < rows; row++) {
        if (!t->stacked)
            put_ruled(&d, row, more);
        else if (row > 0 || rows == 1)
            put_stacked(&d, row, width);
    }
    const bool drawn = !d.bytes.failed && !d.pieces.failed && !d.line.failed;
    buf_done(&d.bytes);
    buf_done(&d.pieces);
    buf_done(&d.line);
    return drawn;
}
