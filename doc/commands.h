/* mdoc of command lines: what the pages of ask, askctl and askd have in common, and what is made for each. */
#ifndef ASKD_DOC_COMMANDS_H
#define ASKD_DOC_COMMANDS_H

#include "lib/base/option_row.h"
#include <stdio.h>

void commands_option(const struct option_row *row, FILE *out); /* an item of a list */
void commands_sentence(const char *help, FILE *out);           /* a few words of help */
void commands_title(const char *title, FILE *out);             /* a subsection */

void rows_ask_options(FILE *out);
void rows_askctl_verbs(FILE *out);
void rows_askctl_options(FILE *out);
void rows_askd_options(FILE *out);

#endif
