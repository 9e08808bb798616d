#include "client/tty/md_close.h"
#include <string.h>

/* What is open at the end. */
struct open {
    size_t code; /* backticks of a code span, 0 for none */
    bool strong, emphasis;
    bool address; /* of a link */
};

static size_t run_of(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && s[n] == s[0])
        n++;
    return n;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* A run of stars opens where it leans on what follows, and closes where on what is before; "2 * 3" has no mark. */
static void take_stars(struct open *o, size_t n, bool closes, bool opens)
{
    if (n >= 2 && n <= 3 && (o->strong ? closes : opens))
        o->strong = !o->strong;
    if (n % 2 == 1 && n <= 3 && (o->emphasis ? closes : opens))
        o->emphasis = !o->emphasis;
}

static struct open look(const char *s, size_t len)
{
    struct open o = {.code = 0};
    for (size_t at = 0, n; at < len; at += n) {
        n = 1;
        if (s[at] == '`') {
            n = run_of(s + at, len - at);
            o.code = o.code == 0 ? n : o.code == n ? 0 : o.code;
        } else if (o.code > 0) {
            continue;
        } else if (s[at] == '\\') {
            n = 2;
        } else if (s[at] == '*') {
            n = run_of(s + at, len - at);
            take_stars(&o, n, at > 0 && !is_space(s[at - 1]), at + n < len && !is_space(s[at + n]));
        } else if (s[at] == ']' && at + 1 < len && s[at + 1] == '(') {
            o.address = true;
        } else if (s[at] == ')' || is_space(s[at])) {
            o.address = false;
        }
    }
    return o;
}

void md_close(struct buf *text, size_t from)
{
    static const char ticks[] = "````````";
    while (text->len > from && strchr(" \t\n*`[", text->data[text->len - 1]) != NULL &&
           text->data[text->len - 1] != '\0')
        text->len--;
    if (text->len == from)
        return;
    const struct open o = look((const char *)text->data + from, text->len - from);
    if (o.code > 0 && o.code < sizeof(ticks))
        (void)buf_append(text, ticks, o.code);
    if (o.address)
        (void)buf_putc(text, ')');
    if (o.emphasis)
        (void)buf_putc(text, '*');
    if (o.strong)
        (void)buf_puts(text, "**");
    (void)buf_putc(text, '\n');
}
