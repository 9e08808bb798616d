/* What all lines of the Markdown renderer have to hold, looked at byte by byte. For its tests and its fuzzer. */
#ifndef TESTS_UNIT_TTY_MD_FAULT_H
#define TESTS_UNIT_TTY_MD_FAULT_H

#include "client/common/escape.h"
#include "client/tty/cell.h"
#include "client/tty/runs.h"
#include <string.h>

/* Takes an escape that is allowed at the front of s: colours and weights, or a link. 0 where it is none. */
static size_t md_fault_escape(const char *s, size_t len, bool *styled, bool *linked)
{
    static const char link[] = "\x1b]8;;", end[] = "\x1b\\";
    if (len > 2 && s[1] == '[') {
        const size_t n = 2 + strspn(s + 2, "0123456789;");
        *styled = !(n == 3 && s[2] == '0');
        return s[n] == 'm' ? n + 1 : 0;
    }
    const char *to = len > strlen(link) && memcmp(s, link, strlen(link)) == 0 ? strstr(s + 1, end) : NULL;
    if (to == NULL)
        return 0;
    const size_t n = (size_t)(to - s) - strlen(link);
    *linked = n > 0;
    return n == 0 || runs_address(s + strlen(link), n) ? strlen(link) + n + strlen(end) : 0;
}

/* A line without its end, to what is seen of it. NULL, or what is wrong. */
static const char *md_fault_line(const char *s, size_t len, unsigned columns, struct buf *seen)
{
    bool styled = false, linked = false;
    wchar_t before = 0;
    struct buf plain;
    buf_init(&plain, 1 << 24);
    for (size_t at = 0, n; at < len; at += n) {
        if (s[at] == '\x1b') {
            n = md_fault_escape(s + at, len - at, &styled, &linked);
            if (n == 0)
                return "an escape that is not allowed";
            continue;
        }
        const size_t from = plain.len;
        n = cell_put(&plain, s + at, len - at, &before);
        if (plain.len - from != n || memcmp(plain.data + from, s + at, n) != 0)
            return "a character that is not harmless";
    }
    const bool wide = cell_width(buf_cstr(&plain)) > columns;
    (void)buf_append(seen, plain.data, plain.len);
    buf_done(&plain);
    return styled ? "a style is left open" : linked ? "a link is left open" : wide ? "a line is too wide" : NULL;
}

/* Of lines, each with its \n. What is seen of them is appended to `seen`. */
static const char *md_fault(const struct buf *lines, unsigned columns, struct buf *seen)
{
    struct buf copy; /* with a NUL */
    const char *fault = NULL;
    buf_init(&copy, SIZE_MAX / 2);
    (void)buf_append(&copy, lines->data, lines->len);
    const char *s = buf_cstr(&copy);
    for (size_t at = 0; at < lines->len && fault == NULL;) {
        const char *end = memchr(s + at, '\n', lines->len - at);
        if (end == NULL) {
            fault = "a line without its end";
        } else {
            fault = md_fault_line(s + at, (size_t)(end - s) - at, columns, seen);
            (void)buf_putc(seen, '\n');
            at = (size_t)(end - s) + 1;
        }
    }
    buf_done(&copy);
    return fault;
}

#endif
