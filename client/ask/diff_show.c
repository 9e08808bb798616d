#include "client/ask/diff_show.h"
#include "client/common/colour.h"
#include "client/common/escape.h"
#include <string.h>

/* By the line's mark; those that name the file stand before all others. */
static const char *style_of(char mark, unsigned number)
{
    if (number < 2)
        return "\x1b[1m";
    switch (mark) {
    case '@': return "\x1b[36m";
    case '-': return "\x1b[31m";
    case '+': return "\x1b[32m";
    default: return "";
    }
}

/* The files' own line ends are not shown. */
static void put_line(struct buf *b, const char *s, size_t len, const char *style)
{
    if (len > 0 && s[len - 1] == '\r')
        len--;
    (void)buf_puts(b, style);
    escape_visible(b, s, len, "\t");
    (void)buf_puts(b, style[0] != '\0' ? "\x1b[m\n" : "\n");
}

void diff_show(struct out *out, const struct buf *diff, bool plain)
{
    const char *at = (const char *)diff->data, *end = at + diff->len;
    const bool coloured = !plain && colour_wanted();
    struct buf line;
    if (!out->terminal) {
        (void)out_write(out, at, diff->len);
        return;
    }
    buf_init(&line, 16 * diff->len + 64);
    for (unsigned n = 0; at < end; n++) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const size_t len = (size_t)((lf != NULL ? lf : end) - at);
        buf_clear(&line);
        put_line(&line, at, len, coloured && len > 0 ? style_of(*at, n) : "");
        (void)out_write(out, line.data, line.len);
        at += len + (lf != NULL);
    }
    buf_done(&line);
}
