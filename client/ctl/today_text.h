/* What askctl status says of today's use, out of its map. */
#ifndef CLIENT_CTL_TODAY_TEXT_H
#define CLIENT_CTL_TODAY_TEXT_H

#include "client/ctl/ctl.h"

/* A line, one of what did not have to be asked for, and one of budgets that are near their limit; each only where
 * there is something to tell. */
void today_print(struct ctl *c, const msgpack_object_map *status);

#endif
