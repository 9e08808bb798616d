#include "daemon/provider/think.h"
#include <string.h>

static const char open_tag[] = "<think>", close_tag[] = "</think>";

void think_init(struct think *t, bool split)
{
    t->state = split ? THINK_START : THINK_PLAIN;
    t->held_len = 0;
}

static void flush_held(struct think *t, bool reasoning, think_sink sink, void *data)
{
    if (t->held_len > 0)
        sink(data, reasoning, t->held, t->held_len);
    t->held_len = 0;
}

static bool blank(char c)
{
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* One byte more at the start: a blank, a tag's next byte, or else plain text from what was held on. Returns bytes
 * taken. */
static size_t start_byte(struct think *t, char c, think_sink sink, void *data)
{
    size_t blanks = 0;

    while (blanks < t->held_len && blank(t->held[blanks]))
        blanks++;
    size_t tag = t->held_len - blanks;
    bool fits = t->held_len + 1 < sizeof t->held && (c == open_tag[tag] || (tag == 0 && blank(c)));
    if (!fits) {
        flush_held(t, false, sink, data);
        t->state = THINK_PLAIN;
        return 0;
    }
    t->held[t->held_len++] = c;
    if (tag + 1 == strlen(open_tag) && !blank(c)) {
        t->held_len = 0;
        t->state = THINK_INSIDE;
    }
    return 1;
}

/* Inside: takes bytes up to the closing tag; returns how many. */
static size_t inside_bytes(struct think *t, const char *text, size_t len, think_sink sink, void *data)
{
    if (t->held_len == 0) {
        const char *lt = memchr(text, '<', len);
        size_t n = lt ? (size_t)(lt - text) : len;
        if (n > 0) {
            sink(data, true, text, n);
            return n;
        }
    }
    if (text[0] != close_tag[t->held_len]) {
        flush_held(t, true, sink, data);
        if (text[0] == '<')
            t->held[t->held_len++] = '<';
        return text[0] == '<' ? 1 : 0; /* whatever else it is gets its look with nothing held */
    }
    t->held[t->held_len++] = text[0];
    if (t->held_len == strlen(close_tag)) {
        t->held_len = 0;
        t->state = THINK_AFTER;
    }
    return 1;
}

void think_feed(struct think *t, const char *text, size_t len, think_sink sink, void *data)
{
    const char *end = text + len;

    while (text < end && t->state == THINK_START)
        text += start_byte(t, *text, sink, data);
    while (text < end && t->state == THINK_INSIDE)
        text += inside_bytes(t, text, (size_t)(end - text), sink, data);
    while (text < end && t->state == THINK_AFTER) {
        if (!blank(*text))
            t->state = THINK_PLAIN;
        else
            text++;
    }
    if (text < end)
        sink(data, false, text, (size_t)(end - text));
}

void think_end(struct think *t, think_sink sink, void *data)
{
    flush_held(t, t->state == THINK_INSIDE, sink, data);
}
