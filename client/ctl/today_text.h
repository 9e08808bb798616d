/* What askctl status says of today's use, out of its map. */
#ifndef CLIENT_CTL_TODAY_TEXT_H
#define CLIENT_CTL_TODAY_TEXT_H

#include "client/ctl/ctl.h"

/* A line, and one more for budgets that are near their limit; nothing of a day without use. */
void today_print(struct ctl *c, const msgpack_object_map *status);

#endif
