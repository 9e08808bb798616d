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

/* What is to be done with the words. */
enum args_task {
    ARGS_QUESTION,
    ARGS_SHELL,        /* they tell what a command is to do */
    ARGS_EXPLAIN_LAST, /* the command that ran last, and what it printed */
    ARGS_EDIT,         /* files are changed */
    ARGS_UNDO          /* the last such change is taken back */
};

/* How an answer is shown. */
enum args_format {
    ARGS_TEXT,  /* for people: on a terminal as it looks best there, else bare */
    ARGS_PLAIN, /* bare, on a terminal too */
    ARGS_CODE,  /* its code blocks alone */
    ARGS_JSON,  /* the answer map, at the end */
    ARGS_JSON_STREAM
};

enum args_reasoning {
    ARGS_REASONING_AUTO, /* shown on a terminal's screen, else not */
    ARGS_REASONING_SHOW,
    ARGS_REASONING_HIDE,
    ARGS_REASONING_ONLY
};

#define ARGS_CONTEXTS_MAX 16u      /* times that -x may be given */
#define ARGS_MODELS_MAX 16u        /* models that -m may name */
#define ARGS_ATTACH_MAX 64u        /* times that -a may be given */
#define ARGS_VARS_MAX 64u          /* times that -v may be given: no prompt takes more */
#define ARGS_BYTES_MAX (64u << 20) /* of --max-bytes: more fits into no message */

/* The values of --cache and --reasoning, which args.c reads. */
#define ARGS_CACHE_WORDS "use, refresh, only, off"
#define ARGS_REASONING_WORDS "show, hide, only"

struct args {
    enum args_task task;
    enum args_format format;
    enum args_reasoning reasoning;
    const char *model, *system, *socket; /* NULL where not given; the model may be several, with commas between */
    const char *cache;                   /* a word of the protocol, NULL where not given */
    enum args_keep keep;
    const char *conversation;
    const char *template;            /* a prompt of the library, NULL where not given */
    const char *vars[ARGS_VARS_MAX]; /* its values, each NAME=VALUE */
    unsigned n_vars;
    const char *schema; /* as it was given; NULL where the answer may be anything */
    bool schema_retry;  /* an answer that does not fit is asked for once more */
    bool no_project;    /* the project file is left alone */
    bool no_stream, stats, detach, dry_run;
    bool editor;                             /* the prompt is written in one */
    bool copy;                               /* the answer goes to the terminal's clipboard */
    bool pick;                               /* of several answers one is chosen to go on with */
    const char *judge;                       /* the model that ranks them, NULL where not given */
    const char *branch;                      /* the message that the question follows, NULL where not given */
    const char *contexts[ARGS_CONTEXTS_MAX]; /* names of sets */
    unsigned n_contexts;
    bool interrupted;                    /* an interrupted answer is gone on with; there are no words then */
    const char *attach[ARGS_ATTACH_MAX]; /* each as attach_add takes it */
    unsigned n_attach;
    size_t max_bytes; /* of the trees among them, 0 where not told */
    char **words;     /* the prompt's, in argv */
    int n_words;
    const char *topic; /* for ARGS_HELP; NULL where none is told */
    char why[160];     /* for ARGS_WRONG */
};

/* The output is for whoever reads it, and not for a program that parses it. */
bool args_for_people(const struct args *a);
/* -m names several models, which are compared. */
bool args_compares(const struct args *a);

/* Reorders argv so that the words stand last, as getopt_long does. */
enum args_action args_parse(struct args *a, int argc, char **argv);

#endif
