#include "client/common/schema_short.h"
#include "lib/base/utf8.h"
#include "lib/proto/mp.h"
#include <stdio.h>
#include <string.h>

struct reader {
    const char *text, *at;
    unsigned depth;
    char *why;
    size_t why_size;
};

struct word {
    const char *s;
    size_t len;
};

static const struct {
    const char *word, *type;
} types[] = {{"str", "string"}, {"int", "integer"}, {"num", "number"}, {"bool", "boolean"}};
enum { TYPES = sizeof(types) / sizeof(types[0]), SHOWN = 24 };

/* Counts characters, as whoever looks for the place does. */
static bool refuse(struct reader *r, const char *at, const char *reason)
{
    size_t place = 1, shown = 0;
    for (const char *p = r->text; p < at; p++)
        place += ((unsigned char)*p & 0xc0) != 0x80;
    while (at[shown] != '\0' && shown < SHOWN)
        shown++;
    shown = utf8_whole(at, shown);
    if (*at == '\0')
        (void)snprintf(r->why, r->why_size, "at its end: %s", reason);
    else
        (void)snprintf(r->why, r->why_size, "at character %zu, '%.*s%s': %s", place, (int)shown, at,
                       at[shown] != '\0' ? "…" : "", reason);
    return false;
}

static void skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

/* Takes the character, with the blanks around it, if it is next. */
static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    skip_blanks(r);
    return true;
}

static struct word take_word(struct reader *r)
{
    struct word w = {r->at, 0};
    for (; *r->at != '\0' && strchr(" \t\r\n\"?:,|(){}[]\\", *r->at) == NULL; r->at++)
        w.len++;
    return w;
}

/* The entries of a map, before it is known how many there are. */
struct entries {
    struct buf bytes;
    uint32_t n;
};

static struct entries entries_begin(const struct buf *out)
{
    struct entries e = {.n = 0};
    buf_init(&e.bytes, out->max);
    return e;
}

/* Appends them as a map, and frees them. */
static void entries_end(struct entries *e, struct buf *out)
{
    mp_put_map(out, e->n);
    (void)buf_append(out, e->bytes.data, e->bytes.len);
    out->failed |= e->bytes.failed;
    buf_done(&e->bytes);
}

static void put_type(struct entries *e, const char *type)
{
    mp_put_entry(&e->bytes, "type", type);
    e->n++;
}

static bool read_members(struct reader *r, struct entries *e, char end);

/* (good|bad), behind its parenthesis. */
static bool read_choice(struct reader *r, struct entries *e)
{
    struct buf words;
    uint32_t n = 0;
    bool ok = true;
    buf_init(&words, e->bytes.max);
    do {
        skip_blanks(r);
        const char *begin = r->at, *end = r->at += strcspn(r->at, "|)");
        while (end > begin && strchr(" \t\r\n", end[-1]) != NULL)
            end--;
        ok = end > begin || refuse(r, r->at, "a word to choose is missing");
        mp_put_str(&words, begin, (size_t)(end - begin));
        n++;
    } while (ok && take(r, '|'));
    ok = ok && (take(r, ')') || refuse(r, r->at, "the choice is not closed by )"));
    put_type(e, "string");
    mp_put_cstr(&e->bytes, "enum");
    mp_put_array(&e->bytes, n);
    (void)buf_append(&e->bytes, words.data, words.len);
    e->bytes.failed |= words.failed;
    e->n++;
    buf_done(&words);
    return ok;
}

static bool read_name(struct reader *r, struct entries *e)
{
    struct word w = take_word(r);
    size_t i = 0;
    while (i < TYPES && (w.len != strlen(types[i].word) || memcmp(w.s, types[i].word, w.len) != 0))
        i++;
    if (i == TYPES)
        return refuse(r, w.s, "no type: str, int, num, bool, (a|b) or {…}");
    put_type(e, types[i].type);
    return true;
}

/* What is in e becomes the type of a list's elements. */
static void make_list(struct entries *e)
{
    struct entries list = entries_begin(&e->bytes);
    put_type(&list, "array");
    mp_put_cstr(&list.bytes, "items");
    entries_end(e, &list.bytes);
    list.n++;
    *e = list;
}

static bool read_lists(struct reader *r, struct entries *e)
{
    unsigned depth = r->depth;
    for (; take(r, '['); make_list(e)) {
        if (!take(r, ']'))
            return refuse(r, r->at, "a list is written TYPE[]");
        if (++depth > SCHEMA_SHORT_DEPTH)
            return refuse(r, r->at, "too many lists and braces within each other");
    }
    return true;
}

