/* A file in memory to hand to another program: unlike a pipe it is written to its end whether or not anybody reads. */
#ifndef CLIENT_MEMORY_FILE_H
#define CLIENT_MEMORY_FILE_H

#include "lib/base/buf.h"

/* Its descriptor, at its beginning, closed on exec; -1 with errno. content may be NULL for an empty one. */
int memory_file_new(const char *name, const struct buf *content);

#endif
