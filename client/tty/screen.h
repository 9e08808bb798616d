/* One answer on a terminal: its reasoning, its Markdown as it streams, a spinner until there is something of it, and a
 * line about it at the end. Only what may still change is drawn again (live.h); what is settled stays in the scrollback
 * as if it had been printed. */
#ifndef CLIENT_TTY_SCREEN_H
#define CLIENT_TTY_SCREEN_H

#include "client/ask/args.h"
#include "client/common/view.h"

/* The frontend's `answer`: a view of `out`, which is a terminal. While it lives, SIGWINCH and SIGCONT have handlers of
 * its own, which interrupt a wait. NULL where memory is out. */
struct view *screen_new(const struct args *args, struct out *out);

#endif
