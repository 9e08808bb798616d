/* A command that is run once more for what it prints, after a yes. */
#ifndef CLIENT_ASK_EXPLAIN_AGAIN_H
#define CLIENT_ASK_EXPLAIN_AGAIN_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* Asks at the terminal, runs it by the user's shell, with nothing to read and within what capture.h allows, and appends
 * it, what it printed and how it ended. ERR_UNAVAILABLE: it was not run; ERR_CANCELLED: a signal came. */
enum error_code explain_again(struct buf *out, const char *command, struct error *err);

#endif
