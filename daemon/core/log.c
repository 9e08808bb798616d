#include "daemon/core/log.h"
#include "daemon/core/log_journal.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const log_level_names[] = {
    [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn",   [LOG_LEVEL_NOTICE] = "notice",
    [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug", NULL,
};

const struct log_field log_field_rows[LOG_FIELDS] = {
    {"answer", "ASKD_ANSWER=", offsetof(struct log_fields, answer)},
    {"conversation", "ASKD_CONVERSATION=", offsetof(struct log_fields, conversation)},
    {"provider", "ASKD_PROVIDER=", offsetof(struct log_fields, provider)},
    {"model", "ASKD_MODEL=", offsetof(struct log_fields, model)},
    {"client", "ASKD_CLIENT=", offsetof(struct log_fields, client)},
    {"code", "ASKD_CODE=", offsetof(struct log_fields, code)},
};
_Static_assert(sizeof(struct log_fields) == LOG_FIELDS * sizeof(const char *), "a row for each field");

enum log_level log_threshold = LOG_LEVEL_NOTICE;
static enum log_level write_threshold = LOG_LEVEL_NOTICE;

/* What reads our stderr, and so what stands before the text. */
enum reader {
    READER_UNKNOWN,
    READER_TERMINAL,
    READER_FILE,
    READER_MANAGER, /* it reads lines, with their priority */
    READER_JOURNAL, /* it takes fields */
};

static enum reader reader = READER_UNKNOWN;
static void (*on_written)(size_t bytes);
static void (*on_line)(int64_t wall_us, enum log_level level, const struct log_fields *fields, const char *text,
                       size_t len);
static _Atomic uint64_t lost;

static enum reader find_reader(void)
{
    if (isatty(STDERR_FILENO))
        return READER_TERMINAL;
    if (log_journal_is_here())
        return READER_JOURNAL;
    return getenv("JOURNAL_STREAM") || getenv("INVOCATION_ID") ? READER_MANAGER : READER_FILE;
}

static void settle_threshold(void)
{
    log_threshold = on_line && write_threshold < LOG_LEVEL_INFO ? LOG_LEVEL_INFO : write_threshold;
}

void log_set_level(enum log_level level)
{
    write_threshold = level;
    settle_threshold();
    reader = find_reader();
}

void log_on_written(void (*written)(size_t bytes))
{
    on_written = written;
}

void log_on_line(void (*line)(int64_t wall_us, enum log_level level, const struct log_fields *fields, const char *text,
                              size_t len))
{
    on_line = line;
    settle_threshold();
}

uint64_t log_lost(void)
{
    return lost;
}

const char *log_field_value(const struct log_fields *fields, size_t i)
{
    const char *value = NULL;
    if (fields)
        memcpy(&value, (const char *)fields + log_field_rows[i].offset, sizeof value);
    return value ? value : "";
}

/* -- pieces of a line -- */

static size_t put_time(char *out, size_t size, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return 0;
    size_t len = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return len + (size_t)snprintf(out + len, size - len, ".%03dZ ", (int)(us / 1000 % 1000));
}

static size_t put_head(char *out, size_t size, enum log_level level, int64_t us)
{
    if (reader == READER_MANAGER || reader == READER_JOURNAL)
        return (size_t)snprintf(out, size, "<%d>", log_priority(level));
    size_t len = reader == READER_FILE ? put_time(out, size, us) : 0;
    return len + (size_t)snprintf(out + len, size - len, "askd: %s: ", log_level_names[level]);
}

/* The piece of s that goes out next, in out if it had to be escaped: its length there, and in *used its length in s. */
static size_t escape(const char *s, size_t len, char out[8], size_t *used)
{
    size_t n = utf8_char(s, len);
    uint8_t c = (uint8_t)s[0];

    *used = n ? n : 1;
    if (n == 2 && c == 0xc2 && (uint8_t)s[1] < 0xa0) /* C1: a terminal obeys these too */
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)(uint8_t)s[1]);
    if (n == 1 && c == '\n')
        return (size_t)snprintf(out, 8, "\\n");
    if (n == 0 || (n == 1 && (c < 0x20 || c == 0x7f)))
        return (size_t)snprintf(out, 8, "\\x%02x", (unsigned)c);
    memcpy(out, s, n);
    return n;
}

/* How much of s goes out as it is: nearly always all. Sixteen at a time, which the compiler makes one step of. */
static size_t plain(const char *s, size_t len)
{
    enum { STEP = 16 };
    size_t n = 0;
    for (uint8_t other = 0; len - n >= STEP; n += STEP) {
        for (size_t i = 0; i < STEP; i++)
            other |= (uint8_t)(s[n + i] - ' ') > '~' - ' ';
        if (other)
            break;
    }
    while (n < len && s[n] >= ' ' && s[n] <= '~')
        n++;
    return n;
}

