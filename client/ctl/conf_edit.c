#include "client/ctl/conf_edit.h"
#include "lib/base/utf8.h"
#include <string.h>

#define BOM "\xef\xbb\xbf"

struct line {
    const char *s;
    size_t len;  /* without its end */
    size_t next; /* where the next one begins */
};

/* What is looked for, and where it was found. Places are offsets in the file. */
struct place {
    bool section; /* it is there */
    size_t first; /* behind the line that begins it */
    bool key;
    size_t begin, end;                   /* of the lines that the key has, those that go on with its value too */
    const char *value, *value_end, *eol; /* in its first line; a comment stands between the last two */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip(const char *s, const char *end)
{
    while (s < end && is_blank(*s))
        s++;
    return s;
}

static const char *trim(const char *s, const char *end)
{
    while (end > s && is_blank(end[-1]))
        end--;
    return end;
}

static bool next_line(const struct buf *file, size_t at, struct line *ret)
{
    if (at >= file->len)
        return false;
    ret->s = (const char *)file->data + at;
    const char *end = memchr(ret->s, '\n', file->len - at);
    ret->len = end != NULL ? (size_t)(end - ret->s) : file->len - at;
    ret->next = at + ret->len + (end != NULL);
    if (at == 0 && ret->len >= 3 && memcmp(ret->s, BOM, 3) == 0) {
        ret->s += 3;
        ret->len -= 3;
    }
    return true;
}

static bool is_section(const char *s, const char *end, const char *section)
{
    const char *close = memchr(s, ']', (size_t)(end - s));
    if (close == NULL)
        return false;
    s = skip(s + 1, close);
    close = trim(s, close);
    return (size_t)(close - s) == strlen(section) && memcmp(s, section, strlen(section)) == 0;
}

/* Both are taken by the daemon's reader: key = value, and key : value. */
static bool is_key(const char *s, const char *end, const char *key, const char **value)
{
    const size_t len = strlen(key);
    if ((size_t)(end - s) <= len || memcmp(s, key, len) != 0)
        return false;
    s = skip(s + len, end);
    *value = skip(s + 1, end);
    return s < end && (*s == '=' || *s == ':');
}

static const char *comment_of(const char *s, const char *end)
{
    for (const char *c = s; c < end; c++)
        if (*c == ';' && (c == s || is_blank(c[-1])))
            return c;
    return end;
}

static void found(struct place *p, size_t begin, const struct line *l, const char *value)
{
    p->key = true;
    p->begin = begin;
    p->end = l->next;
    p->value = value;
    p->eol = l->s + l->len;
    p->value_end = trim(value, comment_of(value, p->eol));
}

static void look(const struct buf *file, const char *section, const char *key, struct place *p)
{
    struct line l;
    bool inside = false, ours = false, in_key = false; /* in the section; the last key is ours; there was one */
    *p = (struct place){0};
    for (size_t at = 0; next_line(file, at, &l); at = l.next) {
        const char *end = l.s + l.len, *s = skip(l.s, end), *value;
        if (s == end || *s == ';' || *s == '#')
            continue;
        if (in_key && s > l.s) {
            p->end = ours ? l.next : p->end;
            continue;
        }
        in_key = *s != '[';
        if (!in_key) {
            inside = is_section(s, end, section);
            p->first = inside && !p->section ? l.next : p->first;
            p->section = p->section || inside;
        }
        ours = in_key && inside && is_key(s, end, key, &value);
        if (ours)
            found(p, at, &l, value);
    }
}

bool conf_get(const struct buf *file, const char *section, const char *key, struct buf *value)
{
    struct place p;
    look(file, section, key, &p);
    return p.key && buf_append(value, p.value, (size_t)(p.value_end - p.value));
}

/* A blank at either end would be lost, and what follows " ;" is a comment. */
static bool can_stand(const char *value)
{
    const size_t len = strlen(value);
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return len > 0 && utf8_valid(value, len) && !is_blank(value[0]) && !is_blank(value[len - 1]) &&
           comment_of(value, value + len) == value + len;
}

/* As the lines before end. */
static const char *line_end(const struct buf *file, size_t at)
{
    return at > 1 && file->data[at - 2] == '\r' ? "\r\n" : "\n";
}

static void put_line(struct buf *after, const char *key, const char *value, const char *end)
{
    (void)(buf_puts(after, key) && buf_puts(after, " = ") && buf_puts(after, value) && buf_puts(after, end));
}

static void put_until(struct buf *after, const struct buf *file, size_t end)
{
    (void)buf_append(after, file->data, end);
    if (end > 0 && file->data[end - 1] != '\n')
        (void)buf_putc(after, '\n');
}

static void set_in_place(const struct buf *file, const struct place *p, const char *value, struct buf *after)
{
    const char *all = (const char *)file->data;
    (void)buf_append(after, all, (size_t)(p->value - all));
    if (p->value > all && p->value[-1] == '=')
        (void)buf_putc(after, ' ');
    (void)buf_puts(after, value);
    (void)buf_append(after, p->value_end, (size_t)(p->eol - p->value_end));
    if (p->eol < all + file->len)
        (void)buf_putc(after, '\n');
}

/* The lines that went on with the old value go; comments and empty lines between them stay. */
static void drop_continuation(const struct buf *file, const struct place *p, struct buf *after)
{
    struct line l;
    (void)next_line(file, p->begin, &l);
    for (size_t at = l.next; at < p->end && next_line(file, at, &l); at = l.next) {
        const char *s = skip(l.s, l.s + l.len);
        if (s == l.s + l.len || *s == ';' || *s == '#')
            (void)buf_append(after, file->data + at, l.next - at);
    }
}

enum error_code conf_set(const struct buf *file, const char *section, const char *key, const char *value,
                         struct buf *after, struct error *err)
{
    struct place p;
    if (!can_stand(value))
        return error_set(err, ERR_INVALID_REQUEST, "'%.60s' cannot stand in a configuration file", value);
    look(file, section, key, &p);
    if (p.key) {
        set_in_place(file, &p, value, after);
        drop_continuation(file, &p, after);
    } else if (p.section) {
        put_until(after, file, p.first);
        put_line(after, key, value, line_end(file, p.first));
    } else {
        put_until(after, file, file->len);
        (void)(buf_puts(after, file->len > 0 ? "\n[" : "[") && buf_puts(after, section) && buf_puts(after, "]\n"));
        put_line(after, key, value, "\n");
    }
    const size_t rest = p.key ? p.end : p.section ? p.first : file->len;
    (void)buf_append(after, file->data + rest, file->len - rest);
    return after->failed ? error_set(err, ERR_TOO_LARGE, "the file is too long") : ERR_NONE;
}
