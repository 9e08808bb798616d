/* What the methods models.* take and reply, for their rows in methods.c. */
#ifndef ASKD_RPC_METHODS_MODELS_H
#define ASKD_RPC_METHODS_MODELS_H

#include "daemon/rpc/schema.h"

extern const struct schema_field models_list_params[], models_get_params[], models_refresh_params[];
extern const struct schema_field models_aliases_reply[], models_list_reply[], models_get_reply[],
    models_refresh_reply[];

#endif
