/* A key of askd.conf read and set, with all else in the file left as it stands: comments, blanks, order. Pure: the
 * daemon reads files in full, and says what is wrong with one. */
#ifndef CLIENT_CTL_CONF_EDIT_H
#define CLIENT_CTL_CONF_EDIT_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* Where the key stands in that section: its value without a comment, of its own line alone. False where it does not. */
bool conf_get(const struct buf *file, const char *section, const char *key, struct buf *value);

/* Appends the file with the key set to `after`, which is empty: in its own place, else first in its section, else in a
 * section at the end. A key is never there twice. ERR_INVALID_REQUEST where the value cannot stand in such a file;
 * ERR_TOO_LARGE. */
enum error_code conf_set(const struct buf *file, const char *section, const char *key, const char *value,
                         struct buf *after, struct error *err);

#endif
