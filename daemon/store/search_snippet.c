#include "daemon/store/search_snippet.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

#define LEAD_CHARS 40 /* of the snippet, before what was found */
#define CUT "\u2026"
#define ILL "\ufffd"

static size_t char_len(const char *text, size_t len)
{
    size_t n = utf8_char(text, len);

    return n > 0 ? n : 1;
}

static size_t forward(const char *text, size_t len, size_t at, unsigned chars)
{
    for (; chars > 0 && at < len; chars--)
        at += char_len(text + at, len - at);
    return at;
}

static size_t backward(const char *text, size_t at, unsigned chars)
{
    for (; chars > 0 && at > 0; chars--)
        for (at--; at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80;)
            at--;
    return at;
}

static int by_place(const void *a, const void *b)
{
    const struct search_range *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

static unsigned bits(uint32_t set)
{
    return (unsigned)__builtin_popcount(set);
}

/* The range that most of the words follow closely; the first such. */
static size_t densest(const char *text, size_t len, const struct search_range *ranges, size_t n)
{
    size_t best = 0;
    unsigned most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t end = forward(text, len, ranges[i].at, SEARCH_SNIPPET_CHARS - LEAD_CHARS);
        uint32_t words = 0;
        for (size_t k = i; k < n && ranges[k].at < end; k++)
            if (ranges[k].end <= end)
                words |= UINT32_C(1) << ranges[k].word;
        if (bits(words) > most) {
            most = bits(words);
            best = i;
        }
    }
    return best;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Some way before what was found, at the beginning of a word where there is one on the way. */
static size_t begin_before(const char *text, size_t found)
{
    size_t at = backward(text, found, LEAD_CHARS);

    if (at == 0 || is_space(text[at - 1]))
        return at;
    for (size_t word = at; word < found; word++)
        if (is_space(text[word]))
            return word + 1;
    return at;
}

/* A character on its way out: what could be taken for a mark, or breaks the line, is one space. */
struct line {
    struct buf *out;
    bool space;  /* one is due, before the next character */
    bool marked; /* a mark is open */
    bool begun;
};

static bool breaks(const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];

    return c <= ' ' || c == 0x7f || (n == 2 && c == 0xc2 && (unsigned char)s[1] <= 0xa0) ||
           (n == 3 && (memcmp(s, "\u2028", 3) == 0 || memcmp(s, "\u2029", 3) == 0));
}

static void put_mark(struct line *l, bool marked)
{
    if (l->marked == marked)
        return;
    buf_putc(l->out, marked ? SEARCH_MARK_BEGIN : SEARCH_MARK_END);
    l->marked = marked;
}

static void put_char(struct line *l, const char *s, size_t n, bool marked)
{
    if (!marked)
        put_mark(l, false);
    if (breaks(s, n)) {
        l->space = l->begun;
        return;
    }
    if (l->space)
        buf_putc(l->out, ' ');
    l->space = false;
    l->begun = true;
    put_mark(l, marked);
    if (utf8_char(s, n) > 0)
        buf_append(l->out, s, n);
    else
        buf_puts(l->out, ILL);
}

void search_snippet(const char *text, size_t len, struct search_range *ranges, size_t n, struct buf *out)
{
    struct line l = {.out = out};
    size_t begin = 0, until = 0, next = 0;

    if (n > 0) {
        qsort(ranges, n, sizeof(*ranges), by_place);
        next = densest(text, len, ranges, n);
        begin = begin_before(text, ranges[next].at);
    }
    size_t end = forward(text, len, begin, SEARCH_SNIPPET_CHARS);
    for (next = 0; next < n && ranges[next].at < begin; next++)
        ;
    if (begin > 0)
        buf_puts(out, CUT);
    for (size_t at = begin, k; at < end; at += k) {
        k = char_len(text + at, end - at);
        for (; next < n && ranges[next].at <= at; next++)
            until = ranges[next].end > until ? ranges[next].end : until;
        put_char(&l, text + at, k, at < until);
    }
    put_mark(&l, false);
    if (end < len)
        buf_puts(out, CUT);
}
