#include "client/tty/cell.h"
#include "client/common/escape.h"
#include <string.h>
#include <wchar.h>

static const char unknown[] = "\xef\xbf\xbd", ellipsis[] = "\xe2\x80\xa6";

/* The character at the front of s: its bytes, 0 at the end, and the cells it takes, -1 where it cannot be shown. */
static size_t next_char(const char *s, size_t len, int *width)
{
    wchar_t c;
    mbstate_t state = {0};
    size_t n = len > 0 ? mbrtowc(&c, s, len, &state) : 0;
    bool known = n > 0 && n <= len;
    *width = known ? wcwidth(c) : -1;
    return known || len == 0 ? n : 1;
}

void cell_append(struct buf *b, const char *s, size_t len)
{
    int width;
    while (len > 0) {
        size_t harmless = escape_harmless(s, len, ""), n;
        for (const char *end = s + harmless; s < end; s += n) {
            n = next_char(s, (size_t)(end - s), &width);
            (void)(width >= 0 ? buf_append(b, s, n) : buf_puts(b, unknown));
        }
        len -= harmless;
        if (len == 0)
            break;
        char shown[ESCAPE_LEN];
        n = escape_char(s, len, shown);
        (void)buf_append(b, shown, sizeof(shown));
        s += n;
        len -= n;
    }
    (void)buf_putc(b, '\0');
}

/* The longest prefix that `width` cells hold, in bytes. *used: the cells that it takes. */
static size_t prefix(const char *s, size_t width, size_t *used)
{
    size_t at = 0, len = strlen(s), n;
    int w;
    *used = 0;
    while ((n = next_char(s + at, len - at, &w)) > 0) {
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
