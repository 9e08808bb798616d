/* ask --dry-run: what a question would come to. Nobody is asked. */
#ifndef CLIENT_ASK_DRY_RUN_H
#define CLIENT_ASK_DRY_RUN_H

#include "client/common/out.h"
#include "lib/ask/ask.h"
#include "lib/base/buf.h"

/* params: those of `chat`. Prints whom it would go to, its tokens and cost, whether the cache has an answer, and the
 * budgets that it would count in; with json the daemon's own map. The exit status; what went wrong was told. */
int dry_run(const char *program, struct ask *a, const struct buf *params, bool json, struct out *out);

#endif
