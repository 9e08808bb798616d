#include "client/tty/prose.h"
#include "client/tty/wrap.h"
#include "lib/base/utf8.h"
#include <string.h>

enum { COLUMNS_LEAST = 2 };

static void add_line(void *data, const char *line, size_t len, size_t cells)
{
    struct buf *lines = data;
    (void)cells;
    (void)buf_append(lines, line, len);
    (void)buf_putc(lines, '\n');
}

/* Tabs are spaces like others here. */
static void put_words(struct runs *r, const char *text, size_t len)
{
    while (len > 0) {
        const char *tab = memchr(text, '\t', len);
        const size_t n = tab != NULL ? (size_t)(tab - text) : len;
        runs_put(r, text, n);
        if (tab != NULL)
            runs_puts(r, " ");
        text += n + (tab != NULL);
        len -= n + (tab != NULL);
    }
}

static void put_paragraph(struct buf *lines, const struct prose_style *style, const char *text, size_t len)
{
    const struct wrap_style how = {.colour = style->colour};
    const size_t columns = style->columns > COLUMNS_LEAST ? style->columns : COLUMNS_LEAST;
    struct runs r;
    runs_init(&r);
    r.styles = STYLE_SET(style->style);
    put_words(&r, text, len);
    wrap_runs(&r, 0, r.text.len, columns, &how, add_line, lines);
    runs_done(&r);
}

void prose_put(struct buf *lines, const struct prose_style *style, const char *text, size_t len)
{
    struct prose p;
    prose_init(&p, style);
    prose_feed(&p, text, len, lines);
    prose_end(&p, lines);
    prose_done(&p);
}

void prose_init(struct prose *p, const struct prose_style *style)
{
    *p = (struct prose){.style = *style};
    buf_init(&p->paragraph, 2 * PROSE_PARAGRAPH_MAX);
}

void prose_done(struct prose *p)
{
    buf_done(&p->paragraph);
}

static void put_blanks(const struct prose *p, struct buf *lines)
{
    for (size_t i = 0; p->any && i < p->blanks; i++)
        (void)buf_putc(lines, '\n');
}

/* The first bytes of the paragraph are lines for good. */
static void settle(struct prose *p, size_t len, struct buf *settled)
{
    put_blanks(p, settled);
    put_paragraph(settled, &p->style, (const char *)p->paragraph.data, len);
    buf_consume(&p->paragraph, len);
    p->blanks = 0;
    p->any = true;
}

static void end_paragraph(struct prose *p, struct buf *settled)
{
    struct buf *b = &p->paragraph;
    while (b->len > 0 && (b->data[b->len - 1] == ' ' || b->data[b->len - 1] == '\r' || b->data[b->len - 1] == '\t'))
        b->len--;
    if (b->len > 0)
        settle(p, b->len, settled);
    else
        p->blanks++;
}

/* One that is too long ends at a space where it has one. */
static void break_paragraph(struct prose *p, struct buf *settled)
{
    const char *s = (const char *)p->paragraph.data, *space = memrchr(s, ' ', p->paragraph.len);
    const size_t whole = utf8_whole(s, p->paragraph.len);
    settle(p, space != NULL && space > s ? (size_t)(space - s) : whole, settled);
}

static void feed_words(struct prose *p, const char *text, size_t len, struct buf *settled)
{
    while (len > 0) {
        const size_t n = len < PROSE_PARAGRAPH_MAX ? len : PROSE_PARAGRAPH_MAX;
        (void)buf_append(&p->paragraph, text, n);
        if (p->paragraph.len > PROSE_PARAGRAPH_MAX)
            break_paragraph(p, settled);
        text += n;
        len -= n;
    }
}

void prose_feed(struct prose *p, const char *text, size_t len, struct buf *settled)
{
    while (len > 0) {
        const char *stop = memchr(text, '\n', len);
        const size_t n = stop != NULL ? (size_t)(stop - text) : len;
        feed_words(p, text, n, settled);
        if (stop != NULL)
            end_paragraph(p, settled);
        text += n + (stop != NULL);
        len -= n + (stop != NULL);
    }
}

void prose_end(struct prose *p, struct buf *settled)
{
    if (p->paragraph.len > 0)
        end_paragraph(p, settled);
}

void prose_live(const struct prose *p, struct buf *live)
{
    const size_t whole = utf8_whole((const char *)p->paragraph.data, p->paragraph.len);
    if (whole == 0)
        return;
    put_blanks(p, live);
    put_paragraph(live, &p->style, (const char *)p->paragraph.data, whole);
}
