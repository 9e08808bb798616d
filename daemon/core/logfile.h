/* The log of a daemon that a client started: STATE/askd.log, which the client opened as our stdout and stderr. Over its
 * bound it is put aside as askd.log.old, in place of an older one, and a new one is begun, so that there are never more
 * than two of them. Where stderr is anything else, nothing is done: whoever opened it looks after it. */
#ifndef ASKD_CORE_LOGFILE_H
#define ASKD_CORE_LOGFILE_H

#include <stdbool.h>
#include <stdint.h>

enum { LOGFILE_MIN = 4096 }; /* least bound: some lines */

/* Follows what log.h writes from now on. False where stderr is not state_dir/askd.log. */
bool logfile_start(const char *state_dir, int64_t max);
void logfile_set_max(int64_t max);
void logfile_stop(void);

#endif
