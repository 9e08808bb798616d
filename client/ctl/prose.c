#include "client/ctl/prose.h"
#include <string.h>

enum { WIDTH_MIN = 20 };

/* As many bytes of words as fit into a line; a word that is too long for any is not broken. */
static size_t fitting(const char *text, size_t len, size_t width)
{
    size_t fits = 0, column = 0, at = 0;
    for (; at < len; at++) {
        if (text[at] == ' ' && column <= width && at > strspn(text, " "))
            fits = at;
        if (((unsigned char)text[at] & 0xc0) != 0x80)
            column++;
        if (column > width && fits > 0)
            return fits;
    }
    return at;
}

static void print_line(struct ctl *c, const char *text, size_t len, size_t width, unsigned indent)
{
    for (;;) {
        const size_t n = width > 0 ? fitting(text, len, width) : len;
        ctl_printf(c, "%.*s\n", (int)n, text);
        text += n;
        len -= n;
        const size_t blank = strspn(text, " ");
        if (blank >= len)
            return;
        text += blank;
        len -= blank;
        ctl_printf(c, "%*s", (int)indent, "");
    }
}

void prose_print(struct ctl *c, const char *text, unsigned indent)
{
    const unsigned columns = c->out->terminal ? out_columns(c->out) : 0;
    const size_t width = columns > indent + WIDTH_MIN ? columns - indent : 0;
    for (;;) {
        const size_t len = strcspn(text, "\n");
        print_line(c, text, len, width, indent);
        if (text[len] == '\0')
            return;
        text += len + 1;
        ctl_printf(c, "%*s", (int)indent, "");
    }
}
