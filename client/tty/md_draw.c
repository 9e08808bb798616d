#include "client/tty/md_draw.h"
#include "client/tty/cell.h"
#include "client/tty/md_close.h"
#include <stdio.h>
#include <string.h>

enum { TAB = 4, QUOTE_CELLS = 2, WIDTH_LEAST = 4 };

/* -- a line, with what its containers have before it -- */

/* Containers that are not shown, the outermost first, so that half of the columns stays for the text. */
static unsigned hidden(const struct md_draw *d)
{
    const struct md_place *p = &d->place;
    unsigned cells = 0, n = 0;
    for (unsigned i = 0; i < p->depth; i++)
        cells += p->levels[i].cells;
    while (n < p->depth && cells > d->style.columns / 2)
        cells -= p->levels[n++].cells;
    return n;
}

/* Cells that are left for the text. */
static size_t width_of(const struct md_draw *d)
{
    size_t width = d->style.columns;
    for (unsigned i = hidden(d); i < d->place.depth; i++)
        width -= d->place.levels[i].cells;
    return width;
}

static void put_level(struct md_draw *d, struct md_level *level)
{
    if (!level->item) {
        style_puts(d->out, d->style.colour, STYLE_FRAME, "│ ");
    } else if (!level->marked) {
        style_puts(d->out, d->style.colour, STYLE_MARKER, level->mark);
    } else {
        for (unsigned i = 0; i < level->cells; i++)
            (void)buf_putc(d->out, ' ');
    }
    level->marked = true;
}

static void put_line(void *data, const char *line, size_t len, size_t cells)
{
    struct md_draw *d = data;
    struct md_place *p = &d->place;
    (void)cells;
    for (unsigned i = hidden(d); i < p->depth; i++)
        put_level(d, &p->levels[i]);
    (void)buf_append(d->out, line, len);
    (void)buf_putc(d->out, '\n');
    p->common = p->depth;
    p->begun = true;
}

/* An empty line; the bars of quotations go through it. */
static void put_empty(struct md_draw *d)
{
    const struct md_place *p = &d->place;
    unsigned last = p->common;
    while (last > 0 && p->levels[last - 1].item)
        last--;
    for (unsigned i = hidden(d); i < last; i++) {
        const struct md_level *level = &p->levels[i];
        if (level->item)
            for (unsigned c = 0; c < level->cells; c++)
                (void)buf_putc(d->out, ' ');
        else
            style_puts(d->out, d->style.colour, STYLE_FRAME, i + 1 < last ? "│ " : "│");
    }
    (void)buf_putc(d->out, '\n');
}

static struct wrap_style wrap_style(const struct md_draw *d)
{
    return (struct wrap_style){d->style.colour, d->style.links};
}

/* -- containers -- */

/* depth: in how many lists it stands. */
static void set_mark(struct md_level *level, const struct md_container *c, unsigned depth)
{
    static const char *const bullets[] = {"• ", "◦ ", "▪ "};
    static const char *const tasks[] = {[TASK_NONE] = "", [TASK_OPEN] = "☐ ", [TASK_DONE] = "✓ "};
    const char *task = tasks[c->task];
    if (c->ordered)
        (void)snprintf(level->mark, sizeof(level->mark), "%lu%c %s", c->number, c->mark, task);
    else
        (void)snprintf(level->mark, sizeof(level->mark), "%s", c->task != TASK_NONE ? task : bullets[depth % 3]);
    level->cells = (unsigned)cell_width(level->mark);
}

static void on_push(void *data, const struct md_container *c)
{
    struct md_place *p = &((struct md_draw *)data)->place;
    struct md_level *level = &p->levels[p->depth];
    unsigned items = 0;
    for (unsigned i = 0; i < p->depth; i++)
        items += p->levels[i].item;
    *level = (struct md_level){.item = c->item, .marked = !c->item, .cells = QUOTE_CELLS};
    if (c->item)
        set_mark(level, c, items);
    p->depth++;
}

static void on_pop(void *data)
{
    struct md_draw *d = data;
    struct md_place *p = &d->place;
    if (!p->levels[p->depth - 1].marked) /* an empty item */
        put_line(d, "", 0, 0);
    p->depth--;
    if (p->common > p->depth)
        p->common = p->depth;
}

/* -- leaves -- */

/* Some stand apart, whatever the source has. */
static bool stands_apart(enum md_leaf leaf)
{
    return leaf == LEAF_HEADING || leaf == LEAF_TABLE || leaf == LEAF_FENCED || leaf == LEAF_RULE;
}

static void put_frame(struct md_draw *d, const char *corner, const char *info, size_t len)
{
    const struct wrap_style style = wrap_style(d);
    runs_clear(&d->code);
    d->code.styles = STYLE_SET(STYLE_FRAME);
    runs_puts(&d->code, corner);
    while (len > 0 && (info[len - 1] == ' ' || info[len - 1] == '\r'))
        len--;
    if (len > 0) {
        runs_puts(&d->code, " ");
        runs_put(&d->code, info, len);
    }
    wrap_code(&d->code, width_of(d), &style, put_line, d);
}

