/* A method's parameters as rows, checked before its handler runs. */
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
};

struct schema_field {
    const char *name;
    unsigned types;
    bool required;
    const char *later; /* why a named parameter is refused for now, NULL: it is taken */
    const char *text;  /* for the protocol page */
};

/* fields: ended by a NULL name. Unknown ones are ignored, nil is absent. The error names the field. */
enum error_code schema_check(const struct schema_field *fields, const msgpack_object_map *params, struct error *err);

#endif
