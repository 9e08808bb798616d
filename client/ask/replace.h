/* New texts put in the places of several files, all or none as far as a file system allows: all are written beside
 * their places first, then each takes its place by a rename. Blocking; waits for the disk.
 *
 * replace_prepare, replace_commit, and replace_done in any case. */
#ifndef CLIENT_ASK_REPLACE_H
#define CLIENT_ASK_REPLACE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct replacement {
    const char *path;         /* without links at its end; borrowed, as the next two */
    const struct stat *there; /* the file as it was looked at, whose mode and owner stay; NULL: there is none */
    const struct buf *text;   /* NULL: the file goes */
    char beside[PATH_MAX];    /* where the text is until then, "" where it is nowhere */
    struct stat put;          /* the file with the text, once it is prepared: who takes it back looks for this one */
};

/* Is it the same file, and nobody wrote to it? */
bool replace_same(const struct stat *a, const struct stat *b);

/* Writes all texts. Nothing else has changed, whatever it returns. */
enum error_code replace_prepare(struct replacement *r, size_t n, struct error *err);

/* Puts them in their places, one after the other; *done of them, where it fails: a file was changed after all
 * (ERR_OVERLOADED), or the file system refuses. */
enum error_code replace_commit(struct replacement *r, size_t n, size_t *done, struct error *err);

void replace_done(struct replacement *r, size_t n); /* removes what still lies beside */

#endif
