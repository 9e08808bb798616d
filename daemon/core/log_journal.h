/* The journal's own way for lines: with fields. For log.c. */
#ifndef ASKD_CORE_LOG_JOURNAL_H
#define ASKD_CORE_LOG_JOURNAL_H

#include "daemon/core/log.h"
#include <stdbool.h>

/* Does the journal read our stderr ($JOURNAL_STREAM names it), and does it take lines with fields from us? Without
 * libsystemd: no. */
bool log_journal_is_here(void);

/* False where it did not take the line: it goes to stderr then. */
bool log_journal_send(enum log_level level, const struct log_fields *fields, const char *text);

/* syslog's priorities: 3 is an error, 7 is for debugging. In log.c. */
int log_priority(enum log_level level);

#endif
