/* askctl: what its verbs share. A verb is a row of the table in main.c and one function in a file of its own; one that
 * has verbs of its own is a table there. */
#ifndef CLIENT_CTL_CTL_H
#define CLIENT_CTL_CTL_H

#include "client/common/exit.h"
#include "client/common/out.h"
#include "lib/ask/ask.h"
#include "lib/base/buf.h"
#include <msgpack.h>

/* The options; each has its row in options.c. */
enum ctl_option {
    CTL_LIMIT = 1 << 0,
    CTL_PROVIDER = 1 << 1,
    CTL_TAG = 1 << 2,
    CTL_CAPABILITY = 1 << 3,
    CTL_MAX_PRICE = 1 << 4,
    CTL_MIN_CONTEXT = 1 << 5,
    CTL_AVAILABLE = 1 << 6,
    CTL_SECRET_SERVICE = 1 << 7,
    CTL_STATE = 1 << 8,
    CTL_FROM = 1 << 9,
    CTL_NOTIFY = 1 << 10,
    CTL_JSON = 1 << 11,
    CTL_SOCKET = 1 << 12,
    CTL_HELP = 1 << 13,
    CTL_VERSION = 1 << 14,
    CTL_KEY = 1 << 15,
    CTL_MODEL = 1 << 16,
    CTL_OLDER_THAN = 1 << 17,
    CTL_YES = 1 << 18,
    CTL_LIST = 1 << 19,
    CTL_DIRECTORY = 1 << 20,
    CTL_SINCE = 1 << 21,
    CTL_PINNED = 1 << 22,
    CTL_DELETED = 1 << 23,
    CTL_PURGE = 1 << 24,
    CTL_FORMAT = 1 << 25,
    CTL_OUTPUT = 1 << 26,
    CTL_ALL = 1 << 27,
    CTL_COMMON = CTL_JSON | CTL_SOCKET | CTL_HELP | CTL_VERSION /* every verb takes them */
};

struct ctl {
    const char *program;
    struct ask_options options;
    unsigned given; /* of enum ctl_option, no other than the verb takes; a value below is there if its bit is set */
    bool json;
    uint32_t limit;
    const char *provider, *tag, *state;
    uint32_t from;         /* the sequence number of an event */
    unsigned capabilities; /* a set of capability.h */
    double max_price;      /* of a million tokens */
    double min_context;    /* tokens */
    const char *key, *model;
    double older_than, since; /* seconds */
    const char *directory;
    const char *format, *output; /* of conversations; a path */
    int n_args;                  /* within what the verb's row allows */
    char **args;
    struct out *out;
};

struct ctl_verb {
    const char *name, *args; /* as in "usage: askctl name args" */
    const char *summary;
    int min_args, max_args;
    int (*run)(struct ctl *c);    /* returns the exit status */
    unsigned takes;               /* of enum ctl_option, besides the common ones */
    const struct ctl_verb *verbs; /* instead of run: one of these follows; the last one has no name */
    const char *usual;            /* which of them is meant where none is named; NULL: one has to be */
};

enum { CTL_WAIT_MAX = 512 }; /* answers; each is a request in flight, of which the daemon takes 1024 */

int cmd_answers(struct ctl *c);
int cmd_attach(struct ctl *c);
int cmd_call(struct ctl *c);
int cmd_cancel(struct ctl *c);
int cmd_status(struct ctl *c);
int cmd_trust(struct ctl *c);
int cmd_untrust(struct ctl *c);
int cmd_wait(struct ctl *c);
extern const struct ctl_verb cmd_cache_verbs[], cmd_conv_verbs[], cmd_keys_verbs[], cmd_models_verbs[],
    cmd_prompts_verbs[];

/* Connects; NULL with *status filled and the reason told. */
struct ask *ctl_open(struct ctl *c, int *status);
/* The same with a daemon that runs already. Where none does, NULL with EXIT_OK, and nothing is told. */
struct ask *ctl_open_running(struct ctl *c, int *status);

/* Calls a method; the result is in *reply. Tells and returns what went wrong, else EXIT_OK. params may be NULL. */
int ctl_call(struct ctl *c, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply);

/* The same for a verb that is done with that: the reply is printed with --json only. */
int ctl_call_once(struct ctl *c, struct ask *a, const char *method, const struct buf *params);

/* All that most verbs are: connects, calls, and has the result shown. show may change it, and returns the exit status.
 */
int ctl_ask(struct ctl *c, const char *method, const struct buf *params,
            int (*show)(struct ctl *c, msgpack_object *result));

int ctl_print_json(struct ctl *c, const msgpack_object *value); /* one line, flushed */
/* A line or a piece of one, at most 1023 bytes: what is longer is cut. Made harmless as out_text does. */
void ctl_printf(struct ctl *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int ctl_flush(struct ctl *c);
/* Asks somebody who sits at a terminal, on stderr; "[y/N]" is put behind. True for a yes. */
bool ctl_confirm(const char *question);

enum { CTL_ANSWER_SIZE = 64 }; /* an answer's id, with its NUL */

/* The answer that the verb's first argument names; without one the newest in that state, NULL for any. Tells and
 * returns what went wrong, else EXIT_OK. */
int ctl_choose_answer(struct ctl *c, struct ask *a, const char *state, char id[CTL_ANSWER_SIZE]);

/* Appends {"answer": id}. */
void ctl_put_answer(struct buf *b, const char *id);

#endif
