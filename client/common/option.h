/* The lines of --help. */
#ifndef CLIENT_OPTION_H
#define CLIENT_OPTION_H

#include "client/common/out.h"
#include "lib/base/option_row.h"

/* A line of --help, and more where its text needs them: 80 columns at most. */
void option_print(struct out *o, const struct option_row *row);

#endif
