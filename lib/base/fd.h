/* Small helpers over file descriptors and folders. Blocking, for start-up and small local files only. */
#ifndef ASKD_BASE_FD_H
#define ASKD_BASE_FD_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Makes path (and its parents) as 0700 if missing, opens it without following a link at its last step, and checks that
 * it is a folder, owned by `owner`, and not writable by anybody else (private: not accessible at all by group and
 * others). Returns the folder's descriptor in *fd (the caller closes it). */
enum error_code fd_open_dir(const char *path, uid_t owner, bool create, bool private, int *fd, struct error *err);

/* Reads a whole small file; over out->max is ERR_TOO_LARGE. `secret`: refuses a file that group or others can read. */
enum error_code fd_read_file(const char *path, bool secret, struct buf *out, struct error *err);

/* Reads until there are len bytes or no more come: how many, or -1 with errno. */
ssize_t fd_read_up_to(int fd, void *data, size_t len);
/* False with errno. */
bool fd_write_all(int fd, const void *data, size_t len);
/* Appends all that can be read from fd, a file or a pipe; likewise. path is for the error. */
enum error_code fd_read_all(int fd, const char *path, struct buf *out, struct error *err);

/* Is the file or folder on a file system that other hosts may write to? */
bool fd_on_network(int fd);

/* Opens a file below a folder for reading, without waiting for a FIFO. Where a link, or `..`, leads out of the folder
 * it is -1 with EXDEV, as is any link on a kernel before 5.6. -1 with errno. */
int fd_open_beneath(int dirfd, const char *path);

/* Likewise, and any link on the way is -1 with EXDEV. */
int fd_open_without_links(int dirfd, const char *path);

/* Puts a file of mode 0600 with that content in the place of `name`, whole or not at all. */
enum error_code fd_replace_file(int dirfd, const char *name, const void *data, size_t len, struct error *err);

struct fd_holder {
    pid_t pid;                    /* 0 if unknown */
    char host[HOST_NAME_MAX + 1]; /* where it runs, "" if unknown: a folder on a network file system has several */
};

/* Takes the flock on `name` in the folder dirfd, creating it 0600. ERR_OVERLOADED where another process holds it, with
 * what the file says of it in *holder. On success *fd holds the lock until it is closed, and the file says "PID HOST"
 * of us, unless the disk is full. */
enum error_code fd_lock(int dirfd, const char *name, int *fd, struct fd_holder *holder, struct error *err);
bool fd_holder_is_here(const struct fd_holder *holder); /* it runs on this host, as far as is known */

#endif
