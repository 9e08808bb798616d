#include "client/ask/options.h"
#include <stddef.h>

/* Each is done with a question in its own way, with a prompt of its own. */
#define TASKS (OPTION(SHELL) | OPTION(EXPLAIN_LAST) | OPTION(EDIT) | OPTION(UNDO) | OPTION(INTERRUPTED))
/* What goes with none of them. */
#define NO_TASK                                                                                                        \
    (TASKS | OPTION(DETACH) | OPTION(DRY_RUN) | OPTION(PROMPT) | OPTION(SCHEMA) | OPTION(EDITOR) | OPTION(CODE) |      \
     OPTION(JSON_STREAM))

const struct ask_option_row ask_option_rows[OPT_END] = {
    /* -- what is asked -- */
    [OPT_MODEL] =
        {.row =
             {'m', "model", "MODEL", "the model, as askctl models lists it, or an alias; A,B,C compares several",
              "The model, as `askctl models` lists it, or an alias.\n\nOf several, up to 16 with commas between, each "
              "is asked at once, and their answers are shown beside each other, in columns of at least 38 cells, or "
              "one below the other where the terminal is narrower. In a pipe each stands whole below a line `== MODEL "
              "==`, in the order of the models, as soon as it and those before it have ended; what went wrong with one "
              "is told on standard error, with its model's name. With `--json` the answers are an array `answers` in "
              "that order; with `--json-stream` the `arm` of a `start` event says which model's answer follows under "
              "that id, from 0. The exit status is 0 where at least one answered, else that of the first."},
         .daily = true},
    [OPT_JUDGE] =
        {.row = {0, "judge", "MODEL", "of several answers: have that model rank them",
                 "Of several answers: have that model rank them, with a reason for each. It sees question and answers "
                 "without the models' names, in an order that is dealt each time, by the prompt `judge` of the "
                 "library; what is attached it is sent too. The ranking stands below a line `== Ranking by MODEL ==`, "
                 "in JSON in the field `judge`: its `model`, `ranking`, an array of maps with `arm`, `model` and "
                 "`reason`, or else `error`, and its own `answer`. What it costs is in the ledger, what it said in no "
                 "conversation. Where it fails the answers are there all the same, and the exit status is that of its "
                 "failure, 2 where what it said is no ranking."},
         .several_models = true},
    [OPT_PICK] = {.row = {0, "pick", NULL, "of several answers: choose the one to go on with",
                          "Of several answers: choose at the terminal the one that the conversation goes on from with "
                          "`-c`; without a choice that is the one which ended last."},
                  .several_models = true,
                  .excludes = OPTION(NO_STORE) | OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_SYSTEM] = {.row = {'s', "system", "TEXT", "instructions that go before the prompt",
                            "Instructions that go before the prompt."},
                    .daily = true},
    [OPT_PROMPT] =
        {.row =
             {'p', "prompt", "NAME", "a prompt of the library, as askctl prompts lists them",
              "Ask with a prompt of the library, as `askctl prompts` lists them. The words and what is piped in are "
              "its input then, and a prompt that needs none may go without. Its file may name a model, a temperature "
              "and how much to reason; options of `ask` go before these, and `-s` goes behind its instructions."},
         .daily = true},
    [OPT_VAR] = {.row = {'v', "var", "NAME=VALUE", "a value for its variable of that name",
                         "A value for the prompt's variable of that name; may be given up to 64 times. A variable that "
                         "has a default may be left out."},
                 .needs = OPTION(PROMPT)},
    [OPT_EDITOR] =
        {.row = {'e', "editor", NULL, "write the prompt in $VISUAL or $EDITOR",
                 "Write the prompt in `$VISUAL`, `$EDITOR` or the system's editor, which are run by sh(1). It begins "
                 "with the words and what was piped in. Nothing is asked where it is left empty or the editor ends "
                 "with another status than 0. It is written in a file of the user's alone, below `drafts` in the state "
                 "folder, which is removed once the answer is there; a line tells where it is kept else."},
         .daily = true},
    [OPT_ATTACH] =
        {.row = {'a', "attach", "WHAT", "a file, a URL, - for stdin, or a folder's git files",
                 "Attach something to the question; may be given up to 64 times. It is a file, of at most 32 MiB; an "
                 "`http` or `https` address; `-` for standard input, which is not part of the prompt then; or a "
                 "folder. What it is, the daemon finds out: text goes to the model as text with its name, pictures, "
                 "sound and PDF go to models that take them. Of a folder the files are taken that git lists there, "
                 "tracked or new and not ignored; files that are no text, empty ones, symbolic links and submodules "
                 "are left out, and a line on standard error says how many."},
         .daily = true},
    [OPT_MAX_BYTES] =
        {.row = {0, "max-bytes", "SIZE", "bound on the files of folders, as 500k (default: 1M)",
                 "How many bytes the files of such folders may have together, with `k` or `M` behind it in KiB or MiB; "
                 "1M is the default. Over it nothing is sent, and the largest files are named."}},
    [OPT_CONTEXT] = {.row = {'x', "context", "NAME", "what that set of files and commands brings, read anew",
                             "Send what that set of files and commands brings; may be given up to 16 times. **SETS OF "
                             "CONTEXT** says how one is written."}},
    [OPT_SCHEMA] =
        {.row = {0, "schema", "SCHEMA", "want JSON: a schema, its file, or 'name:str, age:int'",
                 "The answer is JSON by that schema, which is JSON if it begins with `{`, else a file that holds it, "
                 "else the short form of **SCHEMAS**. It is printed once the daemon has seen whether it fits; where it "
                 "does not, a line on standard error says where and why, and the exit status is 2."},
         .daily = true,
         .one_model = true,
         .excludes = OPTION(CODE)},
    [OPT_SCHEMA_RETRY] = {.row = {0, "schema-retry", NULL, "ask once more where the answer does not fit the schema",
                                  "Ask once more where the answer does not fit, and tell the model why: in the same "
                                  "conversation, where there is one. The second answer is printed in place of the "
                                  "first. It does nothing for a prompt of the library with `--no-store`."},
                          .needs = OPTION(SCHEMA)},
    [OPT_NO_PROJECT] = {.row = {0, "no-project", NULL, "leave the project file (.askd) here alone",
                                "Leave the project file alone."}},

    /* -- where it goes on -- */
    [OPT_CONTINUE] = {.row = {'c', "continue", NULL, "go on with the last conversation here",
                              "Go on with the last conversation of this terminal and folder, or else of this folder."},
                      .topic = TOPIC_CONVERSATION,
                      .daily = true,
                      .excludes = OPTION(NO_STORE)},
    [OPT_CONVERSATION] = {.row = {0, "conversation", "ID", "go on with that one (askctl conv list shows them)",
                                  "Go on with that one."},
                          .topic = TOPIC_CONVERSATION,
                          .excludes = OPTION(CONTINUE) | OPTION(NO_STORE)},
    [OPT_BRANCH] = {.row = {'b', "branch", "MESSAGE", "go on from that message (askctl conv show has ids)",
                            "Go on from that message, beside what followed it, in the conversation that it is in; its "
                            "id is shown by `askctl conv show` and by `--stats`."},
                    .topic = TOPIC_CONVERSATION,
                    .excludes = OPTION(NO_STORE)},
    /* What was said is shown at once, and can be followed only. */
    [OPT_INTERRUPTED] =
        {.row = {0, "continue-interrupted", NULL, "have an answer finished that was cut off",
                 "Have an answer finished that a crash or a stop of the daemon cut off. What it said is printed, then "
                 "its model, or that of `-m`, is asked in its conversation to go on exactly where it stopped; what "
                 "follows is printed right behind. Of the interrupted answers that are kept the newest is taken that "
                 "said something and is the last word of its conversation, with `--conversation` the newest of that "
                 "one. No prompt is taken, and none is read from standard input."},
         .topic = TOPIC_CONVERSATION,
         .one_model = true,
         .alone = true,
         .excludes = (NO_TASK & ~OPTION(JSON_STREAM)) | OPTION(CONTINUE) | OPTION(NO_STORE) | OPTION(NO_STREAM) |
                     OPTION(ATTACH) | OPTION(BRANCH) | OPTION(CONTEXT)},
    [OPT_REFRESH] =
        {.row =
             {'r', "refresh", NULL, "ask anew, even where the answer is known",
              "Ask anew, even where the answer is known. The new answer takes the place of the old one in the cache."},
         .topic = TOPIC_CONVERSATION,
         .daily = true},
    [OPT_CACHE] =
        {.row = {0, "cache", "HOW", "use (default), refresh (as -r), only (ask nobody), off",
                 "`use` the cache, which is the default; `refresh`, as with `-r`; `only`, which asks nobody, and fails "
                 "without a cached answer; `off`, which neither looks there nor keeps anything there."},
         .topic = TOPIC_CONVERSATION},
    [OPT_NO_STORE] = {.row = {0, "no-store", NULL, "keep neither question nor answer",
                              "Keep neither question nor answer."},
                      .topic = TOPIC_CONVERSATION},
    [OPT_DETACH] = {.row = {0, "detach", NULL, "print the answer's id at once; the daemon has the rest",
                            "Print the answer's id, alone, as soon as the daemon has the question, and end. The answer "
                            "runs on; askctl(1) reads it, waits for it and cancels it."},
                    .topic = TOPIC_CONVERSATION,
                    .one_model = true,
                    .excludes = OPTION(DRY_RUN) | OPTION(STATS) | OPTION(CODE) | OPTION(COPY) | OPTION(JSON_STREAM) |
                                OPTION(SCHEMA_RETRY)},

    /* -- how it is shown -- */
    [OPT_PLAIN] = {.row = {0, "plain", NULL, "bare text on a terminal too, as in a pipe",
                           "Print the bare text on a terminal too, as to a pipe."},
                   .topic = TOPIC_OUTPUT,
                   .excludes = OPTION(CODE) | OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_CODE] = {.row = {0, "code", NULL, "its code blocks alone",
                          "Print the answer's code blocks and nothing else: what stands between fences, as it comes, "
                          "with an empty line between two blocks. To a pipe it goes byte by byte as it is; on a "
                          "terminal controls are shown. Where the answer has none, nothing is printed, the exit status "
                          "is 2, and a line on standard error tells how to see the answer."},
                  .topic = TOPIC_OUTPUT,
                  .daily = true,
                  .one_model = true,
                  .excludes = OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_COPY] =
        {.row =
             {0, "copy", NULL, "and to the clipboard, through the terminal",
              "Put the answer's text into the clipboard too, once it is complete. The terminal is asked to do it (OSC "
              "52), so it works over ssh(1) and where the answer goes to a pipe; in tmux(1), with `set-clipboard "
              "on`. It holds 56,244 bytes; of a longer answer nothing is copied, which is told."},
         .topic = TOPIC_OUTPUT,
         .one_model = true,
         .excludes = OPTION(JSON) | OPTION(JSON_STREAM)},
    [OPT_REASONING] = {.row = {0, "reasoning", "HOW", "show, hide or only (default: show on a terminal)",
                               "`show` what the model reasoned before its answer, `hide` it, or show `only` it. On a "
                               "terminal it is shown, dimmed, where nothing is said, else hidden. JSON always holds "
                               "it, and code, commands and diffs are shown without."},
                       .topic = TOPIC_OUTPUT,
                       .excludes = OPTION(SHELL) | OPTION(EDIT) | OPTION(CODE) | OPTION(JSON) | OPTION(JSON_STREAM) |
                                   OPTION(DETACH)},
    [OPT_JSON] = {.row = {0, "json", NULL, "print all that is known of the answer, as one JSON line",
                          "Print all that is known of the answer, as one line of JSON."},
                  .topic = TOPIC_OUTPUT,
                  .daily = true,
                  .excludes = OPTION(JSON_STREAM)},
    [OPT_JSON_STREAM] =
        {.row =
             {0, "json-stream", NULL, "its events, each a JSON line, as they come",
              "Print each event as it comes, as one line of JSON: `{\"answer\": id, \"seq\": n, \"event\": {...}}`."},
         .topic = TOPIC_OUTPUT},
    [OPT_NO_STREAM] = {.row = {0, "no-stream", NULL, "print the answer when it is complete",
                               "Print the answer when it is complete."},
                       .topic = TOPIC_OUTPUT,
                       .excludes = OPTION(JSON_STREAM)},
    [OPT_STATS] = {.row = {0, "stats", NULL, "then print model, tokens, cost, times to standard error",
                           "Then print one line to standard error: model, provider, tokens, cost, premium requests, "
                           "the time to the first token and to the end, tokens a second, and whether the answer is "
                           "fresh, was cached or is shared with somebody who asked the same at the same time. Of these "
                           "two, `saved` is what it would have cost. What is not known is not there."},
                   .topic = TOPIC_OUTPUT,
                   .daily = true},
    [OPT_DRY_RUN] =
        {.row = {0, "dry-run", NULL, "ask nobody: print model, tokens, cost, budgets",
                 "Ask nobody, and print what the question would come to: model and provider, about how many tokens go "
                 "in, how many may come out, the cost of the input alone and with all that output, whether the cache "
                 "has the answer, and which budgets it would count in, with what is left of them and whether they "
                 "would refuse it now. With `--json`, the map of `answer.estimate`."},
         .topic = TOPIC_OUTPUT,
         .daily = true,
         .one_model = true,
         .excludes = OPTION(STATS) | OPTION(COPY) | OPTION(CODE) | OPTION(JSON_STREAM)},

    /* -- what is done with it -- */
    [OPT_SHELL] = {.row = {0, "shell", NULL, "propose a command that does it; run it after a yes",
                           "Propose a command that does what the prompt says, for the shell of `$SHELL`, explain it, "
                           "and run it after a yes; see **SHELL**."},
                   .topic = TOPIC_TASKS,
                   .daily = true,
                   .one_model = true,
                   .excludes = NO_TASK | OPTION(COPY)},
    [OPT_EXPLAIN_LAST] = {.row = {0, "explain-last", NULL, "explain the last command here, and what it printed",
                                  "Explain the command that ran last in this terminal, and what it printed; the "
                                  "prompt, if there is one, is a question about it. See **SHELL**."},
                          .topic = TOPIC_TASKS,
                          .one_model = true,
                          .excludes = NO_TASK},
    [OPT_EDIT] = {.row = {0, "edit", NULL, "change the files that are named first, after a yes",
                          "Change files as the prompt says, after a yes; see **EDITING FILES**."},
                  .topic = TOPIC_TASKS,
                  .daily = true,
                  .one_model = true,
                  .excludes = NO_TASK | OPTION(JSON) | OPTION(COPY)},
    [OPT_UNDO] = {.row = {0, "undo", NULL, "take the last such change back", "Take the last such change back."},
                  .topic = TOPIC_TASKS,
                  .alone = true,
                  .excludes = ~(OPTION(PLAIN) | OPTION(NO_PROJECT) | OPTION(SOCKET))}, /* nobody is asked */

    /* -- the program -- */
    [OPT_SOCKET] = {.row = {0, "socket", "PATH", "the daemon's socket (default: $ASKD_SOCKET, then yours)",
                            "The daemon's socket."},
                    .topic = TOPIC_GENERAL},
    [OPT_HELP] = {.row = {'h', "help", "[TOPIC]", "print this help, or that of a topic",
                          "Print the options that one needs daily, those of a topic, which are `question`, "
                          "`conversation`, `output`, `tasks` and `general`, or `all`."},
                  .topic = TOPIC_GENERAL,
                  .daily = true},
    [OPT_VERSION] = {.row = {'V', "version", NULL, "print the version", "Print the version."}, .topic = TOPIC_GENERAL},
};

const struct topic_row ask_topics[TOPICS] = {
    [TOPIC_QUESTION] = {"question", "What is asked"},    [TOPIC_CONVERSATION] = {"conversation", "Where it goes on"},
    [TOPIC_OUTPUT] = {"output", "How it is shown"},      [TOPIC_TASKS] = {"tasks", "What is done with it"},
    [TOPIC_GENERAL] = {"general", "The program itself"},
};
