/* The options of ask, a row each. By them args.c reads the command line and says what does not go together, --help and
 * the manual page tell of them, and shells complete them. */
#ifndef CLIENT_ASK_OPTIONS_H
#define CLIENT_ASK_OPTIONS_H

#include "lib/base/option_row.h"
#include <stdbool.h>
#include <stdint.h>

enum ask_option {
    OPT_MODEL,
    OPT_JUDGE,
    OPT_PICK,
    OPT_SYSTEM,
    OPT_PROMPT,
    OPT_VAR,
    OPT_EDITOR,
    OPT_ATTACH,
    OPT_MAX_BYTES,
    OPT_CONTEXT,
    OPT_SCHEMA,
    OPT_SCHEMA_RETRY,
    OPT_NO_PROJECT,
    OPT_CONTINUE,
    OPT_CONVERSATION,
    OPT_BRANCH,
    OPT_INTERRUPTED,
    OPT_REFRESH,
    OPT_CACHE,
    OPT_NO_STORE,
    OPT_DETACH,
    OPT_PLAIN,
    OPT_CODE,
    OPT_COPY,
    OPT_REASONING,
    OPT_JSON,
    OPT_JSON_STREAM,
    OPT_NO_STREAM,
    OPT_STATS,
    OPT_DRY_RUN,
    OPT_SHELL,
    OPT_EXPLAIN_LAST,
    OPT_EDIT,
    OPT_UNDO,
    OPT_SOCKET,
    OPT_HELP,
    OPT_VERSION,
    OPT_END
};

typedef uint64_t option_set;
#define OPTION(o) (UINT64_C(1) << (OPT_##o))

/* What options are about. Each topic has a help of its own, which fits on a screen. */
enum option_topic { TOPIC_QUESTION, TOPIC_CONVERSATION, TOPIC_OUTPUT, TOPIC_TASKS, TOPIC_GENERAL, TOPICS };

struct ask_option_row {
    struct option_row row;
    enum option_topic topic;
    bool daily;          /* the short help has it too */
    bool one_model;      /* of no use for several models, which are compared */
    bool several_models; /* of use for several only */
    bool alone;          /* there are no words of a prompt with it */
    option_set excludes; /* one direction is enough; itself means nothing */
    option_set needs;    /* all of these */
};

extern const struct ask_option_row ask_option_rows[OPT_END];

struct topic_row {
    const char *word;  /* --help=WORD */
    const char *title; /* "What is asked" */
};
extern const struct topic_row ask_topics[TOPICS];

#endif
