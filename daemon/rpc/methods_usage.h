/* What the methods usage.* and budget.* take and reply, for their rows in methods.c. */
#ifndef ASKD_RPC_METHODS_USAGE_H
#define ASKD_RPC_METHODS_USAGE_H

#include "daemon/rpc/schema.h"

extern const struct schema_field usage_report_params[], usage_reprice_params[];
extern const struct schema_field usage_report_reply[], usage_reprice_reply[], budget_get_reply[];
extern const struct schema_field status_today[]; /* a field of status */

#endif
