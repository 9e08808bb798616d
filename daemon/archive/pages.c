#include "daemon/archive/pages.h"
#include "daemon/archive/markdown.h"
#include <string.h>

#define NEXT_LEN (sizeof MARKDOWN_NEXT - 1)

void pages_init(struct pages *p, size_t max_page)
{
    *p = (struct pages){0};
    buf_init(&p->page, max_page);
}

void pages_done(struct pages *p)
{
    buf_done(&p->page);
}

/* What of a page that is over the bound is still needed: the beginning of its last line. */
static void take_over(struct pages *p, const uint8_t *s, size_t n)
{
    size_t room = NEXT_LEN - (p->page.len < NEXT_LEN ? p->page.len : NEXT_LEN);
    buf_append(&p->page, s, n < room ? n : room);
}

static void take(struct pages *p, const uint8_t *s, size_t n)
{
    if (!p->over && buf_append(&p->page, s, n))
        return;
    if (!p->over) {
        p->over = true;
        size_t kept = p->page.len - p->line < NEXT_LEN ? p->page.len - p->line : NEXT_LEN;
        uint8_t start[NEXT_LEN];
        if (kept > 0)
            memcpy(start, p->page.data + p->line, kept);
        buf_done(&p->page);
        buf_append(&p->page, start, kept);
        p->line = 0;
    }
    take_over(p, s, n);
}

static bool is_separator(const struct pages *p)
{
    return p->page.len - p->line >= NEXT_LEN && memcmp(p->page.data + p->line, MARKDOWN_NEXT, NEXT_LEN) == 0;
}

static enum pages_found give(struct pages *p)
{
    bool over = p->over;
    p->given = true;
    return over ? PAGES_TOO_LARGE : PAGES_PAGE;
}

/* The line that has just ended. True where it ends the page. */
static bool end_line(struct pages *p)
{
    if (is_separator(p)) {
        p->page.len = p->line;
        return true;
    }
    if (p->over)
        p->page.len = 0;
    p->line = p->page.len;
    return false;
}

enum pages_found pages_next(struct pages *p, const uint8_t **piece, size_t *len, bool ended)
{
    if (p->given) {
        buf_clear(&p->page);
        p->line = 0;
        p->over = p->given = false;
    }
    while (*len > 0) {
        const uint8_t *end = memchr(*piece, '\n', *len);
        size_t n = end ? (size_t)(end - *piece) + 1 : *len;
        take(p, *piece, n);
        *piece += n;
        *len -= n;
        if (end && end_line(p))
            return give(p);
    }
    return ended && (p->page.len > 0 || p->over) ? give(p) : PAGES_MORE;
}
