/* All that is known of a model, for people. */
#ifndef CLIENT_CTL_MODELS_SHOW_H
#define CLIENT_CTL_MODELS_SHOW_H

#include "client/ctl/ctl.h"

/* Prints what models.get replied, one fact a line. Returns the exit status. */
int models_show(struct ctl *c, const msgpack_object *reply);

#endif
