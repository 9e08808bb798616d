#include "client/ctl/cells.h"
#include <stdbool.h>
#include <string.h>

enum { ESC = 0x1b, TAB = 8, TAIL_MASK = 0xc0, TAIL = 0x80, THREE_BYTES = 0xe0, FOUR_BYTES = 0xf0 };

static bool is_between(char c, char first, char last)
{
    return c >= first && c <= last;
}

/* "\x1b[1m", "\x1b]8;;…\x1b\\": the bytes of a sequence that begins there. */
static size_t sequence(const char *s, size_t len)
{
    size_t i = 2;
    if (len < 2)
        return len;
    if (s[1] == '[')
        while (i < len && !is_between(s[i], '@', '~'))
            i++;
    else if (s[1] == ']')
        while (i < len && s[i] != '\a' && !(s[i] == '\\' && s[i - 1] == ESC))
            i++;
    else
        return 2;
    return i < len ? i + 1 : len;
}

static size_t character(const char *s, size_t len)
{
    size_t n = 1;
    while (n < len && ((unsigned char)s[n] & TAIL_MASK) == TAIL)
        n++;
    return n;
}

/* Of three bytes, lines, blocks and Braille are narrow, as are dashes and quotes; the rest may be Chinese. */
static size_t width(const char *s, size_t len)
{
    const unsigned char first = (unsigned char)s[0], second = len > 1 ? (unsigned char)s[1] : 0;
    if (first >= FOUR_BYTES)
        return 2;
    if (first < THREE_BYTES)
        return first >= ' ' ? 1 : 0;
    const bool narrow = first == 0xe2 && (second == 0x80 || (second >= 0x94 && second <= 0x96) || second >= 0xa0);
    return narrow ? 1 : 2;
}

size_t cells_rows(const char *s, size_t len, size_t columns)
{
    size_t rows = 0, at = 0;
    bool open = false; /* a row has begun that no line's end has ended */
    for (size_t i = 0, n; i < len; i += n) {
        n = s[i] == ESC ? sequence(s + i, len - i) : character(s + i, len - i);
        if (s[i] == '\n') {
            rows++;
            at = 0;
            open = false;
            continue;
        }
        const size_t cells = s[i] == ESC ? 0 : s[i] == '\t' ? TAB - at % TAB : width(s + i, n);
        if (at + cells > columns) {
            rows++;
            at = 0;
        }
        at += cells;
        open = true;
    }
    return rows + open;
}

size_t cells_fit(const char *s, size_t len, size_t cells)
{
    size_t i = 0;
    for (size_t used = 0, n; i < len; i += n) {
        n = character(s + i, len - i);
        used += width(s + i, n);
        if (used > cells)
            break;
    }
    return i;
}
