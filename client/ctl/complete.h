/* What a shell offers behind `askctl`: see client/common/completion.h. */
#ifndef CLIENT_CTL_COMPLETE_H
#define CLIENT_CTL_COMPLETE_H

#include "client/common/out.h"

/* n words, of which the last one is being typed. The exit status. */
int ctl_complete(struct out *out, int n, char **words);

#endif
