#include "client/tty/line_open.h"
#include <stdbool.h>

enum { FENCE_MIN = 3, INDENT_MAX = 3 };

/* A block of code, as Markdown has it. */
struct fence {
    wchar_t mark; /* 0: none is open */
    size_t length;
};

/* One line without its end. */
static void take_line(struct fence *f, const wchar_t *s, size_t n)
{
    size_t at = 0, length = 0;
    while (at < n && at <= INDENT_MAX && s[at] == L' ')
        at++;
    if (at == n || at > INDENT_MAX || (s[at] != L'`' && s[at] != L'~'))
        return;
    const wchar_t mark = s[at];
    while (at < n && s[at] == mark) {
        at++;
        length++;
    }
    bool bare = true, marked = false; /* what follows it: nothing, or one of its marks */
    for (; at < n; at++) {
        bare = bare && (s[at] == L' ' || s[at] == L'\t');
        marked = marked || s[at] == mark;
    }
    if (length < FENCE_MIN)
        return;
    if (f->mark == 0 && !(mark == L'`' && marked))
        *f = (struct fence){mark, length};
    else if (f->mark == mark && length >= f->length && bare)
        f->mark = 0;
}

static bool in_fence(const wchar_t *s, size_t n)
{
    struct fence f = {0, 0};
    for (size_t at = 0; at <= n;) {
        size_t end = at;
        while (end < n && s[end] != L'\n')
            end++;
        take_line(&f, s + at, end - at);
        at = end + 1;
    }
    return f.mark != 0;
}

enum line_open line_open(const wchar_t *s, size_t n)
{
    size_t backslashes = 0;
    while (backslashes < n && s[n - 1 - backslashes] == L'\\')
        backslashes++;
    if (backslashes % 2 == 1)
        return LINE_OPEN_BACKSLASH;
    return in_fence(s, n) ? LINE_OPEN_FENCE : LINE_CLOSED;
}
