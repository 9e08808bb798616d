#include "client/tty/beside.h"
#include "client/tty/cell.h"
#include "client/tty/style.h"
#include <string.h>

struct beside beside_fit(unsigned n, unsigned columns)
{
    unsigned per_row = (columns + BESIDE_GAP) / (BESIDE_LEAST + BESIDE_GAP);
    if (per_row > BESIDE_MAX)
        per_row = BESIDE_MAX;
    if (per_row > n)
        per_row = n;
    if (per_row < 1)
        per_row = 1;
    const unsigned rows = (n + per_row - 1) / per_row;
    per_row = (n + rows - 1) / rows;
    return (struct beside){.columns = columns, .per_row = per_row};
}

unsigned beside_width(const struct beside *b, unsigned n)
{
    const unsigned gaps = (n - 1) * BESIDE_GAP;
    return b->columns > gaps ? (b->columns - gaps) / n : 1;
}

/* The bytes of the escape at the front of s, 0 where there is none. SGR ends with its m, OSC 8 with ESC \. */
static size_t escape_len(const char *s, size_t len)
{
    if (len < 2 || s[0] != '\x1b')
        return 0;
    const char *end = s[1] == ']' ? memmem(s + 2, len - 2, "\x1b\\", 2) : memchr(s + 2, 'm', len - 2);
    return end != NULL ? (size_t)(end - s) + (s[1] == ']' ? 2 : 1) : len;
}

size_t beside_cells(const char *line, size_t len)
{
    size_t cells = 0, n;
    for (size_t at = 0; at < len; at += n) {
        wchar_t c;
        int width = 0;
        n = escape_len(line + at, len - at);
        if (n == 0)
            n = cell_next(line + at, len - at, &c, &width);
        if (n == 0)
            break;
        cells += width > 0 ? (size_t)width : 0;
    }
    return cells;
}

static void put_blanks(struct buf *lines, size_t n)
{
    while (n-- > 0)
        (void)buf_putc(lines, ' ');
}

/* The line of a block that begins at *at, which moves on; and the blanks behind it, where another column follows. */
static void put_line(struct buf *lines, size_t width, const struct buf *block, size_t *at, bool last)
{
    const char *line = (const char *)block->data + *at;
    const char *end = *at < block->len ? memchr(line, '\n', block->len - *at) : NULL;
    const size_t len = end != NULL ? (size_t)(end - line) : block->len - *at;
    if (len > 0)
        (void)buf_append(lines, line, len);
    *at += end != NULL ? len + 1 : len;
    if (last)
        return;
    const size_t cells = len > 0 ? beside_cells(line, len) : 0;
    put_blanks(lines, cells < width ? width - cells : 0);
}

void beside_put(struct buf *lines, const struct beside *b, const struct buf *blocks, unsigned n, bool colour)
{
    size_t at[BESIDE_MAX];
    const size_t width = n > 0 ? beside_width(b, n) : 0;
    bool more = false;
    for (unsigned i = 0; i < n; i++) {
        at[i] = 0;
        more = more || blocks[i].len > 0;
    }
    while (more && !lines->failed) {
        more = false;
        for (unsigned i = 0; i < n; i++) {
            put_line(lines, width, &blocks[i], &at[i], i + 1 == n);
            more = more || at[i] < blocks[i].len;
            if (i + 1 < n) {
                (void)buf_putc(lines, ' ');
                style_puts(lines, colour, STYLE_FRAME, "\u2502");
                (void)buf_putc(lines, ' ');
            }
        }
        (void)buf_putc(lines, '\n');
    }
}
