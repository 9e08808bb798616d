/* Budgets as maps of the protocol: those that a caller may see, which are all but other users' own. */
#ifndef ASKD_RPC_BUDGET_MAP_H
#define ASKD_RPC_BUDGET_MAP_H

#include "daemon/rpc/dispatch.h"

void budget_map_put(struct buf *b, const struct peer *caller);      /* an array of maps */
void budget_map_put_near(struct buf *b, const struct peer *caller); /* the names of those that have used their warn share */

#endif
