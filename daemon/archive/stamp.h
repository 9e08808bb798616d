/* Times as text: RFC 3339 in UTC, to the microsecond where that is not zero ("2025-01-02T03:04:05.000001Z"). */
#ifndef ASKD_ARCHIVE_STAMP_H
#define ASKD_ARCHIVE_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define STAMP_SIZE 40

void stamp_print(int64_t us, char out[STAMP_SIZE]);
/* Reads it, and its like: a blank for the T, no zone (taken for UTC) or an offset, any number of decimals. 0: it is
 * none, or before 1970. */
int64_t stamp_read(const char *s, size_t len);

#endif
