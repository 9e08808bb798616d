/* What the methods prompt.* take and reply, for their rows in methods.c. */
#ifndef ASKD_RPC_METHODS_PROMPT_H
#define ASKD_RPC_METHODS_PROMPT_H

#include "daemon/rpc/schema.h"

extern const struct schema_field prompt_get_params[], prompt_render_params[];
extern const struct schema_field prompt_list_reply[], prompt_get_reply[], prompt_render_reply[];

#endif
