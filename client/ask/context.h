/* -x NAME: what sets of context bring along, read and run anew for each question. */
#ifndef CLIENT_ASK_CONTEXT_H
#define CLIENT_ASK_CONTEXT_H

#include "client/ask/args.h"
#include "client/ask/attach.h"
#include "client/common/project_file.h"

/* Attaches them in the order of the command line, each once: its text, its files (globs.h), and of its commands
 * (capture.h) what a shell would have shown, with how they ended where that was not well. The project file's sets are
 * looked at first, where it is one to go by, and are relative to its folder; then those of the configuration, relative
 * to the working folder. ERR_NOT_FOUND: there is no such set; ERR_CANCELLED: a signal came; else one of its parts
 * cannot be had, and nothing is asked without it. */
enum error_code context_attach(const struct args *args, const struct project_file *p, const char *program,
                               struct attach *a, struct error *err);

/* Whether there are such sets, for who attaches them later: nothing is read of their files, and no command runs. */
enum error_code context_check(const struct args *args, const struct project_file *p, struct error *err);

#endif
