/* Log lines on stderr, each one write(2) of at most LOG_LINE_MAX bytes.
 *
 * Under a service manager a line begins with the `<N>` that the journal reads as its priority; into a file it begins
 * with the time; on a terminal with neither. Whoever decides what to do about a fault logs it, once; a key is never
 * logged, a prompt's text neither. Control characters and bytes that are not UTF-8 come out escaped, so what a peer or
 * a provider sent cannot forge a line or drive the terminal. */
#ifndef ASKD_CORE_LOG_H
#define ASKD_CORE_LOG_H

#include <stddef.h>

enum { LOG_LINE_MAX = 2048 }; /* with everything before the text and the newline; longer ones end in "..." */

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_NOTICE, /* where it stands until log_set_level is called */
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

extern const char *const log_level_names[]; /* NULL-ended, indexed by enum log_level */

/* Lines of a level above this one are dropped. Also looks anew at where stderr goes. */
void log_set_level(enum log_level level);

/* Called after each line with its length, by whoever logged it; NULL: nobody. */
void log_on_written(void (*written)(size_t bytes));

/* Read by the macros only. */
extern enum log_level log_threshold;

/* Writes whatever the threshold is. Leaves errno as it was. */
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The arguments are not even evaluated below the threshold. */
#define log_at(level, ...) ((level) <= log_threshold ? log_write((level), __VA_ARGS__) : (void)0)

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...) log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
