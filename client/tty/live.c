#include "client/tty/live.h"
#include <string.h>
#include <wchar.h>

static const char begin[] = "\x1b[?2026h\x1b[?25l", end[] = "\x1b[?25h\x1b[?2026l";

struct line {
    const char *s;
    size_t len; /* without its \n */
    size_t rows, width;
};

/* -- measuring -- */

/* The sequence at s, which begins with ESC: CSI up to its final byte, OSC up to ST or BEL, else two bytes. */
static size_t sequence(const char *s, size_t len)
{
    size_t at = 2;
    if (len < 2)
        return len;
    if (s[1] == '[') {
        while (at < len && (s[at] < '@' || s[at] > '~'))
            at++;
        return at < len ? at + 1 : len;
    }
    if (s[1] != ']')
        return at;
    while (at < len && s[at] != '\a' && s[at] != '\x1b')
        at++;
    if (at < len && s[at] == '\x1b')
        at++;
    return at < len ? at + 1 : len;
}

/* The cells that the line takes, and the rows, on a terminal that wraps it where its width ends. */
static void measure(struct line *line, size_t columns)
{
    mbstate_t state = {0};
    size_t column = 0, n;
    line->rows = 1;
    line->width = 0;
    for (size_t at = 0; at < line->len; at += n) {
        wchar_t c;
        if (line->s[at] == '\x1b') {
            n = sequence(line->s + at, line->len - at);
            continue;
        }
        n = mbrtowc(&c, line->s + at, line->len - at, &state);
        const bool known = n > 0 && n <= line->len - at;
        const int w = known ? wcwidth(c) : 1;
        n = known ? n : 1;
        if (!known)
            memset(&state, 0, sizeof(state));
        if (w <= 0)
            continue;
        if (column + (size_t)w > columns && column > 0) {
            line->rows++;
            column = 0;
        }
        column += (size_t)w;
        line->width += (size_t)w;
    }
}

/* The line at *at, which then stands behind it. False at the end. */
static bool next_line(const struct buf *b, size_t *at, size_t columns, struct line *line)
{
    if (*at >= b->len)
        return false;
    const char *s = (const char *)b->data + *at, *stop = memchr(s, '\n', b->len - *at);
    line->s = s;
    line->len = stop != NULL ? (size_t)(stop - s) : b->len - *at;
    *at += line->len + (stop != NULL);
    measure(line, columns);
    return true;
}

static size_t rows_of(const struct buf *b, size_t from, size_t columns)
{
    struct line line;
    size_t rows = 0;
    while (next_line(b, &from, columns, &line))
        rows += line.rows;
    return rows;
}

/* Where the last lines begin that take `room` rows at most. */
static size_t last_lines(const struct buf *b, size_t columns, size_t room, size_t *rows)
{
    size_t from = b->len;
    *rows = 0;
    while (from > 0) {
        const char *s = (const char *)b->data, *stop = from > 1 ? memrchr(s, '\n', from - 1) : NULL;
        size_t begins = stop != NULL ? (size_t)(stop - s) + 1 : 0, at = begins;
        struct line line = {.rows = 0};
        (void)next_line(b, &at, columns, &line);
        if (line.rows > room - *rows)
            break;
        *rows += line.rows;
        from = begins;
    }
    return from;
}

/* -- drawing -- */

void live_init(struct live *l, unsigned columns, unsigned rows)
{
    *l = (struct live){.columns = columns > 0 ? columns : LIVE_COLUMNS, .rows = rows > 0 ? rows : LIVE_ROWS};
    buf_init(&l->lines, LIVE_MAX);
}

void live_done(struct live *l)
{
    buf_done(&l->lines);
}

void live_resize(struct live *l, unsigned columns, unsigned rows)
{
    columns = columns > 0 ? columns : LIVE_COLUMNS;
    rows = rows > 0 ? rows : LIVE_ROWS;
    if (columns == l->columns && rows == l->rows)
        return;
    l->columns = columns;
    l->rows = rows;
    l->above = rows_of(&l->lines, l->shown, columns);
    if (l->above > rows - 1)
        l->above = rows - 1;
    l->stale = true;
}

void live_lost(struct live *l)
{
    buf_clear(&l->lines);
    l->shown = l->above = 0;
    l->stale = false;
}

/* A drawing under way, from the region's top downwards. */
struct drawing {
    struct live *live;
    struct buf *out;
    size_t old;      /* the next line of what is shown */
    size_t row, had; /* rows from the top: of the next line, and of the region as it was */
    size_t cursor;   /* the row it stands in, at its beginning */
    bool begun;      /* something was sent */
    bool aligned;    /* the next line stands in the row of the old one */
};

/* The cursor goes to the row where the next line begins. */
static void go(struct drawing *d)
{
    if (!d->begun) {
        (void)buf_puts(d->out, begin);
        d->begun = true;
    }
    if (d->cursor > d->row)
        (void)buf_printf(d->out, "\r\x1b[%zuA", d->cursor - d->row);
    else if (d->cursor < d->row)
        (void)buf_printf(d->out, "\r\x1b[%zuB", d->row - d->cursor);
    d->cursor = d->row;
}

static void put_line(struct drawing *d, const struct line *line)
{
    go(d);
    (void)buf_append(d->out, line->s, line->len);
    if (line->rows > 1 || line->width < d->live->columns)
        (void)buf_puts(d->out, "\x1b[K"); /* not in the last column, where it would take a character */
    (void)buf_puts(d->out, "\r\n");
    d->cursor += line->rows;
}

static void draw_lines(struct drawing *d, const struct buf *b, size_t at)
{
    struct line line, old;
    while (next_line(b, &at, d->live->columns, &line)) {
        const bool over = d->aligned && next_line(&d->live->lines, &d->old, d->live->columns, &old);
        const bool same = over && old.len == line.len && memcmp(old.s, line.s, line.len) == 0;
        if (!same)
            put_line(d, &line);
        d->aligned = over && old.rows == line.rows;
        d->row += line.rows;
    }
}

/* What is left of the region as it was. */
static void draw_rest(struct drawing *d)
{
    const bool less = d->row < d->had;
    if (less || d->cursor != d->row)
        go(d);
    if (less)
        (void)buf_puts(d->out, "\x1b[J");
    if (d->begun)
        (void)buf_puts(d->out, end);
}

static void keep(struct live *l, const struct buf *live, size_t shown, size_t rows)
{
    buf_clear(&l->lines);
    bool kept = buf_append(&l->lines, live->data, live->len);
    l->shown = kept ? shown : 0;
    l->above = kept ? rows : 0;
    l->stale = false;
}

void live_draw(struct live *l, const struct buf *settled, const struct buf *live, struct buf *out)
{
    size_t rows, shown = last_lines(live, l->columns, l->rows - 1, &rows);
    struct drawing d = {
        .live = l, .out = out, .old = l->shown, .had = l->above, .cursor = l->above, .aligned = !l->stale};
    if (l->stale && l->above > 0) {
        go(&d);
        (void)buf_puts(out, "\x1b[J");
    }
    draw_lines(&d, settled, 0);
    draw_lines(&d, live, shown);
    draw_rest(&d);
    keep(l, live, shown, rows);
}

void live_end(struct live *l, struct buf *out)
{
    struct buf all = l->lines, none;
    buf_init(&none, 0);
    if (l->shown > 0 || l->stale) {
        buf_init(&l->lines, LIVE_MAX);
        (void)buf_append(&l->lines, all.data, all.len);
        live_draw(l, &all, &none, out);
        buf_done(&all);
    }
    live_lost(l);
}
