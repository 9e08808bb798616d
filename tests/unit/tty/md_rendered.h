/* Markdown rendered in pieces, each line looked at, for the tests of the renderer. */
#ifndef TESTS_UNIT_TTY_MD_RENDERED_H
#define TESTS_UNIT_TTY_MD_RENDERED_H

#include "client/tty/md.h"
#include "tests/unit/tty/md_fault.h"
#include <ctype.h>

enum { ROOM = 64 << 20 };

static inline void render(const struct md_style *style, const char *text, size_t len, size_t piece, struct buf *settled)
{
    struct md *md = md_new(style);
    struct buf live, seen;
    buf_init(&live, ROOM);
    buf_init(&seen, ROOM);
    for (size_t at = 0; at < len; at += piece) {
        assert_true(md_feed(md, text + at, len - at < piece ? len - at : piece));
        md_take(md, settled, &live);
        const char *fault = md_fault(&live, style->columns, &seen);
        if (fault != NULL)
            fail_msg("live: %s\n%.*s", fault, (int)live.len, (const char *)live.data);
    }
    md_end(md);
    md_take(md, settled, &live);
    assert_int_equal(live.len, 0);
    buf_clear(&seen);
    const char *fault = md_fault(settled, style->columns, &seen);
    if (fault != NULL)
        fail_msg("settled: %s\n%.*s", fault, (int)settled->len, (const char *)settled->data);
    buf_done(&live);
    buf_done(&seen);
    md_free(md);
}

static inline void shows_in(const struct md_style *style, const char *text, const char *lines)
{
    struct buf b;
    for (size_t piece = 1; piece <= strlen(text) + 1; piece = piece < 4 ? piece + 1 : piece * 3) {
        buf_init(&b, ROOM);
        render(style, text, strlen(text), piece, &b);
        assert_string_equal(buf_cstr(&b), lines);
        buf_done(&b);
    }
}

/* Without colours, at 40 columns. */
static inline void shows(const char *text, const char *lines)
{
    static const struct md_style plain = {.columns = 40};
    shows_in(&plain, text, lines);
}

/* The letters and digits alone, so that words can be found whatever stands between their parts. */
static inline void squeeze(const struct buf *from, struct buf *to)
{
    for (size_t i = 0; i < from->len; i++)
        if (isalnum(from->data[i]))
            (void)buf_putc(to, (char)from->data[i]);
}

#endif
