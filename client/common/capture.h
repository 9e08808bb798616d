/* A command of the shell, run for what it prints. */
#ifndef CLIENT_CAPTURE_H
#define CLIENT_CAPTURE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define CAPTURE_MS 10000              /* that it may usually take */
#define CAPTURE_MAX ((size_t)1 << 20) /* bytes that it may print */

/* Runs it by sh -c in the folder (-1: the working one), in a session of its own, without a terminal and with nothing to
 * read, for at most so many milliseconds, and appends what it prints, to either output, as it comes. *status: how it
 * exited, or 128 + the signal that ended it. ERR_TIMEOUT, ERR_TOO_LARGE: it was ended for it; ERR_CANCELLED: a signal
 * came (signals.h), which may be caught already; ERR_UNAVAILABLE: there is no shell. */
enum error_code capture_run(const char *command, int folder, int ms, struct buf *out, int *status, struct error *err);

#endif
