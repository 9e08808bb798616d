/* A terminal that we leave. */
#ifndef CLIENT_TTY_MEND_H
#define CLIENT_TTY_MEND_H

#include "client/common/out.h"

/* A write that failed or was given up may have left it in the middle of a piece of live.h. It is not waited for. */
void mend_terminal(const struct out *out);

#endif