/* Appends the text, as far as it fits into size; `cut` where some of it is missing already. */
static size_t put_text(char *out, size_t size, const char *text, size_t len, bool cut)
{
    static const char dots[] = "...";
    size_t to = 0, fits = 0; /* fits: what can stay if the dots have to follow */

    for (size_t from = 0; from < len;) {
        char piece[8];
        size_t room = to < size - strlen(dots) ? size - strlen(dots) - to : 0;
        size_t whole = plain(text + from, len - from < room ? len - from : room);
        memcpy(out + to, text + from, whole);
        to += whole;
        from += whole;
        fits = whole ? to : fits;
        if (from == len)
            break;
        size_t used, n = escape(text + from, len - from, piece, &used);

        if (n > size - to) {
            cut = true;
            break;
        }
        memcpy(out + to, piece, n);
        to += n;
        from += used;
        if (to <= size - strlen(dots))
            fits = to;
    }
    if (!cut)
        return to;
    memcpy(out + fits, dots, strlen(dots));
    return fits + strlen(dots);
}

/* -- a line -- */

enum { FIELDS_MAX = LOG_FIELDS * (LOG_VALUE_MAX + 20) }; /* of all fields in text, their names among them */

/* One line, as everybody is given it. */
struct line {
    enum log_level level;
    int64_t wall_us;
    const char *raw;
    size_t raw_len;
    bool cut;                 /* there was more of it */
    struct log_fields fields; /* values are escaped, and lie in `values` */
    char text[LOG_LINE_MAX];  /* escaped */
    size_t len;
    char values[LOG_FIELDS][LOG_VALUE_MAX + 1];
};

static void escape_fields(struct line *l, const struct log_fields *fields)
{
    for (size_t i = 0; i < LOG_FIELDS; i++) {
        const char *value = log_field_value(fields, i);
        if (!*value)
            continue;
        char *to = l->values[i];
        to[put_text(to, LOG_VALUE_MAX, value, strlen(value), false)] = '\0';
        memcpy((char *)&l->fields + log_field_rows[i].offset, &to, sizeof to);
    }
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool names(const char *text, const char *value)
{
    size_t len = strlen(value);
    for (const char *at = text; (at = strstr(at, value)); at++)
        if ((at == text || !in_word(at[-1])) && !in_word(at[len]))
            return true;
    return false;
}

/* A client is called by a word that any sentence may have. */
static bool goes_without_saying(const struct line *l, size_t i)
{
    const char *value = log_field_value(&l->fields, i);
    return !*value || (strcmp(log_field_rows[i].name, "client") != 0 && names(l->text, value));
}

static size_t put_value(char *out, const char *value)
{
    bool quoted = strpbrk(value, " \"[]=") != NULL;
    size_t len = 0;
    if (quoted)
        out[len++] = '"';
    for (const char *c = value; *c; c++)
        out[len++] = (char)(*c == '"' ? '\'' : *c);
    if (quoted)
        out[len++] = '"';
    return len;
}

/* " [client=ask code=timeout]": the fields that the sentence does not name. */
static size_t put_fields(char out[FIELDS_MAX], const struct line *l)
{
    size_t len = 0;
    for (size_t i = 0; i < LOG_FIELDS; i++) {
        if (goes_without_saying(l, i))
            continue;
        len += (size_t)snprintf(out + len, FIELDS_MAX - len, "%s%s=", len ? " " : " [", log_field_rows[i].name);
        len += put_value(out + len, log_field_value(&l->fields, i));
    }
    if (len > 0)
        out[len++] = ']';
    return len;
}

static void write_text(const struct line *l)
{
    char out[LOG_LINE_MAX], fields[FIELDS_MAX];
    size_t behind = put_fields(fields, l), len = put_head(out, sizeof out, l->level, l->wall_us);
    len += put_text(out + len, sizeof out - len - behind - 1, l->raw, l->raw_len, l->cut);
    memcpy(out + len, fields, behind);
    len += behind;
    out[len++] = '\n';
    if (write(STDERR_FILENO, out, len) != (ssize_t)len)
        lost++;
    if (on_written)
        on_written(len);
}

static void write_line(const struct line *l)
{
    if (reader == READER_UNKNOWN)
        reader = find_reader();
    if (reader == READER_JOURNAL && log_journal_send(l->level, &l->fields, l->text))
        return;
    write_text(l);
}

int log_priority(enum log_level level)
{
    return 3 + (int)level;
}

void log_write(enum log_level level, const struct log_fields *fields, const char *fmt, ...)
{
    char raw[LOG_LINE_MAX];
    struct line l;
    int saved = errno;
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    if (n < 0)
        n = snprintf(raw, sizeof(raw), "(unprintable: %s)", fmt);

    l.level = level;
    l.wall_us = clock_wall_us();
    l.raw = raw;
    l.cut = (size_t)n >= sizeof(raw);
    l.raw_len = l.cut ? utf8_whole(raw, sizeof(raw) - 1) : (size_t)n;
    l.len = put_text(l.text, sizeof l.text - 1, raw, l.raw_len, l.cut);
    l.text[l.len] = '\0';
    l.fields = (struct log_fields){0};
    escape_fields(&l, fields);
    if (level <= write_threshold)
        write_line(&l);
    if (on_line && level <= log_threshold)
        on_line(l.wall_us, level, &l.fields, l.text, l.len);
    errno = saved;
}
