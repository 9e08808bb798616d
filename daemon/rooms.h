/* The rooms that have options, joined: what a configuration may hold. Shared by the daemon and by what makes the sample
 * file and the manual page of the rows. */
#ifndef ASKD_ROOMS_H
#define ASKD_ROOMS_H

#include "daemon/core/config.h"

struct app_options {
    int log_level;
    int64_t idle_exit_ms, drain_timeout_ms, log_size, log_lines, log_memory;
};

extern const struct config_room app_room, engine_room, answer_room, rpc_room, store_room, cache_room;
extern const struct config_room *const rooms[]; /* NULL-ended */

#endif
