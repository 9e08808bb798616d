/* Log lines on stderr, each one write(2) of at most LOG_LINE_MAX bytes.
 *
 * Under a service manager a line begins with the `<N>` that the journal reads as its priority; into a file it begins
 * with the time; on a terminal with neither. Whoever decides what to do about a fault logs it, once; a key is never
 * logged, a prompt's text neither. Control characters and bytes that are not UTF-8 come out escaped, so what a peer or
 * a provider sent cannot forge a line or drive the terminal.
 *
 * A line that is about an answer, a provider, a client says so in fields too, by which it can be looked for: in the
 * journal (ASKD_ANSWER=…, where it is the journal that reads our stderr) and in the latest lines (log_ring.h). In a
 * line of text those that the sentence does not name stand behind it: `[client=ask code=timeout]`. */
#ifndef ASKD_CORE_LOG_H
#define ASKD_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOG_LINE_MAX = 2048, /* with everything before the text and the newline; longer ones end in "..." */
    LOG_VALUE_MAX = 200, /* bytes of a field; longer ones end so too */
};

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_NOTICE, /* where it stands until log_set_level is called */
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

extern const char *const log_level_names[]; /* NULL-ended, indexed by enum log_level */

/* What a line is about. Strings are borrowed for the call; NULL or "": not told. */
struct log_fields {
    const char *answer, *conversation; /* ids */
    const char *provider;              /* its section */
    const char *model;                 /* the provider's own name of it */
    const char *client;                /* as it called itself in hello */
    const char *code;                  /* of an error, error_name */
};
enum { LOG_FIELDS = 6 };

struct log_field {
    const char *name;    /* in text and on the wire */
    const char *journal; /* with its "=" */
    size_t offset;       /* in struct log_fields */
};
extern const struct log_field log_field_rows[LOG_FIELDS];

/* The field's value, "" where it is not told. fields may be NULL. */
const char *log_field_value(const struct log_fields *fields, size_t i);

/* Lines of a level above this one are not written. Also looks anew at where stderr goes. */
void log_set_level(enum log_level level);

/* Called after each line that was written with its length, by whoever logged it; NULL: nobody. */
void log_on_written(void (*written)(size_t bytes));

/* Called with each line to `info`, or to the level that is written where that is above, by whoever logged it; NULL:
 * nobody. The text and the fields are escaped and within their bounds; the text ends in NUL. Not to be changed while
 * there are other threads. */
void log_on_line(void (*line)(int64_t wall_us, enum log_level level, const struct log_fields *fields, const char *text,
                              size_t len));

/* How many lines could not be written, since the start. */
uint64_t log_lost(void);

/* Read here only: what is above it goes nowhere. */
extern enum log_level log_threshold;

/* Leaves errno as it was. fields: NULL for none. */
void log_write(enum log_level level, const struct log_fields *fields, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Does anybody read lines of that level? For who has to prepare what he would log. */
static inline bool log_wants(enum log_level level)
{
    return level <= log_threshold;
}

/* log_event(level, fields, fmt, ...). The arguments are not even evaluated below the threshold. */
#define log_event(level, ...) ((level) <= log_threshold ? log_write((level), __VA_ARGS__) : (void)0)
#define log_at(level, ...) log_event(level, NULL, __VA_ARGS__)

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...) log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
