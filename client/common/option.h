/* What an option is to whoever reads of it: a row, of which --help, the manual page and the completion of shells are
 * made. How its value is read, and what it goes with, is the business of the program that has it. */
#ifndef CLIENT_OPTION_H
#define CLIENT_OPTION_H

#include "client/common/out.h"
#include <getopt.h>

struct option_row {
    char letter;      /* 0: it has none */
    const char *name; /* "model" */
    const char
        *value; /* "MODEL"; "[TOPIC]" where it may be left out, and else follows a '='; NULL where it takes none */
    const char *help; /* a few words, as --help has them */
};

/* A line of --help, and more where its text needs them: 80 columns at most. */
void option_print(struct out *o, const struct option_row *row);

/* The same for getopt_long, which returns `returns` for it. */
struct option option_getopt(const struct option_row *row, int returns);

#endif
