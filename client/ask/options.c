#include "client/ask/options.h"
#include <string.h>

/* Each is done with a question in its own way, with a prompt of its own. */
#define TASKS (OPTION(SHELL) | OPTION(EXPLAIN_LAST) | OPTION(EDIT) | OPTION(UNDO) | OPTION(INTERRUPTED))
/* What goes with none of them. */
#define NO_TASK                                                                                                        \
    (TASKS | OPTION(DETACH) | OPTION(DRY_RUN) | OPTION(PROMPT) | OPTION(SCHEMA) | OPTION(EDITOR) | OPTION(CODE) |      \
     OPTION(JSON_STREAM))

const struct ask_option_row ask_option_rows[OPT_END] = {
    /* -- what is asked -- */
    [OPT_MODEL] = {.row = {'m', "model", "MODEL",
                           "the model, as askctl models lists it, or an alias; A,B,C compares several"},
                   .daily = true},
    [OPT_JUDGE] = {.row = {0, "judge", "MODEL", "of several answers: have that model rank them"},
                   .several_models = true},
    [OPT_PICK] = {.row = {0, "pick", NULL, "of several answers: choose the one to go on with"},
                  .several_models = true,
                  .excludes = OPTION(NO_STORE) | OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_SYSTEM] = {.row = {'s', "system", "TEXT", "instructions that go before the prompt"}, .daily = true},
    [OPT_PROMPT] = {.row = {'p', "prompt", "NAME", "a prompt of the library, as askctl prompts lists them"},
                    .daily = true},
    [OPT_VAR] = {.row = {'v', "var", "NAME=VALUE", "a value for its variable of that name"}, .needs = OPTION(PROMPT)},
    [OPT_EDITOR] = {.row = {'e', "editor", NULL, "write the prompt in $VISUAL or $EDITOR"}, .daily = true},
    [OPT_ATTACH] = {.row = {'a', "attach", "WHAT", "a file, a URL, - for stdin, or a folder's git files"},
                    .daily = true},
    [OPT_MAX_BYTES] = {.row = {0, "max-bytes", "SIZE", "bound on the files of folders, as 500k (default: 1M)"}},
    [OPT_CONTEXT] = {.row = {'x', "context", "NAME", "what that set of files and commands brings, read anew"}},
    [OPT_SCHEMA] = {.row = {0, "schema", "SCHEMA", "want JSON: a schema, its file, or 'name:str, age:int'"},
                    .daily = true,
                    .one_model = true,
                    .excludes = OPTION(CODE)},
    [OPT_SCHEMA_RETRY] = {.row = {0, "schema-retry", NULL, "ask once more where the answer does not fit the schema"},
                          .needs = OPTION(SCHEMA)},
    [OPT_NO_PROJECT] = {.row = {0, "no-project", NULL, "leave the project file (.askd) here alone"}},

    /* -- where it goes on -- */
    [OPT_CONTINUE] = {.row = {'c', "continue", NULL, "go on with the last conversation here"},
                      .topic = TOPIC_CONVERSATION,
                      .daily = true,
                      .excludes = OPTION(NO_STORE)},
    [OPT_CONVERSATION] = {.row = {0, "conversation", "ID", "go on with that one (askctl conv list shows them)"},
                          .topic = TOPIC_CONVERSATION,
                          .excludes = OPTION(CONTINUE) | OPTION(NO_STORE)},
    [OPT_BRANCH] = {.row = {'b', "branch", "MESSAGE", "go on from that message (askctl conv show has ids)"},
                    .topic = TOPIC_CONVERSATION,
                    .excludes = OPTION(NO_STORE)},
    /* What was said is shown at once, and can be followed only. */
    [OPT_INTERRUPTED] = {.row = {0, "continue-interrupted", NULL, "have an answer finished that was cut off"},
                         .topic = TOPIC_CONVERSATION,
                         .one_model = true,
                         .alone = true,
                         .excludes = (NO_TASK & ~OPTION(JSON_STREAM)) | OPTION(CONTINUE) | OPTION(NO_STORE) |
                                     OPTION(NO_STREAM) | OPTION(ATTACH) | OPTION(BRANCH) | OPTION(CONTEXT)},
    [OPT_REFRESH] = {.row = {'r', "refresh", NULL, "ask anew, even where the answer is known"},
                     .topic = TOPIC_CONVERSATION,
                     .daily = true},
    [OPT_CACHE] = {.row = {0, "cache", "HOW", "use (default), refresh (as -r), only (ask nobody), off"},
                   .topic = TOPIC_CONVERSATION},
    [OPT_NO_STORE] = {.row = {0, "no-store", NULL, "keep neither question nor answer"}, .topic = TOPIC_CONVERSATION},
    [OPT_DETACH] = {.row = {0, "detach", NULL, "print the answer's id at once; the daemon has the rest"},
                    .topic = TOPIC_CONVERSATION,
                    .one_model = true,
                    .excludes = OPTION(DRY_RUN) | OPTION(STATS) | OPTION(CODE) | OPTION(COPY) | OPTION(JSON_STREAM) |
                                OPTION(SCHEMA_RETRY)},

    /* -- how it is shown -- */
    [OPT_PLAIN] = {.row = {0, "plain", NULL, "bare text on a terminal too, as in a pipe"},
                   .topic = TOPIC_OUTPUT,
                   .excludes = OPTION(CODE) | OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_CODE] = {.row = {0, "code", NULL, "its code blocks alone"},
                  .topic = TOPIC_OUTPUT,
                  .daily = true,
                  .one_model = true,
                  .excludes = OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_COPY] = {.row = {0, "copy", NULL, "and to the clipboard, through the terminal"},
                  .topic = TOPIC_OUTPUT,
                  .one_model = true,
                  .excludes = OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_REASONING] = {.row = {0, "reasoning", "HOW", "show, hide or only (default: show on a terminal)"},
                       .topic = TOPIC_OUTPUT,
                       .excludes = OPTION(SHELL) | OPTION(EDIT) | OPTION(CODE) | OPTION(JSON) | OPTION(JSON_STREAM) |
                                   OPTION(DETACH)},
    [OPT_JSON] = {.row = {0, "json", NULL, "print all that is known of the answer, as one JSON line"},
                  .topic = TOPIC_OUTPUT,
                  .daily = true,
                  .excludes = OPTION(JSON_STREAM)},
    [OPT_JSON_STREAM] = {.row = {0, "json-stream", NULL, "its events, each a JSON line, as they come"},
                         .topic = TOPIC_OUTPUT},
    [OPT_NO_STREAM] = {.row = {0, "no-stream", NULL, "print the answer when it is complete"},
                       .topic = TOPIC_OUTPUT,
                       .excludes = OPTION(JSON_STREAM)},
    [OPT_STATS] = {.row = {0, "stats", NULL, "then print model, tokens, cost, times to standard error"},
                   .topic = TOPIC_OUTPUT,
                   .daily = true},
    [OPT_DRY_RUN] = {.row = {0, "dry-run", NULL, "ask nobody: print model, tokens, cost, budgets"},
                     .topic = TOPIC_OUTPUT,
                     .daily = true,
                     .one_model = true,
                     .excludes = OPTION(STATS) | OPTION(COPY) | OPTION(CODE) | OPTION(JSON_STREAM)},

    /* -- what is done with it -- */
    [OPT_SHELL] = {.row = {0, "shell", NULL, "propose a command that does it; run it after a yes"},
                   .topic = TOPIC_TASKS,
                   .daily = true,
                   .one_model = true,
                   .excludes = NO_TASK | OPTION(COPY)},
    [OPT_EXPLAIN_LAST] = {.row = {0, "explain-last", NULL, "explain the last command here, and what it printed"},
                          .topic = TOPIC_TASKS,
                          .one_model = true,
                          .excludes = NO_TASK},
    [OPT_EDIT] = {.row = {0, "edit", NULL, "change the files that are named first, after a yes"},
                  .topic = TOPIC_TASKS,
                  .daily = true,
                  .one_model = true,
                  .excludes = NO_TASK | OPTION(JSON) | OPTION(COPY)},
    [OPT_UNDO] = {.row = {0, "undo", NULL, "take the last such change back"},
                  .topic = TOPIC_TASKS,
                  .alone = true,
                  .excludes = ~(OPTION(PLAIN) | OPTION(NO_PROJECT) | OPTION(SOCKET))}, /* nobody is asked */

    /* -- the program -- */
    [OPT_SOCKET] = {.row = {0, "socket", "PATH", "the daemon's socket (default: $ASKD_SOCKET, then yours)"},
                    .topic = TOPIC_GENERAL},
    [OPT_HELP] = {.row = {'h', "help", "[TOPIC]", "print this help, or that of a topic"},
                  .topic = TOPIC_GENERAL,
                  .daily = true},
    [OPT_VERSION] = {.row = {'V', "version", NULL, "print the version"}, .topic = TOPIC_GENERAL},
};

