/* The options of askctl. Each is a row in options.c: what it is called, what help says, which bit of ctl_options it
 * has, how its value is read. */
#ifndef CLIENT_CTL_OPTIONS_H
#define CLIENT_CTL_OPTIONS_H

#include "client/ctl/ctl.h"
#include "lib/base/option_row.h"

#define STATE_WORDS "running, done, failed, cancelled, interrupted" /* of answers */

/* Reads them out of the command line into *c, and leaves the other words in c->args. EXIT_OK, or how to exit after
 * what is wrong was told. */
int options_read(struct ctl *c, int argc, char **argv);

/* Prints what help says of the options in `takes`, and of the common ones. */
void options_help(struct ctl *c, ctl_options takes);

/* What the option of that number is to a reader, and its bit; 0 behind the last one. */
ctl_options options_row(size_t i, struct option_row *ret);

/* How many there are in a set. */
size_t options_count(ctl_options set);

/* The first option of a set that is not empty: "limit". */
const char *options_name(ctl_options set);

#endif
