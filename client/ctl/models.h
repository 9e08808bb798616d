/* askctl models: its verbs, a file each. */
#ifndef CLIENT_CTL_MODELS_H
#define CLIENT_CTL_MODELS_H

#include "client/ctl/ctl.h"

int models_list(struct ctl *c);
int models_refresh(struct ctl *c);
int models_show(struct ctl *c);

#endif
