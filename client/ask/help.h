/* What ask --help prints, of the rows of options. */
#ifndef CLIENT_ASK_HELP_H
#define CLIENT_ASK_HELP_H

#include "client/common/out.h"

/* Of a topic; NULL: what one needs daily; "all": everything. False where there is no such topic. */
bool help_print(struct out *o, const char *topic);

#endif
