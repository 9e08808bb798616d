#include "client/tty/md_lines.h"
#include "lib/base/utf8.h"
#include <string.h>

void md_lines_init(struct md_lines *l, struct md_split *split)
{
    l->split = split;
    buf_init(&l->line, MD_LINE_MAX);
}

void md_lines_done(struct md_lines *l)
{
    buf_done(&l->line);
}

static void end_line(struct md_lines *l, size_t len, bool whole)
{
    md_split_line(l->split, (const char *)l->line.data, len, whole);
    buf_consume(&l->line, len);
}

/* A line that is too long for one goes on after its last space, or at least not within a character. */
static void cut_line(struct md_lines *l)
{
    const char *s = (const char *)l->line.data;
    size_t at = l->line.len;
    while (at > MD_LINE_MAX / 2 && s[at - 1] != ' ')
        at--;
    end_line(l, s[at - 1] == ' ' ? at : utf8_whole(s, l->line.len), false);
}

bool md_lines_feed(struct md_lines *l, const char *text, size_t len)
{
    while (len > 0 && !l->line.failed) {
        const size_t room = MD_LINE_MAX - l->line.len, n = len < room ? len : room;
        const char *end = memchr(text, '\n', n);
        const size_t taken = end != NULL ? (size_t)(end - text) : n;
        (void)buf_append(&l->line, text, taken);
        text += taken + (end != NULL);
        len -= taken + (end != NULL);
        if (end != NULL)
            end_line(l, l->line.len, true);
        else if (l->line.len == MD_LINE_MAX)
            cut_line(l);
    }
    return !l->line.failed;
}

void md_lines_end(struct md_lines *l)
{
    if (l->line.len > 0)
        end_line(l, l->line.len, true);
    md_split_end(l->split);
}
