#include "daemon/core/log.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <stdarg.h>
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

enum log_level log_threshold = LOG_LEVEL_NOTICE;

/* What reads our stderr, and so what stands before the text. */
enum reader {
    READER_UNKNOWN,
    READER_TERMINAL,
    READER_FILE,
    READER_JOURNAL,
};

static enum reader reader = READER_UNKNOWN;
static void (*on_written)(size_t bytes);

static enum reader find_reader(void)
{
    if (isatty(STDERR_FILENO))
        return READER_TERMINAL;
    return getenv("JOURNAL_STREAM") || getenv("INVOCATION_ID") ? READER_JOURNAL : READER_FILE;
}

void log_set_level(enum log_level level)
{
    log_threshold = level;
    reader = find_reader();
}

void log_on_written(void (*written)(size_t bytes))
{
    on_written = written;
}

static size_t put_time(char *out, size_t size)
{
    int64_t us = clock_wall_us();
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return 0;
    size_t len = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return len + (size_t)snprintf(out + len, size - len, ".%03dZ ", (int)(us / 1000 % 1000));
}

static size_t put_head(char *out, size_t size, enum log_level level)
{
    if (reader == READER_UNKNOWN)
        reader = find_reader();
    if (reader == READER_JOURNAL) /* syslog's priorities: 3 is an error, 7 is for debugging */
        return (size_t)snprintf(out, size, "<%d>", 3 + (int)level);
    size_t len = reader == READER_FILE ? put_time(out, size) : 0;
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

/* Appends the text, as far as it fits into size; `cut` where some of it is missing already. */
static size_t put_text(char *out, size_t size, const char *text, size_t len, bool cut)
{
    static const char dots[] = "...";
    size_t to = 0, fits = 0; /* fits: what can stay if the dots have to follow */

    for (size_t from = 0; from < len;) {
        char piece[8];
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

void log_write(enum log_level level, const char *fmt, ...)
{
    char text[LOG_LINE_MAX], line[LOG_LINE_MAX];
    int saved = errno;
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (n < 0)
        n = snprintf(text, sizeof(text), "(unprintable: %s)", fmt);

    bool cut = (size_t)n >= sizeof(text);
    size_t whole = cut ? utf8_whole(text, sizeof(text) - 1) : (size_t)n;
    size_t len = put_head(line, sizeof(line), level);
    len += put_text(line + len, sizeof(line) - len - 1, text, whole, cut);
    line[len++] = '\n';
    /* Where stderr is gone there is nobody left to tell. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
    if (on_written)
        on_written(len);
    errno = saved;
}
