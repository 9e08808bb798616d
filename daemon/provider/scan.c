#include "daemon/provider/scan.h"
#include "lib/base/utf8.h"
#include <string.h>

#define DEPTH_MAX 16 /* of values that are skipped; a deeper one is left to the full parser */

/* A cursor over the payload. Every read_* and skip_* below leaves it behind what it took, and false means: not ours. */
struct cursor {
    const char *p, *end;
};

struct string {
    const char *data;
    size_t len;
    bool escaped;
};

/* What a chunk held, while its members go by. */
struct chunk {
    struct string text, reasoning;
    bool choices; /* the member was seen */
};

typedef bool (*member_fn)(struct cursor *c, const struct string *key, struct chunk *ch);

static void skip_space(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
        c->p++;
}

static bool take(struct cursor *c, char want)
{
    skip_space(c);
    if (c->p == c->end || *c->p != want)
        return false;
    c->p++;
    return true;
}

static bool peek(struct cursor *c, char want)
{
    skip_space(c);
    return c->p < c->end && *c->p == want;
}

static bool take_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);

    skip_space(c);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
        return false;
    c->p += n;
    return true;
}

int scan_hex4(const char *p)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        char ch = p[i];
        int digit = ch >= '0' && ch <= '9'                 ? ch - '0'
                    : (ch | 32) >= 'a' && (ch | 32) <= 'f' ? (ch | 32) - 'a' + 10
                                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind a backslash. */
static bool skip_escape(struct cursor *c)
{
    if (c->p == c->end)
        return false;
    char ch = *c->p++;
    if (ch != 'u')
        return ch != '\0' && strchr("\"\\/bfnrt", ch) != NULL;
    if (c->end - c->p < 4 || scan_hex4(c->p) < 0)
        return false;
    c->p += 4;
    return true;
}

static bool read_string(struct cursor *c, struct string *s)
{
    unsigned char high = 0;

    if (!take(c, '"'))
        return false;
    s->data = c->p;
    s->escaped = false;
    while (c->p < c->end && *c->p != '"') {
        unsigned char ch = (unsigned char)*c->p++;
        high |= ch;
        if (ch < 0x20)
            return false;
        if (ch == '\\') {
            s->escaped = true;
            if (!skip_escape(c))
                return false;
        }
    }
    if (c->p == c->end)
        return false;
    s->len = (size_t)(c->p++ - s->data);
    return high < 0x80 || utf8_valid(s->data, s->len);
}

static bool skip_digits(struct cursor *c)
{
    const char *start = c->p;

    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return c->p > start;
}

/* Integers of up to 18 digits only: what may overflow is left to the full parser, whose verdict then counts. */
static bool skip_number(struct cursor *c)
{
    if (c->p < c->end && *c->p == '-')
        c->p++;
    const char *start = c->p;
    if (!skip_digits(c) || (*start == '0' && c->p - start > 1) || c->p - start > 18)
        return false;
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!skip_digits(c))
            return false;
    }
    return c->p == c->end || (*c->p | 32) != 'e';
}

static bool skip_value(struct cursor *c, int depth);

static bool skip_array(struct cursor *c, int depth)
{
    if (take(c, ']'))
        return true;
    do {
        if (!skip_value(c, depth))
            return false;
    } while (take(c, ','));
    return take(c, ']');
}

static bool skip_object(struct cursor *c, int depth)
{
    struct string key;

    if (take(c, '}'))
        return true;
    do {
        /* Keys with escapes go to the full parser, which refuses some of them. */
        if (!read_string(c, &key) || key.escaped || !take(c, ':') || !skip_value(c, depth))
            return false;
    } while (take(c, ','));
    return take(c, '}');
}

static bool skip_value(struct cursor *c, int depth)
{
    struct string ignored;

    if (depth == 0)
        return false;
    skip_space(c);
    if (c->p == c->end)
        return false;
    switch (*c->p) {
    case '"': return read_string(c, &ignored);
    case '{': c->p++; return skip_object(c, depth - 1);
    case '[': c->p++; return skip_array(c, depth - 1);
    case 't': return take_word(c, "true");
    case 'f': return take_word(c, "false");
    case 'n': return take_word(c, "null");
    default: return skip_number(c);
    }
}

/* A value that says nothing: null, "", [] or {}. */
static bool skip_nothing(struct cursor *c)
{
    struct string s;

    if (peek(c, '"'))
        return read_string(c, &s) && s.len == 0;
    if (peek(c, '['))
        return take(c, '[') && take(c, ']');
    if (peek(c, '{'))
        return take(c, '{') && take(c, '}');
    return take_word(c, "null");
}

static bool key_is(const struct string *key, const char *name)
{
    return key->len == strlen(name) && memcmp(key->data, name, key->len) == 0;
}

