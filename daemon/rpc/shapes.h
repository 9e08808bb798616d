/* Shapes that several rows share, the events, and short words for the tables of rows. */
#ifndef ASKD_RPC_SHAPES_H
#define ASKD_RPC_SHAPES_H

#include "daemon/rpc/schema.h"

enum {
    BOOL = SCHEMA_BOOL,
    INT = SCHEMA_INT,
    NUMBER = SCHEMA_NUMBER,
    STR = SCHEMA_STR,
    BIN = SCHEMA_BIN,
    ARRAY = SCHEMA_ARRAY,
    MAP = SCHEMA_MAP,
    NIL = SCHEMA_NIL,
    ANY = SCHEMA_ANY,
    NEEDED = SCHEMA_REQUIRED,
};
#define LIST(types) SCHEMA_LIST(types)

extern const struct schema_field shape_error[], shape_usage[], shape_part[], shape_tool_call[], shape_answer[],
    shape_kept[], shape_cache[], shape_status_cache[], shape_notify[], shape_context[], shape_message[],
    shape_log_line[];

/* Those that have a table of their own on the protocol page, by the name that other tables use; ended by a NULL name.
 */
extern const struct schema_field shape_rows[];

/* A map for each event kind, without its `type`; ended by a NULL name. */
extern const struct schema_field event_rows[];

#endif
