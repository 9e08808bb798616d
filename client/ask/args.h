/* The command line of ask. */
#ifndef CLIENT_ASK_ARGS_H
#define CLIENT_ASK_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum args_action { ARGS_ASK, ARGS_HELP, ARGS_VERSION, ARGS_WRONG };

/* Where the question and its answer are kept. */
enum args_keep {
    ARGS_NEW,      /* in a conversation of their own */
    ARGS_CONTINUE, /* in the last one here */
    ARGS_NAMED,    /* in args.conversation */
    ARGS_NOWHERE
};

#define ARGS_ATTACH_MAX 64u        /* times that -a may be given */
#define ARGS_VARS_MAX 64u          /* times that -v may be given: no prompt takes more */
#define ARGS_BYTES_MAX (64u << 20) /* of --max-bytes: more fits into no message */

struct args {
    const char *model, *system, *socket; /* NULL where not given */
    const char *cache;                   /* a word of the protocol, NULL where not given */
    enum args_keep keep;
    const char *conversation;
    const char *template;            /* a prompt of the library, NULL where not given */
    const char *vars[ARGS_VARS_MAX]; /* its values, each NAME=VALUE */
    unsigned n_vars;
    const char *schema; /* as it was given; NULL where the answer may be anything */
    bool schema_retry;  /* an answer that does not fit is asked for once more */
    bool no_project;    /* the project file is left alone */
    bool json, no_stream, stats, detach;
    bool dry_run;
    bool interrupted;                    /* an interrupted answer is gone on with; there are no words then */
    const char *attach[ARGS_ATTACH_MAX]; /* each as attach_add takes it */
    unsigned n_attach;
    size_t max_bytes; /* of the trees among them, 0 where not told */
    char **words;     /* the prompt's, in argv */
    int n_words;
    char why[160]; /* for ARGS_WRONG */
};

extern const char args_usage[];

/* Reorders argv so that the words stand last, as getopt_long does. */
enum args_action args_parse(struct args *a, int argc, char **argv);

#endif
