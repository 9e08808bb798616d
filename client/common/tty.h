/* ask-tty, the program that knows terminals, seen from the programs that do not: where it is, and a run of it. */
#ifndef CLIENT_TTY_H
#define CLIENT_TTY_H

#include "lib/base/buf.h"
#include <limits.h>
#include <stdbool.h>

/* Where paths_helper has it. False where it is not there. */
bool tty_find(char path[PATH_MAX]);

/* Runs "ask-tty verb" on our output, with input to read, and waits for its end. *status: how it exited, 128 + the
 * signal that ended it. False where it could not be run, and so has shown nothing. */
bool tty_run(const char *path, const char *verb, const struct buf *input, int *status);

#endif
