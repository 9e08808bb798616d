/* Which project files the user trusts: for each its path and the SHA-256 of what it held when he looked at it. So a
 * file that was changed, or lies elsewhere, is not trusted. The list is the file `trusted` of the state folder, a line
 * each: digest, space, path. Blocking, for a small local file. */
#ifndef CLIENT_TRUST_H
#define CLIENT_TRUST_H

#include "client/common/sha256.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

#define TRUST_FILE_MAX ((size_t)1 << 20) /* of the list */

enum trust { TRUST_NONE, TRUST_CHANGED, TRUST_GIVEN };

/* ERR_PERMISSION_DENIED: the list is not ours alone. Where nothing was ever trusted nothing is hashed, and nothing
 * made. */
enum error_code trust_look(const char *path, const struct buf *content, enum trust *state, struct error *err);

/* Trusts that content there, and no other any more. ERR_OVERLOADED: another process changes the list; ERR_TOO_LARGE. */
enum error_code trust_give(const char *path, const struct buf *content, struct error *err);
/* *was: it was trusted, with whatever content. */
enum error_code trust_take(const char *path, bool *was, struct error *err);

/* The list as it is, for trust_next. */
enum error_code trust_read(struct buf *list, struct error *err);

struct trust_entry { /* views into the list */
    const char *digest, *path;
    size_t path_len;
};
/* The entry at *at, which goes on to the next; 0 at first. False at the end. What is no entry is passed over. */
bool trust_next(const struct buf *list, size_t *at, struct trust_entry *e);

#endif
