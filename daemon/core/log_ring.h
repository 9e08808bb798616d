/* The latest lines of the log, in memory: to `info`, also where less is written. Bounded in lines and bytes, of which
 * the oldest leave first. Lines are numbered; a reader is a number, and costs nothing while it lags. The first one's is
 * the time of the start, in microseconds: so numbers grow over restarts of the daemon too.
 *
 * Lines come from any thread; all else here is for the loop's. */
#ifndef ASKD_CORE_LOG_RING_H
#define ASKD_CORE_LOG_RING_H

#include "daemon/core/log.h"
#include <stdbool.h>

enum { LOG_RING_BYTES_MIN = 8192 }; /* least bound: the longest line fits */

struct log_record { /* a copy: the ring goes on */
    uint64_t seq;
    int64_t wall_us;
    enum log_level level;
    struct log_fields fields; /* NULL: not told. They lie in bytes, as does text */
    const char *text;
    char bytes[LOG_LINE_MAX + LOG_FIELDS * (LOG_VALUE_MAX + 1)];
};

/* Begins, or goes on within other bounds with the lines that fit into these. Memory that no line has needed yet is not
 * taken. bytes >= LOG_RING_BYTES_MIN, lines > 0. */
void log_ring_configure(size_t bytes, size_t lines);
void log_ring_stop(void);

/* Line seq, or the oldest after it that is still there: ret->seq tells. False where none has come yet. */
bool log_ring_read(uint64_t seq, struct log_record *ret);

struct log_ring_span {
    uint64_t begun;      /* the number of the first that there has been */
    uint64_t first, end; /* of the oldest that is there; of the next one */
};
struct log_ring_span log_ring_span(void);

/* Called after each line, on its thread, while logging is under way: it may not log. NULL: nobody. */
void log_ring_on_line(void (*wake)(void *data), void *data);

#endif
