/* A temporary file in which the pieces of a database are gathered: 0600, in the state folder. Its name is gone as soon
 * as whoever reads it has opened it. What a dead daemon left is removed at the next start (spool_sweep); all else is
 * blocking, for a worker. */
#ifndef ASKD_ARCHIVE_SPOOL_H
#define ASKD_ARCHIVE_SPOOL_H

#include "lib/base/error.h"
#include <stddef.h>

struct spool {
    int fd;     /* -1: not made yet */
    char *path; /* NULL once the name is gone */
};
#define SPOOL_INIT                                                                                                     \
    {                                                                                                                  \
        -1, NULL                                                                                                       \
    }

/* Makes it, in dir. */
enum error_code spool_make(struct spool *s, const char *dir, struct error *err);
enum error_code spool_write(struct spool *s, const void *data, size_t len, struct error *err);
/* A database that was in WAL mode is read without its log: it is told so in its header, and only its copy here is. */
enum error_code spool_settle(struct spool *s, struct error *err);
void spool_unlink(struct spool *s);
void spool_done(struct spool *s); /* closes and removes it; works on SPOOL_INIT */
/* Removes what a dead daemon left in dir: while it lived, nobody else made any. */
void spool_sweep(const char *dir);

#endif
