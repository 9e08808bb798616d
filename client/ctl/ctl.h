/* askctl: what its verbs share. A verb is a row of the table in verbs.c and one function in a file of its own; one that
 * has verbs of its own is a table there. */
#ifndef CLIENT_CTL_CTL_H
#define CLIENT_CTL_CTL_H

#include "client/common/exit.h"
#include "client/common/out.h"
#include "lib/ask/ask.h"
#include "lib/base/buf.h"
#include <msgpack.h>
#include <stdint.h>

/* The options; each has its row in options.c. A set of them: */
typedef uint64_t ctl_options;
#define CTL_LIMIT (UINT64_C(1) << 0)
#define CTL_PROVIDER (UINT64_C(1) << 1)
#define CTL_TAG (UINT64_C(1) << 2)
#define CTL_CAPABILITY (UINT64_C(1) << 3)
#define CTL_MAX_PRICE (UINT64_C(1) << 4)
#define CTL_MIN_CONTEXT (UINT64_C(1) << 5)
#define CTL_AVAILABLE (UINT64_C(1) << 6)
#define CTL_SECRET_SERVICE (UINT64_C(1) << 7)
#define CTL_STATE (UINT64_C(1) << 8)
#define CTL_FROM (UINT64_C(1) << 9)
#define CTL_NOTIFY (UINT64_C(1) << 10)
#define CTL_JSON (UINT64_C(1) << 11)
#define CTL_SOCKET (UINT64_C(1) << 12)
#define CTL_HELP (UINT64_C(1) << 13)
#define CTL_VERSION (UINT64_C(1) << 14)
#define CTL_KEY (UINT64_C(1) << 15)
#define CTL_MODEL (UINT64_C(1) << 16)
#define CTL_OLDER_THAN (UINT64_C(1) << 17)
#define CTL_YES (UINT64_C(1) << 18)
#define CTL_LIST (UINT64_C(1) << 19)
#define CTL_DIRECTORY (UINT64_C(1) << 20)
#define CTL_SINCE (UINT64_C(1) << 21)
#define CTL_PINNED (UINT64_C(1) << 22)
#define CTL_DELETED (UINT64_C(1) << 23)
#define CTL_PURGE (UINT64_C(1) << 24)
#define CTL_FORMAT (UINT64_C(1) << 25)
#define CTL_OUTPUT (UINT64_C(1) << 26)
#define CTL_ALL (UINT64_C(1) << 27)
#define CTL_BY (UINT64_C(1) << 28)
#define CTL_UNTIL (UINT64_C(1) << 29)
#define CTL_PLOT (UINT64_C(1) << 30)
#define CTL_CSV (UINT64_C(1) << 31)
#define CTL_WATCH (UINT64_C(1) << 32)
#define CTL_REPRICE (UINT64_C(1) << 33)
#define CTL_FOLLOW (UINT64_C(1) << 34)
#define CTL_ANSWER (UINT64_C(1) << 35)
#define CTL_LEVEL (UINT64_C(1) << 36)
#define CTL_VIM (UINT64_C(1) << 40)
#define CTL_NO_PAGER (UINT64_C(1) << 51)
#define CTL_START (UINT64_C(1) << 49)
#define CTL_OFFLINE (UINT64_C(1) << 50)
#define CTL_KEYS_FROM (UINT64_C(1) << 42)
#define CTL_DEFAULT_MODEL (UINT64_C(1) << 43)
#define CTL_UNITS (UINT64_C(1) << 44)
#define CTL_LINGER (UINT64_C(1) << 45)
#define CTL_QUESTION (UINT64_C(1) << 46)
#define CTL_HOST (UINT64_C(1) << 59)
#define CTL_COMMON (CTL_JSON | CTL_SOCKET | CTL_HELP | CTL_VERSION) /* every verb takes them */

/* A verb that takes --no-pager shows what is longer than the terminal through one; not what goes on by itself. */
#define CTL_PAGED CTL_NO_PAGER
#define CTL_ENDLESS (CTL_WATCH | CTL_FOLLOW)

#define CONV_FORMATS "json, markdown, chatgpt, llm" /* of files of conversations */

struct progress;

struct ctl {
    const char *program;
    struct ask_options options;
    ctl_options given; /* no other than the verb takes; a value below is there if its bit is set */
    bool json;
    uint32_t limit;
    const char *provider, *tag, *state;
    const char *answer, *level; /* an id; of the log */
    uint32_t from;              /* the sequence number of an event */
    unsigned capabilities;      /* a set of capability.h */
    double max_price;           /* of a million tokens */
    double min_context;         /* tokens */
    const char *key, *model;
    double older_than;   /* seconds */
    double since, until; /* moments, seconds since 1970 */
    const char *by;      /* words with commas between */
    const char *directory, *host;
    const char *format, *output;                      /* of conversations, or a line of status; a path */
    const char *keys_from, *default_model, *question; /* of setup; the first is env, - or a path */
    bool units, linger;                               /* likewise: yes */
    int n_args;                                       /* within what the verb's row allows */
    char **args;
    struct out *out;
    struct progress *progress; /* drawn while calls wait; NULL: none */
};

