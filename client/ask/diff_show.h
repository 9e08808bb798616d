/* A diff for people, or for whoever reads our output. */
#ifndef CLIENT_ASK_DIFF_SHOW_H
#define CLIENT_ASK_DIFF_SHOW_H

#include "client/common/out.h"
#include "lib/base/buf.h"

/* One file's, as diff_make makes it. On a terminal what is seen is what is there: controls and characters that turn or
 * hide others are written out, and but for `plain` lines have colours where they are wanted. Elsewhere the bytes go out
 * as they are. */
void diff_show(struct out *out, const struct buf *diff, bool plain);

#endif
