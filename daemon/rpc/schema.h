/* What a value looks like, as rows. A method's parameters are checked against theirs before its handler runs; from the
 * rows of parameters, results and events the protocol page is made, and the tests hold every reply and event against
 * them. */
#ifndef ASKD_RPC_SCHEMA_H
#define ASKD_RPC_SCHEMA_H

#include "lib/base/error.h"
#include <msgpack.h>
#include <stdbool.h>

enum schema_type { /* of one value; may be joined by | */
                   SCHEMA_BOOL = 1,
                   SCHEMA_INT = 2,
                   SCHEMA_NUMBER = 4,
                   SCHEMA_STR = 8,
                   SCHEMA_BIN = 16,
                   SCHEMA_ARRAY = 32,
                   SCHEMA_MAP = 64,
                   SCHEMA_NIL = 128, /* of a result: nil says something, where absence would not */
                   SCHEMA_ANY = 255,
                   SCHEMA_REQUIRED = 256, /* it is always there */
};
/* An array whose items are of these types; SCHEMA_ARRAY alone: of any. */
#define SCHEMA_ITEMS_SHIFT 16
#define SCHEMA_LIST(types) (SCHEMA_ARRAY | (types) << SCHEMA_ITEMS_SHIFT)

struct schema_field {
    const char *name;
    unsigned types;
    /* Of a map, or of those maps that are items of an array; ended by a NULL name. NULL: any fields. */
    const struct schema_field *fields;
    const char *text; /* for the protocol page */
};

/* Checks the fields themselves; what lies inside of maps and arrays is for whoever reads them, who can say where in it
 * the fault stands. Unknown fields are ignored, nil is absent. The error names the field. */
enum error_code schema_check(const struct schema_field *fields, const msgpack_object_map *params, struct error *err);

#endif
