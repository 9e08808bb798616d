/* What an option of a command line is to whoever reads of it: a row, of which --help, the manual page and the
 * completion of shells are made. How its value is read, and what it goes with, is the business of the program that has
 * it. */
#ifndef ASKD_BASE_OPTION_ROW_H
#define ASKD_BASE_OPTION_ROW_H

#include <getopt.h>

struct option_row {
    char letter;      /* 0: it has none */
    const char *name; /* "model" */
    const char
        *value; /* "MODEL"; "[TOPIC]" where it may be left out, and else follows a '='; NULL where it takes none */
    const char *help; /* a few words, as --help has them */
    const char *text; /* for the manual, in the Markdown of doc/mdoc.h; NULL where help says all */
};

/* The same for getopt_long, which returns `returns` for it. */
struct option option_getopt(const struct option_row *row, int returns);

#endif
