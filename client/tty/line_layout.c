#include "client/tty/line_layout.h"
#include <stdbool.h>
#include <wctype.h>

enum { TAB = 8, FAR = 0x10000, FAR_WIDTH = 8, NEAR_WIDTH = 7, CONTROL_WIDTH = 2 };

/* One cell more; a full line is followed by the next one at once. */
static void step(struct line_place *p, unsigned columns)
{
    if (++p->column >= columns) {
        p->row++;
        p->column = 0;
    }
}

/* A wide character stands on one line. */
static void put(struct line_place *p, unsigned width, unsigned columns)
{
    while (width <= columns && p->column + width > columns)
        step(p, columns);
    for (unsigned i = 0; i < width; i++)
        step(p, columns);
}

/* What has no picture is shown as ^A, \U+200b or \U+e0001, each letter by itself. */
static void spell(struct line_place *p, wchar_t c, unsigned columns)
{
    unsigned letters = c < L' ' || c == 0x7f ? CONTROL_WIDTH : c < FAR ? NEAR_WIDTH : FAR_WIDTH;
    while (letters-- > 0)
        step(p, columns);
}

static void put_char(struct line_place *p, wchar_t c, unsigned columns)
{
    const int width = wcwidth(c);
    if (c == L'\n') {
        p->row++;
        p->column = 0;
    } else if (c == L'\t') {
        do
            step(p, columns);
        while (p->column % TAB != 0);
    } else if (iswprint((wint_t)c) != 0) {
        put(p, width > 0 ? (unsigned)width : 0, columns);
    } else {
        spell(p, c, columns);
    }
}

void line_layout_text(struct line_place *p, const wchar_t *s, size_t n, unsigned columns)
{
    for (size_t i = 0; i < n; i++)
        put_char(p, s[i], columns);
}

void line_layout_prompt(struct line_place *p, const wchar_t *s, unsigned columns)
{
    bool literal = false;
    for (; *s != L'\0'; s++) {
        if (*s == LINE_LITERAL)
            literal = !literal;
        else if (!literal)
            put_char(p, *s, columns);
    }
}
