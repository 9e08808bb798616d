/* Standard output into memory for a while: what is written meanwhile, by ask-tty too, can be looked at before the
 * terminal gets it. */
#ifndef CLIENT_CTL_CAPTURE_H
#define CLIENT_CTL_CAPTURE_H

#include "client/common/out.h"

struct capture {
    int memory; /* what was written; -1: nothing is captured */
    int screen; /* the descriptor that standard output was */
};

/* False where the system has no room for it: then all goes on as before. `out` is that of standard output; it still
 * tells the size of its terminal, and makes text harmless for it. */
bool capture_begin(struct capture *p, struct out *out);

/* Standard output is what it was. Gives the memory file, at its beginning, to be closed by the caller; -1 where nothing
 * was captured. */
int capture_end(struct capture *p, struct out *out);

#endif
