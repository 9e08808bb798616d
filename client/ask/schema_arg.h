/* What stands behind --schema, as the packed JSON schema that is sent. */
#ifndef CLIENT_ASK_SCHEMA_ARG_H
#define CLIENT_ASK_SCHEMA_ARG_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define SCHEMA_ARG_MAX ((size_t)1 << 20) /* of its file, and of out */

/* arg: JSON, if it begins with {; else a file, if it is there; else the short form (schema_short.h). A file holds
 * either of them. ERR_INVALID_REQUEST, ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_PERMISSION_DENIED. */
enum error_code schema_arg_put(struct buf *out, const char *arg, struct error *err);

#endif