/* What verbs are about; help tells of them in this order. */
enum ctl_theme {
    CTL_BEGIN,
    CTL_PROVIDERS,
    CTL_MODELS,
    CTL_ANSWERS,
    CTL_KEPT,
    CTL_SPENT,
    CTL_DAEMON,
    CTL_PROJECTS,
    CTL_PROGRAMS,
};

struct ctl_verb {
    const char *name, *args; /* as in "usage: askctl name args" */
    const char *summary;
    int min_args, max_args;
    int (*run)(struct ctl *c);    /* returns the exit status */
    ctl_options takes;            /* besides the common ones */
    const struct ctl_verb *verbs; /* instead of run: one of these follows; the last one has no name */
    const char *usual;            /* which of them is meant where none is named; NULL: one has to be */
    enum ctl_theme theme;         /* of those in verbs.c */
};

enum { CTL_SETUP_MAX = 128 }; /* providers */
enum { CTL_WAIT_MAX = 512 };  /* answers; each is a request in flight, of which the daemon takes 1024 */

int cmd_aliases(struct ctl *c);
int cmd_answers(struct ctl *c);
int cmd_attach(struct ctl *c);
int cmd_bridge(struct ctl *c);
int cmd_budget(struct ctl *c);
int cmd_call(struct ctl *c);
int cmd_cancel(struct ctl *c);
int cmd_doctor(struct ctl *c);
int cmd_log(struct ctl *c);
int cmd_metrics(struct ctl *c);
int cmd_setup(struct ctl *c);
int cmd_status(struct ctl *c);
int cmd_trust(struct ctl *c);
int cmd_untrust(struct ctl *c);
int cmd_usage(struct ctl *c);
int cmd_wait(struct ctl *c);
extern const struct ctl_verb cmd_cache_verbs[], cmd_conv_verbs[], cmd_keys_verbs[], cmd_models_verbs[],
    cmd_prompts_verbs[], cmd_providers_verbs[];

/* Connects; NULL with *status filled and the reason told. */
struct ask *ctl_open(struct ctl *c, int *status);
/* The same with a daemon that runs already. Where none does, NULL with EXIT_OK, and nothing is told. */
struct ask *ctl_open_running(struct ctl *c, int *status);

/* Calls a method, and draws c->progress meanwhile; the result is in *reply. Tells and returns what went wrong, else
 * EXIT_OK. params may be NULL. */
int ctl_call(struct ctl *c, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply);

/* The same for a verb that is done with that: the reply is printed with --json only. */
int ctl_call_once(struct ctl *c, struct ask *a, const char *method, const struct buf *params);

/* All that most verbs are: connects, calls, and has the result shown. show may change it, and returns the exit status.
 */
int ctl_ask(struct ctl *c, const char *method, const struct buf *params,
            int (*show)(struct ctl *c, msgpack_object *result));

/* The same for what may take long: meanwhile somebody at a terminal is told what goes on ("reading lists of models").
 */
int ctl_ask_long(struct ctl *c, const char *method, const struct buf *params, const char *what,
                 int (*show)(struct ctl *c, msgpack_object *result));

/* The same with a map of strings as params: those that are NULL are left out. what: as above, NULL for what is quick.
 */
struct ctl_param {
    const char *name, *value;
};
int ctl_ask_with(struct ctl *c, const char *method, const struct ctl_param *params, size_t n, const char *what,
                 int (*show)(struct ctl *c, msgpack_object *result));

int ctl_print_json(struct ctl *c, const msgpack_object *value); /* one line, flushed */
/* A line or a piece of one, at most 1023 bytes: what is longer is cut. Made harmless as out_text does. */
void ctl_printf(struct ctl *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int ctl_flush(struct ctl *c);

enum { CTL_ANSWER_SIZE = 64 }; /* an answer's id, with its NUL */

/* The answer that the verb's first argument names; without one the newest in that state, NULL for any. Tells and
 * returns what went wrong, else EXIT_OK. */
int ctl_choose_answer(struct ctl *c, struct ask *a, const char *state, char id[CTL_ANSWER_SIZE]);

/* Appends {"answer": id}. */
void ctl_put_answer(struct buf *b, const char *id);

#endif
