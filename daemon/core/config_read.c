/* Lines. inih takes a line apart; what it does not tell, or lets pass in silence, is found here while it asks for the
 * line: its number, a line or word over its bounds, text behind a section's bracket, and an indented line that was
 * meant as a key. */
#include "daemon/core/config_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

/* What inih will make of the line that it was given last. */
enum line_kind {
    LINE_NOTHING, /* empty, or a comment */
    LINE_SECTION,
    LINE_KEY,
    LINE_CONTINUATION, /* of the value above */
};

struct line_reader {
    struct config_merge *merge;
    FILE *file;
    struct error *err;
    enum error_code code; /* the first error; reading stops there */
    enum line_kind kind;
    bool in_key;  /* a key came since the last section, so an indented line continues it */
    bool asked;   /* inih has a line of which it must make a pair */
    bool pending; /* value holds what merge_value has not seen */
    size_t total;
    size_t value_len;
    char value[CONFIG_VALUE_MAX];
};

#define FAIL(r, ...)                                                                                                   \
    ((r)->code = config_error((r)->merge->path, (r)->merge->line, ERR_INVALID_REQUEST, (r)->err, __VA_ARGS__))

/* isspace of the C locale, less what check_bytes refuses. */
static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_space(const char *s, const char *end)
{
    while (s < end && is_space(*s))
        s++;
    return s;
}

static const char *trim_end(const char *s, const char *end)
{
    while (end > s && is_space(end[-1]))
        end--;
    return end;
}

/* inih 55 takes comments off values, but not off the lines that continue them. */
static const char *cut_comment(const char *s, const char *end)
{
    for (const char *p = s; p + 1 < end; p++)
        if (is_space(p[0]) && p[1] == ';')
            return trim_end(s, p);
    return end;
}

static void flush_value(struct line_reader *r)
{
    if (r->pending && r->code == ERR_NONE)
        r->code = merge_value(r->merge, r->value, r->value_len, r->err);
    secret_wipe(r->value, r->value_len);
    r->pending = false;
    r->value_len = 0;
}

static void append_value(struct line_reader *r, const char *text, size_t len)
{
    size_t space = r->value_len > 0;

    if (len + space > sizeof(r->value) - r->value_len) {
        FAIL(r, "a value has at most %d bytes", CONFIG_VALUE_MAX);
        return;
    }
    if (space)
        r->value[r->value_len++] = ' ';
    memcpy(r->value + r->value_len, text, len);
    r->value_len += len;
}

static void check_bytes(struct line_reader *r, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 || c == 0x7f) && c != '\t' && !(c == '\r' && i == len - 1)) {
            FAIL(r, "the control character 0x%02x does not belong here", c);
            return;
        }
    }
    if (!utf8_valid(s, len))
        FAIL(r, "the line is not UTF-8");
}

static void take_section(struct line_reader *r, const char *s, const char *end)
{
    const char *close = memchr(s, ']', (size_t)(end - s));

    flush_value(r);
    r->in_key = false;
    if (r->code != ERR_NONE)
        return;
    if (!close) {
        FAIL(r, "']' is missing behind the section's name");
        return;
    }
    const char *rest = skip_space(close + 1, end);
    if (rest < end && *rest != ';' && *rest != '#') {
        FAIL(r, "there is something behind the section's ']'");
        return;
    }
    if (close - s > CONFIG_WORD_MAX) {
        FAIL(r, "between the brackets of a section are at most %d bytes, here are %td", CONFIG_WORD_MAX, close - s);
        return;
    }
    r->code = merge_section(r->merge, s, (size_t)(close - s), r->err);
}

/* An indented key or section would silently become a part of the value above. */
static void check_continuation(struct line_reader *r, const char *s, const char *end)
{
    if (*s == '[') {
        const char *stop = s + 1;
        while (stop < end && *stop != ']' && *stop != '"' && !is_space(*stop))
            stop++;
        if (merge_knows_section(r->merge, s + 1, (size_t)(stop - s - 1)))
            FAIL(r, "a section must not be indented: it would continue the value above");
        return;
    }
    const char *equals = memchr(s, '=', (size_t)(end - s));
    if (!equals)
        return;
    size_t len = (size_t)(trim_end(s, equals) - s);
    if (merge_knows_key(r->merge, s, len))
        FAIL(r, "'%.*s' is indented: it would continue the value above", (int)len, s);
}

