/* The place where the daemon listens, and the locks that make it the only one.
 *
 * The socket's folder must be ours and nobody else's to write; it is made (0700) if it is missing. Two flocks are held
 * for life: askd.lock beside the socket and askd.lock in the state folder. Blocking, for start-up. */
#ifndef ASKD_CORE_ENDPOINT_H
#define ASKD_CORE_ENDPOINT_H

#include "lib/base/fd.h"
#include <stdbool.h>
#include <sys/types.h>

struct endpoint {
    char path[108]; /* of the socket; sun_path's size */
    int dir_fd, lock_fd, state_lock_fd;
    int listen_fd;           /* given away by the caller: -1 then */
    bool ours;               /* we made the socket and remove it; a handed-over one stays */
    struct fd_holder holder; /* where another daemon holds a lock */
};

/* handed_over: a listening socket from the service manager, or -1. mode: of the socket. ERR_OVERLOADED: another daemon
 * is there, `holder` and the error tell of it. On failure nothing is left open. */
enum error_code endpoint_open(struct endpoint *e, const char *path, const char *state_dir, mode_t mode, int handed_over,
                              struct error *err);
void endpoint_unlink(struct endpoint *e); /* clients that come now find nobody */
void endpoint_close(struct endpoint *e);  /* lets the locks go; does not close listen_fd */

#endif
