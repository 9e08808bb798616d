/* Small helpers over file descriptors and folders. Blocking, for start-up and small local files only. */
#ifndef ASKD_BASE_FD_H
#define ASKD_BASE_FD_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <stdbool.h>
#include <sys/types.h>

/* Makes path (and its parents) as 0700 if missing, opens it without following a link at its last step, and checks that
 * it is a folder, owned by `owner`, and not writable by anybody else (private: not accessible at all by group and
 * others). Returns the folder's descriptor in *fd (the caller closes it). */
enum error_code fd_open_dir(const char *path, uid_t owner, bool create, bool private, int *fd, struct error *err);

/* Reads a whole small file; over out->max is ERR_TOO_LARGE. `secret`: refuses a file that group or others can read. */
enum error_code fd_read_file(const char *path, bool secret, struct buf *out, struct error *err);

/* Takes the flock on `name` in the folder dirfd, creating it 0600. ERR_OVERLOADED where another process holds it, with
 * the pid written in it in *holder (0 if unknown). On success *fd holds the lock until it is closed, and the file holds
 * our pid. */
enum error_code fd_lock(int dirfd, const char *name, int *fd, pid_t *holder, struct error *err);

#endif
