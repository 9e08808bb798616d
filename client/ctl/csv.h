/* Records of comma-separated values by RFC 4180. Pure. */
#ifndef CLIENT_CTL_CSV_H
#define CLIENT_CTL_CSV_H

#include "lib/base/buf.h"

/* Appends a field of a record; not the `first` one's, a comma before it. What holds a comma, a quote or a line's end is
 * quoted, and all other bytes stay as they are. */
void csv_put(struct buf *b, bool first, const char *s, size_t len);
void csv_end(struct buf *b); /* the end of the record */

#endif