const struct topic_row ask_topics[TOPICS] = {
    [TOPIC_QUESTION] = {"question", "What is asked"},    [TOPIC_CONVERSATION] = {"conversation", "Where it goes on"},
    [TOPIC_OUTPUT] = {"output", "How it is shown"},      [TOPIC_TASKS] = {"tasks", "What is done with it"},
    [TOPIC_GENERAL] = {"general", "The program itself"},
};

/* -- help -- */

static const char synopsis[] = "Usage: ask [OPTION]... PROMPT...              asks a language model through askd\n"
                               "       COMMAND | ask [OPTION]... [PROMPT...]  piped text follows the prompt\n"
                               "       ask                                    a session, on a terminal\n";

static void print_daily(struct out *o)
{
    (void)out_puts(o, synopsis);
    (void)out_puts(o, "\n");
    for (size_t i = 0; i < OPT_END; i++)
        if (ask_option_rows[i].daily)
            option_print(o, &ask_option_rows[i].row);
    (void)out_puts(o, "\nMore: --help=");
    for (size_t t = 0; t < TOPICS; t++) {
        (void)out_puts(o, ask_topics[t].word);
        (void)out_puts(o, ", ");
    }
    (void)out_puts(o, "all; man ask\n");
}

static void print_topic(struct out *o, enum option_topic topic)
{
    (void)out_puts(o, ask_topics[topic].title);
    (void)out_puts(o, "\n");
    for (size_t i = 0; i < OPT_END; i++)
        if (ask_option_rows[i].topic == topic)
            option_print(o, &ask_option_rows[i].row);
}

static void print_all(struct out *o)
{
    (void)out_puts(o, synopsis);
    for (size_t t = 0; t < TOPICS; t++) {
        (void)out_puts(o, "\n");
        print_topic(o, (enum option_topic)t);
    }
}

bool options_help(struct out *o, const char *topic)
{
    size_t t = 0;
    while (topic != NULL && t < TOPICS && strcmp(ask_topics[t].word, topic) != 0)
        t++;
    if (topic == NULL)
        print_daily(o);
    else if (t < TOPICS)
        print_topic(o, (enum option_topic)t);
    else if (strcmp(topic, "all") == 0)
        print_all(o);
    else
        return false;
    return true;
}