static bool read_type(struct reader *r, struct entries *e)
{
    if (!take(r, '{'))
        return (take(r, '(') ? read_choice(r, e) : read_name(r, e)) && read_lists(r, e);
    if (r->depth == SCHEMA_SHORT_DEPTH)
        return refuse(r, r->at, "too many lists and braces within each other");
    r->depth++;
    bool ok = read_members(r, e, '}');
    r->depth--;
    return ok && read_lists(r, e);
}

/* A text in quotes, where there is one. */
static bool read_description(struct reader *r, struct entries *e)
{
    struct buf said;
    skip_blanks(r);
    const char *begin = r->at;
    if (*begin != '"')
        return true;
    buf_init(&said, e->bytes.max);
    for (r->at++; *r->at != '"' && *r->at != '\0'; r->at++) {
        r->at += *r->at == '\\' && (r->at[1] == '"' || r->at[1] == '\\');
        (void)buf_putc(&said, *r->at);
    }
    mp_put_cstr(&e->bytes, "description");
    mp_put_str(&e->bytes, (const char *)said.data, said.len);
    e->bytes.failed |= said.failed;
    e->n++;
    buf_done(&said);
    if (*r->at == '\0')
        return refuse(r, begin, "the quote is not closed");
    r->at++;
    return true;
}

/* Whether a name stands twice; the strings in bytes are names, with a type behind each. */
static bool is_twice(const struct entries *members, struct word w)
{
    msgpack_unpacked name, type;
    size_t at = 0;
    bool twice = false;
    msgpack_unpacked_init(&name);
    msgpack_unpacked_init(&type);
    for (uint32_t i = 0; i < members->n && !twice; i++) {
        const char *s;
        size_t len;
        (void)msgpack_unpack_next(&name, (const char *)members->bytes.data, members->bytes.len, &at);
        (void)msgpack_unpack_next(&type, (const char *)members->bytes.data, members->bytes.len, &at);
        twice = mp_str(&name.data, &s, &len) && len == w.len && memcmp(s, w.s, len) == 0;
    }
    msgpack_unpacked_destroy(&name);
    msgpack_unpacked_destroy(&type);
    return twice;
}

static bool read_member(struct reader *r, struct entries *members, struct entries *required)
{
    struct entries type = entries_begin(&members->bytes);
    struct word name = take_word(r);
    if (name.len == 0)
        return refuse(r, r->at, "a member's name is missing");
    if (members->n == SCHEMA_SHORT_MEMBERS)
        return refuse(r, name.s, "too many members");
    if (is_twice(members, name))
        return refuse(r, name.s, "this name stands twice");
    bool optional = take(r, '?');
    bool ok = take(r, ':') || refuse(r, r->at, "a colon and a type are missing");
    ok = ok && read_type(r, &type) && read_description(r, &type);
    mp_put_str(&members->bytes, name.s, name.len);
    entries_end(&type, &members->bytes);
    members->n++;
    if (!optional) {
        mp_put_str(&required->bytes, name.s, name.len);
        required->n++;
    }
    return ok;
}

/* Up to the end, which is taken too. */
static bool read_members(struct reader *r, struct entries *e, char end)
{
    struct entries members = entries_begin(&e->bytes), required = entries_begin(&e->bytes);
    bool ok = true;
    do {
        skip_blanks(r);
        ok = read_member(r, &members, &required);
    } while (ok && take(r, ','));
    if (ok && end != '\0')
        ok = take(r, end) || refuse(r, r->at, "a comma or } is missing");
    else if (ok)
        ok = *r->at == '\0' || refuse(r, r->at, "a comma is missing");
    put_type(e, "object");
    mp_put_cstr(&e->bytes, "properties");
    entries_end(&members, &e->bytes);
    mp_put_cstr(&e->bytes, "required");
    mp_put_array(&e->bytes, required.n);
    (void)buf_append(&e->bytes, required.bytes.data, required.bytes.len);
    e->bytes.failed |= required.bytes.failed;
    mp_put_cstr(&e->bytes, "additionalProperties");
    mp_put_bool(&e->bytes, false);
    e->n += 3;
    buf_done(&required.bytes);
    return ok;
}

bool schema_short_put(struct buf *out, const char *text, char *why, size_t why_size)
{
    struct reader r = {.text = text, .at = text, .depth = 1, .why = why, .why_size = why_size};
    struct entries e = entries_begin(out);
    bool ok = read_members(&r, &e, '\0');
    entries_end(&e, out);
    if (ok && out->failed)
        (void)snprintf(why, why_size, "it is too large");
    return ok && !out->failed;
}
