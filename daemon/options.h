/* The options of askd's command line, a row each: main.c reads it by them, --help and askd(8) tell of them. */
#ifndef ASKD_OPTIONS_H
#define ASKD_OPTIONS_H

#include "lib/base/option_row.h"
#include <stdbool.h>
#include <stdio.h>

enum { OPT_USER, OPT_SYSTEM, OPT_CONFIG, OPT_SOCKET, OPT_CHECK, OPT_PRINT, OPT_VERSION, OPT_HELP, OPT_END };

extern const struct option_row askd_options[OPT_END];

/* Fills what getopt_long takes; it returns the number of an option, or its letter. */
void askd_options_getopt(struct option ret[OPT_END + 1]);

/* What --help prints. False where it cannot be written. */
bool askd_options_help(FILE *out);

#endif