static void on_begin(void *data, enum md_leaf leaf, bool spaced, const char *info, size_t len)
{
    struct md_draw *d = data;
    struct md_place *p = &d->place;
    if (p->begun && (spaced || stands_apart(p->last) || stands_apart(leaf)))
        put_empty(d);
    p->leaf = leaf;
    p->text_from = d->text.len;
    p->lines = 0;
    p->head_len = 0;
    if (leaf == LEAF_FENCED) {
        put_frame(d, "╭─", info, len);
        highlight_init(&p->highlight, info, len);
    } else if (leaf == LEAF_INDENTED) {
        highlight_init(&p->highlight, "", 0);
    }
}

static void on_become(void *data, enum md_leaf leaf)
{
    ((struct md_draw *)data)->place.leaf = leaf;
}

/* What a reader would have to go without is shown as it came. */
static void put_raw(struct md_draw *d, const char *s, size_t len)
{
    const struct wrap_style style = wrap_style(d);
    runs_clear(&d->code);
    for (const char *end = s + len; s < end;) {
        const char *line_end = memchr(s, '\n', (size_t)(end - s));
        const size_t n = line_end != NULL ? (size_t)(line_end - s) : (size_t)(end - s);
        runs_put(&d->code, s, n);
        if (line_end != NULL)
            runs_mark(&d->code, RUNS_BREAK);
        s += n + (line_end != NULL);
    }
    wrap_runs(&d->code, 0, d->code.text.len, width_of(d), &style, put_line, d);
}

/* A copy, as what was gathered goes on. */
static const char *closed(struct md_draw *d, const char *s, size_t *len)
{
    buf_clear(&d->closed);
    (void)buf_append(&d->closed, s, *len);
    md_close(&d->closed, 0);
    *len = d->closed.len;
    return (const char *)d->closed.data;
}

static void put_paragraph(struct md_draw *d)
{
    const struct wrap_style style = wrap_style(d);
    if (d->leaf.heading)
        d->place.leaf = LEAF_HEADING;
    wrap_runs(&d->leaf.runs, 0, d->leaf.runs.text.len, width_of(d), &style, put_line, d);
}

static void put_table(struct md_draw *d, bool rows)
{
    const struct wrap_style style = wrap_style(d);
    if (!rows)
        md_table_measure(&d->place.table, &d->leaf, width_of(d));
    if (!md_table_draw(&d->place.table, &d->leaf, width_of(d), rows, &style, put_line, d))
        d->failed = true;
}

/* Reads and draws what was gathered of the leaf. rows: further ones of a table, below its head. */
static void put_text(struct md_draw *d, bool rows)
{
    const struct md_place *p = &d->place;
    const struct md_leaf_style leaf = {d->style.colour, d->style.links};
    size_t len = d->text.len - p->text_from;
    if (len == 0)
        return;
    const char *s = (const char *)d->text.data + p->text_from;
    if (d->trial && p->leaf == LEAF_TEXT)
        s = closed(d, s, &len);
    const bool read = md_leaf_read(&d->leaf, p->leaf, s, len, &leaf);
    if (!read || (rows && d->leaf.columns != p->table.columns))
        put_raw(d, s + p->head_len, len - p->head_len);
    else if (d->leaf.columns > 0)
        put_table(d, rows);
    else
        put_paragraph(d);
}

/* Draws a table that has become long, and keeps its head, by which further rows are read. */
static void settle_rows(struct md_draw *d)
{
    struct md_place *p = &d->place;
    put_text(d, p->head_len > 0);
    if (p->head_len == 0 && d->leaf.columns > 0) {
        const char *s = (const char *)d->text.data + p->text_from;
        const char *first = memchr(s, '\n', d->text.len - p->text_from);
        const char *second =
            first != NULL ? memchr(first + 1, '\n', d->text.len - p->text_from - (size_t)(first + 1 - s)) : NULL;
        p->head_len = second != NULL ? (size_t)(second + 1 - s) : 0;
    }
    d->text.len = p->text_from + p->head_len;
}

/* The line below a table's head. md4c wants three dashes a column, where GitHub's one will do. */
static void gather_delimiters(struct md_draw *d, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        (void)buf_puts(&d->text, s[i] == '-' ? "---" : (const char[]){s[i], '\0'});
    (void)buf_putc(&d->text, '\n');
}