static bool read_members(struct cursor *c, member_fn member, struct chunk *ch)
{
    struct string key;

    if (!take(c, '{'))
        return false;
    if (take(c, '}'))
        return true;
    do {
        if (!read_string(c, &key) || key.escaped || !take(c, ':') || !member(c, &key, ch))
            return false;
    } while (take(c, ','));
    return take(c, '}');
}

/* A string or null; a second one that is not empty is not ours. */
static bool read_piece(struct cursor *c, struct string *into)
{
    struct string s;

    if (!peek(c, '"'))
        return take_word(c, "null");
    if (!read_string(c, &s) || (s.len > 0 && into->len > 0))
        return false;
    if (s.len > 0)
        *into = s;
    return true;
}

static bool delta_member(struct cursor *c, const struct string *key, struct chunk *ch)
{
    struct string role;

    if (key_is(key, "content"))
        return read_piece(c, &ch->text);
    if (key_is(key, "reasoning_content") || key_is(key, "reasoning"))
        return read_piece(c, &ch->reasoning);
    if (key_is(key, "role"))
        return peek(c, '"') ? read_string(c, &role) : take_word(c, "null");
    return skip_nothing(c);
}

static bool choice_member(struct cursor *c, const struct string *key, struct chunk *ch)
{
    if (key_is(key, "delta"))
        return read_members(c, delta_member, ch);
    if (key_is(key, "index"))
        return take(c, '0') && (peek(c, ',') || peek(c, '}'));
    if (key_is(key, "finish_reason"))
        return take_word(c, "null");
    if (key_is(key, "message"))
        return false;
    return skip_value(c, DEPTH_MAX);
}

static bool top_member(struct cursor *c, const struct string *key, struct chunk *ch)
{
    if (key_is(key, "choices")) {
        if (ch->choices)
            return false;
        ch->choices = true;
        return take(c, '[') && read_members(c, choice_member, ch) && take(c, ']');
    }
    if (key_is(key, "usage") || key_is(key, "error") || key_is(key, "x_groq"))
        return take_word(c, "null");
    return skip_value(c, DEPTH_MAX);
}

enum scan_kind scan_chunk(const char *json, size_t len, struct scan_delta *out)
{
    struct cursor c = {json, json + len};
    struct chunk ch = {.choices = false};

    if (!read_members(&c, top_member, &ch) || !ch.choices)
        return SCAN_OTHER;
    skip_space(&c);
    if (c.p != c.end || (ch.text.len > 0 && ch.reasoning.len > 0))
        return SCAN_OTHER;
    const struct string *s = ch.text.len > 0 ? &ch.text : &ch.reasoning;
    if (s->len == 0)
        return SCAN_EMPTY;
    *out = (struct scan_delta){s->data, s->len, s->escaped};
    return s == &ch.text ? SCAN_TEXT : SCAN_REASONING;
}

static bool put_code_point(struct buf *out, unsigned cp)
{
    char utf8[4];
    size_t n;

    if (cp < 0x80) {
        utf8[0] = (char)cp;
        n = 1;
    } else if (cp < 0x800) {
        utf8[0] = (char)(0xC0 | cp >> 6);
        utf8[1] = (char)(0x80 | (cp & 0x3F));
        n = 2;
    } else if (cp < 0x10000) {
        utf8[0] = (char)(0xE0 | cp >> 12);
        utf8[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        utf8[2] = (char)(0x80 | (cp & 0x3F));
        n = 3;
    } else {
        utf8[0] = (char)(0xF0 | cp >> 18);
        utf8[1] = (char)(0x80 | (cp >> 12 & 0x3F));
        utf8[2] = (char)(0x80 | (cp >> 6 & 0x3F));
        utf8[3] = (char)(0x80 | (cp & 0x3F));
        n = 4;
    }
    return buf_append(out, utf8, n);
}

/* Behind "\u": one code point of one or two escapes; half a pair becomes U+FFFD. Returns where to go on. */
static const char *unescape_unicode(const char *p, const char *end, unsigned *cp)
{
    unsigned high = (unsigned)scan_hex4(p);

    p += 4;
    *cp = high;
    if (high < 0xD800 || high > 0xDFFF)
        return p;
    *cp = 0xFFFD;
    if (high > 0xDBFF || end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return p;
    unsigned low = (unsigned)scan_hex4(p + 2);
    if (low < 0xDC00 || low > 0xDFFF)
        return p;
    *cp = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return p + 6;
}

bool scan_unescape(const char *raw, size_t len, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *end = raw + len;

    while (raw < end) {
        const char *slash = memchr(raw, '\\', (size_t)(end - raw));
        size_t plain = (size_t)((slash ? slash : end) - raw);
        bool ok = buf_append(out, raw, plain);
        raw += plain;
        if (slash && raw[1] == 'u') {
            unsigned cp;
            raw = unescape_unicode(raw + 2, end, &cp);
            ok = ok && put_code_point(out, cp);
        } else if (slash) {
            ok = ok && buf_putc(out, to[strchr(from, raw[1]) - from]);
            raw += 2;
        }
        if (!ok)
            return false;
    }
    return true;
}
