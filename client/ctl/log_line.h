/* A line of the daemon's log, as askctl log prints it. */
#ifndef CLIENT_CTL_LOG_LINE_H
#define CLIENT_CTL_LOG_LINE_H

#include "client/ctl/ctl.h"

/* "2026-11-27 14:58:33.123 notice answer 0197…: timeout from openai (HTTP 504)  client=ask", the level coloured on a
 * terminal that shows colours; with --json the line as it came. Not flushed. */
void log_line_print(struct ctl *c, const msgpack_object *line);

/* A level's name, as `log.read` takes it; NULL for what is none. */
const char *log_line_level(const char *word);
#define LOG_LINE_LEVELS "error, warn, notice, info, debug"

#endif
