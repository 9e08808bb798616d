/* The command line of ask. */
#ifndef CLIENT_ASK_ARGS_H
#define CLIENT_ASK_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum args_action { ARGS_ASK, ARGS_HELP, ARGS_VERSION, ARGS_WRONG };

struct args {
    const char *model, *system, *socket; /* NULL where not given */
    bool json, no_stream, stats;
    char **words; /* the prompt's, in argv */
    int n_words;
    char why[160]; /* for ARGS_WRONG */
};

extern const char args_usage[];

/* Reorders argv so that the words stand last, as getopt_long does. */
enum args_action args_parse(struct args *a, int argc, char **argv);

#endif