/* A \r within a line would end it for md4c. */
static void gather(struct md_draw *d, unsigned indent, const char *s, size_t len)
{
    struct md_place *p = &d->place;
    if (len > 0 && s[len - 1] == '\r')
        len--;
    if (p->leaf == LEAF_TABLE && p->lines == 2) {
        gather_delimiters(d, s, len);
        return;
    }
    for (; indent > 0; indent--)
        (void)buf_putc(&d->text, ' ');
    while (len > 0) {
        const char *cr = memchr(s, '\r', len);
        const size_t n = cr != NULL ? (size_t)(cr - s) : len;
        (void)buf_append(&d->text, s, n);
        if (cr != NULL)
            (void)buf_puts(&d->text, "\\x0d");
        s += n + (cr != NULL);
        len -= n + (cr != NULL);
    }
    (void)buf_putc(&d->text, '\n');
    if (p->leaf != LEAF_TABLE || d->trial)
        return;
    if (p->head_len > 0 || d->text.len >= MD_TABLE_BYTES_MAX || p->lines >= MD_TABLE_ROWS_MAX)
        settle_rows(d);
}

/* Tabs are spaces up to the next stop. */
static void put_code(struct runs *code, const char *s, size_t len, size_t *cells)
{
    while (len > 0) {
        size_t n = 0;
        while (n < len && s[n] != '\t')
            n++;
        const size_t from = code->text.len;
        runs_put(code, s, n);
        for (size_t at = from, bytes; at<code->text.len; at += bytes> 0 ? bytes : 1) {
            wchar_t c;
            int width;
            bytes = cell_next((const char *)code->text.data + at, code->text.len - at, &c, &width);
            *cells += width > 0 ? (size_t)width : 0;
        }
        for (size_t i = *cells % TAB; n < len && i < TAB; i++, ++*cells)
            runs_puts(code, " ");
        n += n < len;
        s += n;
        len -= n;
    }
}

static void put_code_line(struct md_draw *d, unsigned indent, const char *s, size_t len)
{
    struct md_place *p = &d->place;
    const struct wrap_style style = wrap_style(d);
    size_t cells = indent;
    runs_clear(&d->code);
    if (len > 0 && s[len - 1] == '\r')
        len--;
    for (; indent > 0; indent--)
        runs_puts(&d->code, " ");
    highlight_line(&p->highlight);
    while (len > 0) {
        style_set styles = STYLE_SET(STYLE_HTML);
        const size_t n = p->leaf == LEAF_HTML ? len : highlight_next(&p->highlight, s, len, &styles);
        d->code.styles = styles;
        put_code(&d->code, s, n, &cells);
        s += n;
        len -= n;
    }
    wrap_code(&d->code, width_of(d), &style, put_line, d);
}

static void on_line(void *data, unsigned indent, const char *s, size_t len, bool whole)
{
    struct md_draw *d = data;
    (void)whole;
    d->place.lines++;
    if (d->place.leaf == LEAF_TEXT || d->place.leaf == LEAF_TABLE || d->place.leaf == LEAF_HEADING)
        gather(d, indent, s, len);
    else
        put_code_line(d, indent, s, len);
}

static void put_rule(struct md_draw *d)
{
    struct buf rule;
    buf_init(&rule, MD_COLUMNS_MAX * 4);
    for (size_t i = width_of(d); i > 0; i--)
        (void)buf_puts(&rule, "─");
    runs_clear(&d->code);
    d->code.styles = STYLE_SET(STYLE_FRAME);
    runs_puts(&d->code, buf_cstr(&rule));
    buf_done(&rule);
    const struct wrap_style style = wrap_style(d);
    wrap_code(&d->code, width_of(d), &style, put_line, d);
}

static void on_end(void *data)
{
    struct md_draw *d = data;
    struct md_place *p = &d->place;
    if (p->leaf == LEAF_FENCED)
        put_frame(d, "╰─", "", 0);
    else if (p->leaf == LEAF_RULE)
        put_rule(d);
    else if (p->leaf == LEAF_TEXT || p->leaf == LEAF_HEADING || (p->leaf == LEAF_TABLE && p->head_len == 0))
        put_text(d, false);
    else if (p->leaf == LEAF_TABLE && d->text.len > p->text_from + p->head_len)
        put_text(d, true);
    if (!d->trial)
        d->text.len = p->text_from;
    p->last = p->leaf;
    p->leaf = LEAF_NONE;
}

const struct md_sink md_draw_sink = {on_push, on_pop, on_begin, on_become, on_line, on_end};

void md_draw_init(struct md_draw *d, const struct md_style *style)
{
    *d = (struct md_draw){.style = *style};
    buf_init(&d->text, RUNS_TEXT_MAX);
    buf_init(&d->closed, RUNS_TEXT_MAX);
    md_leaf_init(&d->leaf);
    runs_init(&d->code);
}

void md_draw_done(struct md_draw *d)
{
    buf_done(&d->text);
    buf_done(&d->closed);
    md_leaf_done(&d->leaf);
    runs_done(&d->code);
}

void md_draw_resize(struct md_draw *d, unsigned columns)
{
    d->style.columns = columns;
    if (d->place.head_len > 0)
        md_table_fit(&d->place.table, width_of(d));
}
