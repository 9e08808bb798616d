/* What askctl status says for people, out of its map. */
#ifndef CLIENT_CTL_STATUS_TEXT_H
#define CLIENT_CTL_STATUS_TEXT_H

#include "client/ctl/ctl.h"

void status_print(struct ctl *c, const msgpack_object_map *status);

#endif
