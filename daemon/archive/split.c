#include "daemon/archive/split.h"

void split_init(struct split *s, size_t max_entry)
{
    *s = (struct split){.place = SPLIT_BEFORE};
    buf_init(&s->entry, max_entry);
}

void split_done(struct split *s)
{
    buf_done(&s->entry);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The rest of it is passed over. */
static void refuse(struct split *s, enum error_code code, const char *what, size_t bound)
{
    if (s->why != ERR_NONE)
        return;
    s->why =
        error_set(&s->error, code, "%s %zu%s", what, bound, code == ERR_TOO_LARGE ? " bytes (max_import_entry)" : "");
    buf_done(&s->entry);
}

static void begin(struct split *s)
{
    s->place = SPLIT_INSIDE;
    s->in_string = s->escaped = s->nested = false;
    s->depth = 0;
    s->values = 0;
    s->why = ERR_NONE;
    buf_clear(&s->entry);
}

static enum split_found finish(struct split *s, struct error *err)
{
    s->place = s->list ? SPLIT_COMMA : SPLIT_TOP;
    if (s->why == ERR_NONE)
        return SPLIT_ENTRY;
    *err = s->error;
    return SPLIT_SKIP;
}

static void take(struct split *s, const uint8_t *p, size_t n)
{
    s->at += n;
    if (s->why == ERR_NONE && !buf_append(&s->entry, p, n))
        refuse(s, ERR_TOO_LARGE, "it is over", s->entry.max);
}

/* In a string up to its end, or the piece's. Returns what was passed. */
static size_t pass_string(struct split *s, const uint8_t *p, size_t len)
{
    size_t i = 0;
    while (i < len && s->in_string) {
        uint8_t c = p[i++];
        if (s->escaped)
            s->escaped = false;
        else if (c == '\\')
            s->escaped = true;
        else if (c == '"')
            s->in_string = false;
    }
    return i;
}

static void count_value(struct split *s)
{
    if (++s->values > SPLIT_VALUES_MAX)
        refuse(s, ERR_INVALID_REQUEST, "its values are more than", SPLIT_VALUES_MAX);
}

/* Outside of a string. True where the entry ends with this byte. */
static bool pass_byte(struct split *s, uint8_t c)
{
    switch (c) {
    case '"': s->in_string = true; return false;
    case '{':
    case '[':
        s->nested = true;
        count_value(s);
        if (++s->depth > SPLIT_DEPTH_MAX)
            refuse(s, ERR_INVALID_REQUEST, "its nesting is deeper than", SPLIT_DEPTH_MAX);
        return false;
    case '}':
    case ']': return --s->depth == 0;
    case ',':
    case ':': count_value(s); return false;
    default: return false;
    }
}

/* A bare value at the top ends before these. */
static bool ends_bare(const struct split *s, uint8_t c)
{
    return s->depth == 0 && (is_blank(c) || c == ',' || c == ']' || c == '}');
}

/* True where the entry has ended. */
static bool pass_entry(struct split *s, const uint8_t **p, size_t *len)
{
    const uint8_t *from = *p;
    size_t i = 0;
    bool ended = false;
    while (i < *len && !ended) {
        if (s->in_string) {
            i += pass_string(s, from + i, *len - i);
            ended = !s->in_string && s->depth == 0;
        } else if (!s->nested && ends_bare(s, from[i])) {
            ended = true;
            break;
        } else {
            ended = pass_byte(s, from[i++]);
        }
    }
    take(s, from, i);
    *p += i;
    *len -= i;
    return ended;
}

static enum split_found bad(struct split *s, uint8_t c, struct error *err)
{
    error_set(err, ERR_INVALID_REQUEST, "this is no JSON: byte %llu is 0x%02x, where %s is due",
              (unsigned long long)s->at, c,
              s->place == SPLIT_COMMA   ? "a comma or the list's end"
              : s->place == SPLIT_AFTER ? "the file's end"
                                        : "a value");
    return SPLIT_BAD;
}

/* Between entries: where one byte leads to. False where it has no business there. */
static bool step(struct split *s, uint8_t c)
{
    bool opens = c == '{' || c == '[' || c == '"' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    switch (s->place) {
    case SPLIT_BEFORE:
        if (c == '[') {
            s->list = true;
            s->place = SPLIT_ITEM;
            return true;
        }
        s->place = SPLIT_TOP;
        /* fall through */
    case SPLIT_TOP:
    case SPLIT_ITEM:
        if (opens) {
            begin(s);
            return true;
        }
        s->place = s->list && c == ']' ? SPLIT_AFTER : s->place;
        return s->place == SPLIT_AFTER;
    case SPLIT_COMMA:
        s->place = c == ',' ? SPLIT_ITEM : c == ']' ? SPLIT_AFTER : s->place;
        return s->place != SPLIT_COMMA;
    default: return false;
    }
}

enum split_found split_next(struct split *s, const uint8_t **p, size_t *len, struct error *err)
{
    while (*len > 0) {
        if (s->place == SPLIT_INSIDE) {
            if (pass_entry(s, p, len))
                return finish(s, err);
            continue;
        }
        uint8_t c = **p;
        bool mark = s->at < 3 && c == (uint8_t) "\xef\xbb\xbf"[s->at]; /* a byte order mark */
        if (!mark && !is_blank(c) && !step(s, c))
            return bad(s, c, err);
        if (s->place == SPLIT_INSIDE)
            continue; /* the byte is the entry's first */
        (*p)++;
        (*len)--;
        s->at++;
    }
    return SPLIT_MORE;
}

enum split_found split_end(struct split *s, struct error *err)
{
    enum split_place place = s->place;
    s->place = SPLIT_AFTER;
    if (place == SPLIT_BEFORE) {
        error_set(err, ERR_INVALID_REQUEST, "the file is empty");
        return SPLIT_BAD;
    }
    if (place == SPLIT_INSIDE && s->depth == 0 && !s->in_string && !s->list)
        return finish(s, err);
    if (place == SPLIT_TOP || place == SPLIT_AFTER)
        return SPLIT_MORE;
    error_set(err, ERR_INVALID_REQUEST, "the file ends %s: it was cut off",
              place == SPLIT_INSIDE ? "within it" : "before its list does");
    return SPLIT_SKIP;
}
