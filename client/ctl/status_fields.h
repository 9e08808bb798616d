/* The fields of askctl status --format, made of what the daemon's status says. Pure. */
#ifndef CLIENT_CTL_STATUS_FIELDS_H
#define CLIENT_CTL_STATUS_FIELDS_H

#include "lib/base/buf.h"
#include <msgpack.h>

struct status_field {
    const char *name;
    /* Appends its value, and nothing where it is not known. */
    void (*write)(struct buf *b, const msgpack_object_map *status, const char *field);
    const char *field; /* of the map, for write */
};
extern const struct status_field status_fields[]; /* ended by a NULL name */

/* NULL for none. */
const struct status_field *status_field_find(const char *name, size_t len);

#endif
