/* When ask gives way to ask-tty, the program that knows terminals and does the same with more to be seen. */
#ifndef CLIENT_ASK_SCREEN_H
#define CLIENT_ASK_SCREEN_H

#include "client/ask/args.h"
#include "client/common/out.h"

/* What is asked for needs it, or looks better with it on this output. */
bool screen_wanted(const struct args *args, const struct out *out);

/* Becomes ask-tty with the same command line. Returns where there is none that can be run. */
void screen_run(char **argv);

#endif
