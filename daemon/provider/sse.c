#include "daemon/provider/sse.h"
#include <string.h>

/* How far one look for a line's end goes: in a stream whose lines end in CR alone, looking for an LF first must not
 * read the whole rest of the piece once per line. */
#define WINDOW 4096

void sse_init(struct sse *s, size_t max)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->line, max + strlen("data: "));
    buf_init(&s->data, max);
}

void sse_done(struct sse *s)
{
    buf_done(&s->line);
    buf_done(&s->data);
}

static const uint8_t *find_line_end(const uint8_t *p, size_t len)
{
    while (len > 0) {
        size_t n = len < WINDOW ? len : WINDOW;
        const uint8_t *lf = memchr(p, '\n', n);
        const uint8_t *cr = memchr(p, '\r', lf ? (size_t)(lf - p) : n);
        if (cr)
            return cr;
        if (lf)
            return lf;
        p += n;
        len -= n;
    }
    return NULL;
}

static void forget_event(struct sse *s)
{
    buf_clear(&s->data);
    s->held = NULL;
    s->has_data = s->copied = s->emitted = false;
    s->name[0] = '\0';
}

/* The held line will not be there any more: keep a copy. */
static bool copy_held(struct sse *s)
{
    if (!s->held)
        return true;
    bool ok = buf_append(&s->data, s->held, s->held_len);
    s->held = NULL;
    s->copied = true;
    return ok;
}

static bool add_data(struct sse *s, const uint8_t *value, size_t len)
{
    if (len > s->data.max)
        return false;
    if (!s->has_data) {
        s->has_data = true;
        s->held = value;
        s->held_len = len;
        return true;
    }
    return copy_held(s) && buf_putc(&s->data, '\n') && buf_append(&s->data, value, len);
}

static void set_name(struct sse *s, const uint8_t *value, size_t len)
{
    size_t n = len < sizeof s->name - 1 ? len : sizeof s->name - 1;
    memcpy(s->name, value, n);
    s->name[n] = '\0';
}

static bool field_is(const uint8_t *line, size_t len, const char *name)
{
    return len > 0 && *line == (uint8_t)*name && len == strlen(name) && memcmp(line, name, len) == 0;
}

/* A line that is not blank. */
static bool take_field(struct sse *s, const uint8_t *line, size_t len)
{
    const uint8_t *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : len;
    const uint8_t *value = colon ? colon + 1 : line + len;
    size_t value_len = (size_t)(line + len - value);

    if (value_len > 0 && *value == ' ') {
        value++;
        value_len--;
    }
    if (field_is(line, name_len, "data"))
        return add_data(s, value, value_len);
    if (field_is(line, name_len, "event"))
        set_name(s, value, value_len);
    return true; /* a comment (empty name), id, retry, or what a later version adds */
}

static enum sse_result emit(struct sse *s, struct sse_event *ev)
{
    ev->name = s->name[0] ? s->name : "message";
    ev->data = s->copied ? (const char *)s->data.data : (const char *)s->held;
    ev->len = s->copied ? s->data.len : s->held_len;
    if (ev->len == 0)
        ev->data = "";
    s->emitted = true;
    return SSE_EVENT;
}

static enum sse_result take_line(struct sse *s, const uint8_t *line, size_t len, struct sse_event *ev)
{
    if (!s->started) {
        s->started = true;
        if (len >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
            line += 3;
            len -= 3;
        }
    }
    if (len > 0)
        return take_field(s, line, len) ? SSE_MORE : SSE_TOO_LARGE;
    if (s->has_data)
        return emit(s, ev);
    forget_event(s); /* a name without data is no event */
    return SSE_MORE;
}

/* The next whole line of the piece, joined with what was kept of it. False if its end is not there yet. */
static bool next_line(struct sse *s, const uint8_t **bytes, size_t *len, const uint8_t **line, size_t *line_len)
{
    if (s->after_cr && *len > 0) {
        if (**bytes == '\n') {
            ++*bytes;
            --*len;
        }
        s->after_cr = false;
    }
    const uint8_t *end = find_line_end(*bytes, *len);
    size_t n = end ? (size_t)(end - *bytes) : *len;

    *line = *bytes;
    *line_len = n;
    *bytes += n + (end ? 1 : 0);
    *len -= n + (end ? 1 : 0);
    if (end)
        s->after_cr = *end == '\r';
    if (!end || s->line.len > 0) {
        buf_append(&s->line, *line, n);
        *line = s->line.data;
        *line_len = s->line.len;
        s->line_done = end != NULL;
    }
    return end != NULL;
}

/* The kept line was handled; a held payload inside it must not go with it. */
static bool drop_line(struct sse *s)
{
    bool ok = copy_held(s);
    buf_clear(&s->line);
    s->line_done = false;
    return ok;
}

enum sse_result sse_next(struct sse *s, const uint8_t **bytes, size_t *len, struct sse_event *ev)
{
    const uint8_t *line;
    size_t line_len;

    if (s->emitted)
        forget_event(s);
    while (*len > 0) {
        if (s->line_done && !drop_line(s))
            return SSE_TOO_LARGE;
        bool whole = next_line(s, bytes, len, &line, &line_len);
        if (s->line.failed)
            return SSE_TOO_LARGE;
        if (!whole)
            break;
        enum sse_result r = take_line(s, line, line_len, ev);
        if (r != SSE_MORE)
            return r;
    }
    bool ok = s->line_done ? drop_line(s) : copy_held(s);
    return ok ? SSE_MORE : SSE_TOO_LARGE;
}

enum sse_result sse_end(struct sse *s, struct sse_event *ev)
{
    if (s->emitted)
        forget_event(s);
    if (s->line.len > 0 && !s->line_done) {
        s->line_done = true;
        enum sse_result r = take_line(s, s->line.data, s->line.len, ev);
        if (r != SSE_MORE)
            return r;
    }
    return s->has_data ? emit(s, ev) : SSE_MORE;
}
