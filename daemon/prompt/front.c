#include "daemon/prompt/front.h"
#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/decimal.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "…"
#define TEMPERATURE_MAX 2
#define TEMPERATURE_PLACES 6
#define TEMPERATURE_ONE 1000000 /* 10^TEMPERATURE_PLACES */
#define BUDGET_MAX INT64_C(10000000)

static const char fence[] = "---", byte_order_mark[] = "\xef\xbb\xbf";

struct text {
    const char *s;
    size_t len;
};

struct reader {
    struct text left;      /* lines that were not looked at */
    unsigned line;         /* the number of the one that was taken last */
    const struct key *key; /* that the last `key:` named; NULL: one that is not ours, or none yet */
    unsigned seen;         /* bit i: keys[i] was there */
    struct front *front;
    struct error *err;
};

#define FAIL(r, ...) error_set((r)->err, ERR_INVALID_REQUEST, "line %u: " __VA_ARGS__)

/* -- values -- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text t)
{
    while (t.len > 0 && is_space(t.s[t.len - 1]))
        t.len--;
    while (t.len > 0 && is_space(*t.s))
        t.s++, t.len--;
    return t;
}

static bool equals(struct text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.s, s, t.len) == 0;
}

/* Without quotes and comment. A comment begins behind a blank; within quotes is none. */
static struct text bare(struct text t)
{
    t = trim(t);
    if (t.len > 1 && (*t.s == '"' || *t.s == '\'')) {
        const char *end = memchr(t.s + 1, *t.s, t.len - 1);
        if (end) {
            struct text behind = trim((struct text){end + 1, t.len - (size_t)(end + 1 - t.s)});
            if (behind.len == 0 || *behind.s == '#')
                return (struct text){t.s + 1, (size_t)(end - t.s - 1)};
        }
    }
    for (size_t i = 0; i < t.len; i++)
        if (t.s[i] == '#' && (i == 0 || is_space(t.s[i - 1])))
            t.len = i;
    return trim(t);
}

static enum error_code set_model(struct reader *r, struct text value)
{
    if (value.len == 0 || value.len > FRONT_MODEL_MAX)
        return FAIL(r, "model must name a model, in at most %d bytes", r->line, FRONT_MODEL_MAX);
    r->front->model = xstrndup(value.s, value.len);
    return ERR_NONE;
}

static enum error_code set_temperature(struct reader *r, struct text value)
{
    int64_t v;
    if (!decimal_parse(value.s, value.len, TEMPERATURE_PLACES, &v) || v < 0 ||
        v > TEMPERATURE_MAX * (int64_t)TEMPERATURE_ONE)
        return FAIL(r, "temperature must be a number between 0 and %d", r->line, TEMPERATURE_MAX);
    r->front->has_temperature = true;
    r->front->temperature = (double)v / TEMPERATURE_ONE;
    return ERR_NONE;
}

static enum error_code set_reasoning(struct reader *r, struct text value)
{
    static const char *const words[] = {"off", "low", "medium", "high"};
    int64_t budget;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (equals(value, words[i]))
            r->front->reasoning = words[i];
    if (r->front->reasoning)
        return ERR_NONE;
    if (!decimal_parse(value.s, value.len, 0, &budget) || budget < 1 || budget > BUDGET_MAX)
        return FAIL(r, "reasoning must be off, low, medium, high or a number of tokens", r->line);
    r->front->reasoning_budget = budget;
    return ERR_NONE;
}

/* Joins what is there and more of it by a space, and cuts it at the bound. */
static enum error_code add_description(struct reader *r, struct text value)
{
    struct buf b;
    char **whole = &r->front->description;
    buf_init(&b, FRONT_SIZE_MAX + sizeof ELLIPSIS);
    if (*whole && **whole)
        buf_printf(&b, "%s ", *whole);
    if (value.len > 0)
        buf_append(&b, value.s, value.len);
    if (b.len > FRONT_DESCRIPTION_MAX) {
        b.len = utf8_whole((const char *)b.data, FRONT_DESCRIPTION_MAX - strlen(ELLIPSIS));
        buf_puts(&b, ELLIPSIS);
    }
    free(*whole);
    *whole = xstrdup(buf_cstr(&b));
    buf_done(&b);
    return ERR_NONE;
}

