/* askctl cache: its verbs, a file each. */
#ifndef CLIENT_CTL_CACHE_H
#define CLIENT_CTL_CACHE_H

#include "client/ctl/ctl.h"

int cache_clear(struct ctl *c);
int cache_export(struct ctl *c);
int cache_lookup(struct ctl *c);
int cache_stats(struct ctl *c);

#endif
