/* What the methods conversation.* take and reply, for their rows in methods.c. */
#ifndef ASKD_RPC_METHODS_CONVERSATION_H
#define ASKD_RPC_METHODS_CONVERSATION_H

#include "daemon/rpc/schema.h"

extern const struct schema_field conversation_one[]; /* names one */
extern const struct schema_field conversation_delete_params[], conversation_pin_params[], conversation_tag_params[],
    conversation_head_params[], conversation_watch_params[], conversation_unwatch_params[];
extern const struct schema_field conversation_tag_reply[], conversation_watch_reply[];
extern const struct schema_field conversation_list_params[], conversation_get_params[], conversation_create_params[],
    conversation_fork_params[], conversation_rename_params[], conversation_search_params[],
    conversation_export_params[], conversation_import_params[];
extern const struct schema_field conversation_list_reply[], conversation_get_reply[], conversation_made[],
    conversation_search_reply[], conversation_export_reply[], conversation_import_reply[];

/* A map for each kind of change that conversation.watch tells, without its `type`; ended by a NULL name. */
extern const struct schema_field change_rows[];

#endif
