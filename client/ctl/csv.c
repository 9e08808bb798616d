#include "client/ctl/csv.h"
#include <string.h>

static bool needs_quotes(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == ',' || s[i] == '"' || s[i] == '\r' || s[i] == '\n')
            return true;
    return false;
}

void csv_put(struct buf *b, bool first, const char *s, size_t len)
{
    if (!first)
        (void)buf_putc(b, ',');
    if (!needs_quotes(s, len)) {
        (void)buf_append(b, s, len);
        return;
    }
    (void)buf_putc(b, '"');
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '"')
            (void)buf_putc(b, '"');
        (void)buf_putc(b, s[i]);
    }
    (void)buf_putc(b, '"');
}

void csv_end(struct buf *b)
{
    (void)buf_puts(b, "\r\n");
}
