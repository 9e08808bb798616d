/* What a file is by its first bytes, as far as somebody may give it by mistake where text is due. Pure; for the daemon
 * and its clients alike. */
#ifndef ASKD_BASE_FILE_KIND_H
#define ASKD_BASE_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

bool file_kind_sqlite(const void *data, size_t len);
/* What it is and what to do with it, as one sentence; NULL where it may be text. */
const char *file_kind_advice(const void *data, size_t len);

#endif
