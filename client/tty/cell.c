#include "client/tty/cell.h"
#include "client/common/escape.h"
#include "lib/base/utf8.h"
#include <string.h>

static const char unknown[] = "\xef\xbf\xbd", ellipsis[] = "\xe2\x80\xa6";

size_t cell_next(const char *s, size_t len, wchar_t *c, int *width)
{
    if (len > 0 && (unsigned char)s[0] < 0x80) {
        *c = s[0];
        *width = *c >= 0x20 && *c != 0x7f ? 1 : *c == 0 ? 0 : -1;
        return *c != 0;
    }
    const size_t n = utf8_char(s, len);
    *c = n > 0 ? (unsigned char)s[0] & (0xff >> (n + 1)) : 0;
    for (size_t i = 1; i < n; i++)
        *c = *c << 6 | (s[i] & 0x3f);
    *width = n > 0 ? wcwidth(*c) : -1;
    return n > 0 || len == 0 ? n : 1;
}

/* A mark that says how the character before it is to look, or that it is joined with the next: emoji are made so, and
 * the scripts from Arabic on are written so. Elsewhere it would only hide. */
static bool belongs(wchar_t c, wchar_t before)
{
    enum { NON_JOINER = 0x200c, JOINER = 0x200d, JOINING = 0x600, VARIANT_FIRST = 0xfe00, VARIANT_LAST = 0xfe0f };
    const bool variant = before >= VARIANT_FIRST && before <= VARIANT_LAST;
    if (c == JOINER && variant)
        return true;
    if (c == JOINER || c == NON_JOINER)
        return before >= JOINING && !escape_deceptive((uint32_t)before);
    return c >= VARIANT_FIRST && c <= VARIANT_LAST && before > ' ' && !escape_deceptive((uint32_t)before);
}

size_t cell_put(struct buf *b, const char *s, size_t len, wchar_t *before)
{
    wchar_t c;
    int width;
    size_t n = utf8_char(s, len);
    if (n == 0 || utf8_is_control(s, n)) {
        char shown[ESCAPE_LEN];
        *before = 0;
        n = escape_char(s, len, shown);
        (void)buf_append(b, shown, ESCAPE_LEN);
        return n;
    }
    (void)cell_next(s, n, &c, &width);
    if (c >= 0x80 && escape_deceptive((uint32_t)c) && !belongs(c, *before))
        (void)buf_printf(b, "\\u{%x}", (unsigned)c);
    else
        (void)(width >= 0 ? buf_append(b, s, n) : buf_puts(b, unknown));
    *before = c;
    return n;
}

void cell_append(struct buf *b, const char *s, size_t len)
{
    wchar_t before = 0;
    for (size_t n; len > 0; s += n, len -= n)
        n = cell_put(b, s, len, &before);
    (void)buf_putc(b, '\0');
}

/* The longest prefix that `width` cells hold, in bytes. *used: the cells that it takes. */
static size_t prefix(const char *s, size_t width, size_t *used)
{
    size_t at = 0, len = strlen(s), n;
    wchar_t c;
    int w;
    *used = 0;
    while ((n = cell_next(s + at, len - at, &c, &w)) > 0) {
        size_t more = w > 0 ? (size_t)w : 0;
        if (more > width - *used)
            break;
        *used += more;
        at += n;
    }
    return at;
}

size_t cell_width(const char *s)
{
    size_t used;
    (void)prefix(s, SIZE_MAX, &used);
    return used;
}

void cell_append_cut(struct buf *b, const char *s, size_t width)
{
    size_t used, fits = prefix(s, width, &used);
    bool whole = s[fits] == '\0';
    if (!whole)
        fits = prefix(s, width > 0 ? width - 1 : 0, &used);
    (void)buf_append(b, s, fits);
    (void)buf_append(b, ellipsis, whole ? 0 : strlen(ellipsis));
    (void)buf_putc(b, '\0');
}
