/* askctl conv export and import: conversations as files. */
#ifndef CLIENT_CTL_CONV_FILES_H
#define CLIENT_CTL_CONV_FILES_H

#include "client/ctl/ctl.h"

int conv_export(struct ctl *c);
int conv_import(struct ctl *c);

#endif