static void classify(struct line_reader *r, const char *line, size_t len)
{
    const char *end = line + len, *start = line;

    if (r->merge->line == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
        start += 3;
    const char *s = skip_space(start, end);
    if (s == end || *s == ';' || *s == '#') {
        r->kind = LINE_NOTHING;
    } else if (r->in_key && s > line) {
        r->kind = LINE_CONTINUATION;
        r->asked = true;
        check_continuation(r, s, end);
    } else if (*s == '[') {
        r->kind = LINE_SECTION;
        take_section(r, s + 1, end);
    } else {
        r->kind = LINE_KEY;
        r->in_key = true;
        r->asked = true;
    }
}

/* One line without its end into str. False at the end of the file and where it is over a bound. */
static bool read_line(struct line_reader *r, char *str, size_t max, size_t *ret)
{
    size_t len = 0;
    int c = getc_unlocked(r->file);

    if (c == EOF && !ferror(r->file))
        return false;
    r->merge->line++;
    for (; c != EOF && c != '\n'; c = getc_unlocked(r->file)) {
        if (len == max) {
            FAIL(r, "a line has at most %zu bytes; indent the next one to go on with a value", max);
            return false;
        }
        str[len++] = (char)c;
    }
    if (ferror(r->file)) {
        FAIL(r, "cannot read on: %s", strerror(errno));
        return false;
    }
    r->total += len + 1;
    if (r->total > CONFIG_FILE_MAX) {
        FAIL(r, "a file has at most %d bytes", CONFIG_FILE_MAX);
        return false;
    }
    *ret = len;
    return true;
}

/* inih's fgets. Gives back NULL, which ends the parse, at the first error. */
static char *next_line(char *str, int size, void *data)
{
    struct line_reader *r = data;
    size_t max = (size_t)size - 2, len = 0;

    if (max > CONFIG_LINE_MAX)
        max = CONFIG_LINE_MAX;
    if (r->asked && r->code == ERR_NONE)
        FAIL(r, "neither a [section] nor a key = value");
    if (r->code == ERR_NONE && read_line(r, str, max, &len)) {
        check_bytes(r, str, len);
        if (r->code == ERR_NONE)
            classify(r, str, len);
        if (r->code == ERR_NONE) {
            str[len] = '\n';
            str[len + 1] = '\0';
            return str;
        }
    }
    secret_wipe(str, (size_t)size); /* inih's own buffer, where the last line may have held a key */
    return NULL;
}

static void take_key(struct line_reader *r, const char *key, const char *value)
{
    size_t len = strlen(key);

    flush_value(r);
    if (r->code != ERR_NONE)
        return;
    if (len > CONFIG_WORD_MAX) {
        FAIL(r, "a key has at most %d bytes, this one has %zu", CONFIG_WORD_MAX, len);
        return;
    }
    r->code = merge_key(r->merge, key, r->err);
    if (r->code != ERR_NONE)
        return;
    r->pending = true;
    append_value(r, value, strlen(value));
}

/* inih calls this within the turn in which it got the line, so r->kind and the line's number belong to it. The section
 * that it hands over is cut at its bound; ours is not. */
static int on_pair(void *data, const char *section, const char *key, const char *value)
{
    struct line_reader *r = data;
    const char *end = value + strlen(value);

    (void)section;
    r->asked = false;
    if (r->kind == LINE_KEY)
        take_key(r, key, value);
    else
        append_value(r, value, (size_t)(cut_comment(value, end) - value));
    return r->code == ERR_NONE;
}

enum error_code config_read(struct config_merge *m, FILE *f, struct error *err)
{
    struct line_reader *r = NEW(struct line_reader);

    r->merge = m;
    r->file = f;
    r->err = err;
    int rc = ini_parse_stream(next_line, r, on_pair, r);
    flush_value(r);
    if (r->code == ERR_NONE && rc != 0) /* an inih that takes its buffer from the heap may get none */
        FAIL(r, "inih gives up (%d)", rc);
    enum error_code code = r->code;
    free(r);
    return code;
}
