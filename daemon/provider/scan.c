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
    struct string piece;
    enum scan_kind kind, marked; /* of the piece, by its member; by another member */
    unsigned musts;
    struct scan_found *found;
};

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

/* Eight bytes at a time that are nothing but themselves: ASCII, no quote, no backslash, no control character. */
static const char *skip_plain(const char *p, const char *end)
{
    const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;

    for (uint64_t w; end - p >= 8; p += 8) {
        memcpy(&w, p, 8);
        uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
        uint64_t none = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((w - ones * 0x20) & ~w) | w;
        if (none & highs)
            break;
    }
    return p;
}

static bool read_string(struct cursor *c, struct string *s)
{
    unsigned char high = 0;

    if (!take(c, '"'))
        return false;
    s->data = c->p;
    s->escaped = false;
    c->p = skip_plain(c->p, c->end);
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

static bool is(const struct string *s, const char *word)
{
    return s->len > 0 && *s->data == *word && strlen(word) == s->len && memcmp(s->data, word, s->len) == 0;
}

/* A second piece that is not empty is not ours. */
static bool read_piece(struct cursor *c, enum scan_kind kind, struct chunk *ch)
{
    struct string s;

    if (!peek(c, '"'))
        return take_word(c, "null");
    if (!read_string(c, &s) || (s.len > 0 && ch->piece.len > 0))
        return false;
    if (s.len > 0) {
        ch->piece = s;
        ch->kind = kind;
    }
    return true;
}

static bool read_word(struct cursor *c, const struct scan_word *words, struct chunk *ch)
{
    struct string s;

    if (!peek(c, '"'))
        return false;
    if (!read_string(c, &s))
        return false;
    for (; words->word; words++) {
        if (!is(&s, words->word))
            continue;
        if (words->kind != SCAN_OTHER)
            ch->marked = words->kind;
        return true;
    }
    return false;
}

static bool read_mark(struct cursor *c, enum scan_kind kind, struct chunk *ch)
{
    if (take_word(c, "false"))
        return true;
    ch->marked = kind;
    return take_word(c, "true");
}

/* An integer of up to 18 digits, without a sign; what else is a number is left to the full parser. */
static bool read_count(struct cursor *c, int64_t *into)
{
    skip_space(c);
    const char *start = c->p;
    if (!skip_number(c) || *start == '-' || memchr(start, '.', (size_t)(c->p - start)))
        return false;
    *into = 0;
    for (const char *p = start; p < c->p; p++)
        *into = *into * 10 + (*p - '0');
    return true;
}

static bool read_members(struct cursor *c, const struct scan_rule *rules, struct chunk *ch);

static bool read_list(struct cursor *c, const struct scan_rule *rules, struct chunk *ch)
{
    if (!peek(c, '['))
        return take_word(c, "null");
    take(c, '[');
    return take(c, ']') || (read_members(c, rules, ch) && take(c, ']'));
}

static bool read_member(struct cursor *c, const struct scan_rule *rule, struct chunk *ch)
{
    ch->musts += rule->must;
    switch (rule->act) {
    case SCAN_SKIP: return skip_value(c, DEPTH_MAX);
    case SCAN_NOTHING: return skip_nothing(c);
    case SCAN_NULL: return take_word(c, "null");
    case SCAN_FALSE: return take_word(c, "false");
    case SCAN_ZERO: return take(c, '0') && (peek(c, ',') || peek(c, '}'));
    case SCAN_OBJECT: return read_members(c, rule->inner, ch);
    case SCAN_LIST: return read_list(c, rule->inner, ch);
    case SCAN_PIECE: return read_piece(c, (enum scan_kind)rule->n, ch);
    case SCAN_WORD: return read_word(c, rule->words, ch);
    case SCAN_MARK: return read_mark(c, (enum scan_kind)rule->n, ch);
    case SCAN_INDEX: return read_count(c, &ch->found->index);
    case SCAN_COUNT: return take_word(c, "null") || read_count(c, &ch->found->counts[rule->n]);
    }
    return false;
}

static const struct scan_rule *rule_for(const struct scan_rule *rules, const struct string *key)
{
    while (rules->key && !is(key, rules->key))
        rules++;
    return rules;
}

static bool read_members(struct cursor *c, const struct scan_rule *rules, struct chunk *ch)
{
    struct string key;

    if (!take(c, '{'))
        return false;
    if (take(c, '}'))
        return true;
    do {
        if (!read_string(c, &key) || key.escaped || !take(c, ':') || !read_member(c, rule_for(rules, &key), ch))
            return false;
    } while (take(c, ','));
    return take(c, '}');
}

enum scan_kind scan_chunk(const struct scan_rule *rules, const char *json, size_t len, struct scan_found *found)
{
    struct cursor c = {json, json + len};
    struct chunk ch = {.kind = SCAN_EMPTY, .found = found};

    *found = (struct scan_found){.index = -1};
    for (size_t i = 0; i < SCAN_COUNTS; i++)
        found->counts[i] = -1;
    if (!read_members(&c, rules, &ch) || ch.musts != 1)
        return SCAN_OTHER;
    skip_space(&c);
    if (c.p != c.end)
        return SCAN_OTHER;
    found->raw = ch.piece.data;
    found->len = ch.piece.len;
    found->escaped = ch.piece.escaped;
    if (ch.piece.len == 0)
        return SCAN_EMPTY;
    enum scan_kind kind = ch.marked == SCAN_OTHER ? ch.kind : ch.marked;
    return kind == SCAN_ARGUMENTS && found->index < 0 ? SCAN_OTHER : kind;
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
