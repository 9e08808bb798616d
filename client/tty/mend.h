/* A terminal that we leave. */
#ifndef CLIENT_TTY_MEND_H
#define CLIENT_TTY_MEND_H

#include "client/common/out.h"

enum { MEND_WAIT_MS = 250 }; /* for a slow one that has no room; one that was stopped by Ctrl-S never has */

/* A write that failed or was given up may have left it in the middle of a piece of live.h. */
void mend_terminal(const struct out *out);
void mend_at_once(int fd); /* the same where that is not known; async-signal-safe */

#endif
