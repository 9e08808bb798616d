/* What the methods log.* take and reply, for their rows in methods.c. */
#ifndef ASKD_RPC_METHODS_LOG_H
#define ASKD_RPC_METHODS_LOG_H

#include "daemon/rpc/schema.h"

extern const struct schema_field log_read_params[], log_read_reply[], log_unwatch_params[];

#endif
