/* What the files of libask share, and askctl doctor, which tells what they would do. Nothing here begins with ask_, so
 * nothing here is exported. */
#ifndef ASK_INTERNAL_H
#define ASK_INTERNAL_H

#include "lib/ask/ask.h"
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define MESSAGE_MAX ((size_t)64 << 20) /* the protocol's max_message */

enum {
    WAIT_SILENT_MS = 1000, /* longer waits are told of */
    REPLY_WAIT_MS = 10000  /* a daemon that does not reply to hello in this time hangs */
};
#define WAIT_FOR_OLDER "waiting for an older askd to end"

/* Who named the socket decides who may own it. */
enum place_kind {
    PLACE_USER,   /* the per-user socket: ourselves alone */
    PLACE_SYSTEM, /* the machine's: root or the user askd */
    PLACE_NAMED   /* given by option or environment: any of these */
};

struct place {
    enum place_kind kind;
    char path[PATH_MAX];
};

/* Fills *err (NULL is fine) and returns status. */
enum ask_status failure_set(struct ask_error *err, enum ask_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

int64_t time_ms(void);             /* monotonic */
bool system_daemon_is_there(void); /* as far as the file system tells */

enum ask_status failure_silent(struct ask_error *err); /* of a daemon that hangs */

/* locate.c */
/* By ssh -R, as far as one can tell: whose socket this is runs elsewhere. */
bool place_is_forwarded(const struct place *place);
enum ask_status locate_place(const struct ask_options *opt, struct place *place, struct ask_error *err);
/* May that user own a socket of that kind, and its folder? */
bool locate_trusts(enum place_kind kind, uid_t uid);
/* ASK_NO_DAEMON where nobody listens; on ASK_OK the caller owns *fd, and its peer has been checked. */
enum ask_status locate_connect(const struct place *place, int *fd, struct ask_error *err);

/* program.c: the daemon's program, out has room for PATH_MAX bytes; and the version that it says it has. */
enum ask_status program_find(const struct ask_options *opt, char *out, struct ask_error *err);
bool program_version(const char *program, char *out, size_t size);

/* start.c: starts a daemon for the user, or waits for the one that another client is starting, and connects to it. */
enum ask_status start_daemon(const struct ask_options *opt, const struct place *place, int *fd, struct ask_error *err);
bool start_is_allowed(const struct ask_options *opt);
/* The same in steps. While one client holds the lock, until start_free, no other starts a daemon. */
struct start;
struct start *start_new(const struct place *place, struct ask_error *err); /* NULL on failure */
bool start_lock(struct start *s);                                          /* true once it is ours; does not wait */
/* Tells the caller of ask_open, once, what it waits for; not before WAIT_SILENT_MS since start_new. */
void start_tell_wait(struct start *s, const struct ask_options *opt, const char *what);
enum ask_status start_connect(struct start *s, const struct ask_options *opt, const struct place *place, int *fd,
                              struct ask_error *err);
void start_free(struct start *s);

/* call.c */
struct ask *connection_new(int fd, struct ask_error *err); /* takes fd over, also where it fails */
/* As ask_call with a time limit, and for what libask itself has to say: the caller's numbering of requests does not
 * show it, and a response to another request stays to be received. That is *m of kind 0: the daemon refused the
 * connection, and says so to the first request. */
enum ask_status connection_call(struct ask *a, const char *method, const void *params, size_t len, int timeout,
                                struct ask_message *m, struct ask_error *err);

/* Sends it alone: nobody waits for the response. Once for a connection; what goes wrong, the next call tells. */
/* The response is due within REPLY_WAIT_MS. */
void connection_tell(struct ask *a, const char *method, const void *params, size_t len);

/* handover.c: tells the daemon who we are: budgets and the ledger go by it. */
void introduce(struct ask *a);
/* Has an older daemon that a client started give way to the one that would be started now. Takes `a` over;
 * the connection to go on with, to the same daemon where that stays, or NULL. */
struct ask *handover(struct ask *a, const struct ask_options *opt, const struct place *place, struct ask_error *err);

#endif