/* YAML's signs that the text follows in indented lines. */
static enum error_code set_description(struct reader *r, struct text value)
{
    static const char *const follows[] = {">", "|", ">-", "|-", ">+", "|+"};
    for (size_t i = 0; i < sizeof follows / sizeof *follows; i++)
        if (equals(value, follows[i]))
            value.len = 0;
    return add_description(r, value);
}

static const struct key {
    const char *name;
    enum error_code (*set)(struct reader *r, struct text value);
    enum error_code (*add)(struct reader *r, struct text more); /* an indented line; NULL: it takes one line */
} keys[] = {
    {"description", set_description, add_description},
    {"model", set_model, NULL},
    {"temperature", set_temperature, NULL},
    {"reasoning", set_reasoning, NULL},
};
enum { KEYS = sizeof keys / sizeof *keys };

/* -- lines -- */

/* False where none is left. */
static bool take_line(struct reader *r, struct text *line)
{
    if (r->left.len == 0)
        return false;
    const char *end = memchr(r->left.s, '\n', r->left.len);
    const size_t len = end ? (size_t)(end - r->left.s) : r->left.len, taken = end ? len + 1 : len;
    *line = (struct text){r->left.s, len};
    r->left = (struct text){r->left.s + taken, r->left.len - taken};
    r->line++;
    return true;
}

static bool is_fence(struct text line)
{
    return line.len > 0 && !is_space(*line.s) && equals(trim(line), fence);
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ' ';
}

static enum error_code read_key(struct reader *r, struct text line)
{
    size_t n = 0;
    while (n < line.len && is_key_char(line.s[n]))
        n++;
    if (n == 0 || n == line.len || line.s[n] != ':' || (n + 1 < line.len && !is_space(line.s[n + 1])))
        return FAIL(r, "neither `key: value` nor %s, which ends the front block", r->line, fence);
    const struct text name = trim((struct text){line.s, n}), value = {line.s + n + 1, line.len - n - 1};
    r->key = NULL;
    for (size_t i = 0; i < KEYS; i++) {
        if (!equals(name, keys[i].name))
            continue;
        if (r->seen & 1u << i)
            return FAIL(r, "%s stands here a second time", r->line, keys[i].name);
        r->seen |= 1u << i;
        r->key = &keys[i];
        return keys[i].set(r, bare(value));
    }
    return ERR_NONE;
}

static enum error_code read_line(struct reader *r, struct text line)
{
    const struct text text = trim(line);
    if (text.len == 0 || *text.s == '#')
        return ERR_NONE;
    const bool goes_on = is_space(*line.s) || (text.len > 1 && text.s[0] == '-' && text.s[1] == ' ');
    if (!goes_on)
        return read_key(r, line);
    if (!r->key)
        return ERR_NONE;
    return r->key->add ? r->key->add(r, text) : FAIL(r, "%s takes one line", r->line, r->key->name);
}

static void skip_blank_lines(struct reader *r)
{
    struct reader before = *r;
    struct text line;
    while (take_line(r, &line) && trim(line).len == 0)
        before = *r;
    *r = before;
}

static enum error_code read_block(struct reader *r, const char *start)
{
    struct text line;
    enum error_code code = ERR_NONE;
    while (code == ERR_NONE) {
        if (!take_line(r, &line))
            return error_set(r->err, ERR_INVALID_REQUEST, "line 1: the front block has no end, a line %s", fence);
        if (is_fence(line))
            return ERR_NONE;
        if (r->left.s - start > FRONT_SIZE_MAX)
            return FAIL(r, "the front block is larger than %d bytes", r->line, FRONT_SIZE_MAX);
        code = read_line(r, line);
    }
    return code;
}

enum error_code front_read(const char *text, size_t len, struct front *ret, size_t *body, struct error *err)
{
    const size_t mark = strlen(byte_order_mark);
    struct reader r = {.left = {text, len}, .front = ret, .err = err};
    struct text line;
    enum error_code code = ERR_NONE;
    *ret = (struct front){0};
    if (len >= mark && memcmp(text, byte_order_mark, mark) == 0)
        r.left = (struct text){text + mark, len - mark};
    struct reader before = r;
    if (take_line(&r, &line) && is_fence(line))
        code = read_block(&r, text);
    else
        r = before;
    if (ret->description && !*ret->description) {
        free(ret->description);
        ret->description = NULL;
    }
    skip_blank_lines(&r);
    *body = len - r.left.len;
    return code;
}

void front_done(struct front *f)
{
    free(f->description);
    free(f->model);
    *f = (struct front){0};
}
