/* askctl doctor: what its checks share.
 *
 * A check is a row of the table in cmd_doctor.c: its name, what has to be known before it, what the daemon is asked for
 * it, and a function that looks and tells what it found. A finding is a line, ok or not, with commands below it that
 * mend it and can be pasted into a shell. Checks change nothing. What they read of files, processes and the daemon is
 * foreign text: it is told by doctor_tell alone, which makes one harmless line of it.
 *
 * Nothing here waits without a bound: connecting and the daemon's replies have DOCTOR_REPLY_MS together, a program that
 * is run DOCTOR_RUN_MS, the providers DOCTOR_PROVIDERS_MS. */
#ifndef CLIENT_CTL_DOCTOR_H
#define CLIENT_CTL_DOCTOR_H

#include "client/ctl/ctl.h"
#include "client/ctl/shell_word.h"
#include "lib/ask/internal.h"
#include <sys/stat.h>

enum { DOCTOR_REPLY_MS = 2000, DOCTOR_RUN_MS = 5000, DOCTOR_PROVIDERS_MS = 8000, DOCTOR_TEXT = 900 };

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_FAULT, DOCTOR_LEVELS };

/* What the daemon is asked, all at once, and without a question of its own to a provider. */
enum doctor_question { DOCTOR_HELLO, DOCTOR_STATUS, DOCTOR_BUDGETS, DOCTOR_ESTIMATE, DOCTOR_QUESTIONS };
#define DOCTOR_ASKS(question) (1U << (question))

/* What a check has to know; where it is not known the check is passed over. */
#define DOCTOR_PLACED 1U  /* which socket it is */
#define DOCTOR_OWN 2U     /* and that the daemon there is, or would be, this user's own */
#define DOCTOR_ANSWERS 4U /* the daemon answers: its replies are there */
#define DOCTOR_DOWN 8U    /* nobody listens there */

struct doctor;

struct doctor_check {
    const char *name;
    unsigned needs; /* of the words above */
    unsigned asks;  /* a set of DOCTOR_ASKS; a reply may be missing, or a refusal, all the same */
    void (*run)(struct doctor *d);
};
extern const struct doctor_check doctor_checks[]; /* ended by a NULL name */

struct doctor_reply {
    uint32_t msgid;
    bool asked, there, refused;
    struct buf bytes; /* in which the strings of the value lie */
    msgpack_unpacked value;
};

struct doctor_report {
    enum doctor_level level; /* of the finding that was told last */
    const char *check;
    char text[DOCTOR_TEXT];
    struct buf mends; /* lines */
    bool open;        /* it is not printed yet, as a mend may follow */
    unsigned counts[DOCTOR_LEVELS];
    struct buf json; /* findings, for --json */
    uint32_t n_json;
};

struct doctor {
    struct ctl *c;
    struct doctor_report report;
    const struct doctor_check *check; /* that runs */
    unsigned knows;                   /* of the words above */

    struct place place;
    char folder[PATH_MAX], state[PATH_MAX], config[PATH_MAX]; /* the socket's; the user's, "" where there is no home */
    char program[PATH_MAX], installed[64]; /* the askd that a client would start, and its version; "" without one */

    unsigned key_files; /* of imported keys, good or not */

    struct ask *ask; /* NULL where nobody listens */
    bool closed;     /* by the daemon */
    pid_t pid;       /* of the daemon, 0 where it is not known */
    char version[64];
    bool autostarted;
    struct doctor_reply replies[DOCTOR_QUESTIONS];
};

/* -- what is found -- */

void doctor_tell(struct doctor *d, enum doctor_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A command for what was told last; there may be several. */
void doctor_mend(struct doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int doctor_report_end(struct doctor *d); /* prints what is left, and how many there are: the exit status */
void doctor_report_done(struct doctor *d);

/* -- how it is found -- */

/* Connects and asks all that the checks ask. What stands in the way is told; d->knows says what came of it. */
void doctor_connect(struct doctor *d, bool start);
void doctor_hang_up(struct doctor *d);
bool doctor_map(const struct doctor *d, enum doctor_question q, msgpack_object_map *map);
bool doctor_array(const struct doctor *d, enum doctor_question q, msgpack_object_array *array);
/* The error map of a refusal. */
bool doctor_refused(const struct doctor *d, enum doctor_question q, msgpack_object_map *error);
/* Asks more. The replies to those that were asked are waited for until `ms` have gone, and from the second second on
 * somebody at a terminal sees what for, and how many there are of which unit, unless it is NULL (progress.h). False
 * where some are missing. */
bool doctor_send(struct doctor *d, struct doctor_reply *r, const char *method, const struct buf *params);
bool doctor_await(struct doctor *d, struct doctor_reply *replies, size_t n, int ms, const char *what, const char *unit);
void doctor_reply_init(struct doctor_reply *r);
void doctor_reply_done(struct doctor_reply *r);

/* What a program prints, to either output, appended to out. How it exited; -1 where it could not be run, or took too
 * long. argv is ended by NULL. */
int doctor_run(const char *const argv[], struct buf *out);
/* Is there such a program on $PATH? */
bool doctor_has_program(const char *name);
/* The whole of a small file of /proc or the like, as text; false where it cannot be read. */
bool doctor_read(const char *path, char *text, size_t size);

/* Who holds the lock in a folder, by what the kernel tells; 0 for nobody. */
pid_t doctor_lock_holder(const char *folder);
bool doctor_is_askd(pid_t pid);

/* -- the checks -- */

void doctor_socket(struct doctor *d);
void doctor_runtime(struct doctor *d);
void doctor_folder(struct doctor *d);
void doctor_daemon(struct doctor *d);
void doctor_version(struct doctor *d);
void doctor_locks(struct doctor *d);
void doctor_strays(struct doctor *d);
void doctor_units(struct doctor *d);
void doctor_config(struct doctor *d);
void doctor_key_files(struct doctor *d);
void doctor_keys(struct doctor *d);
void doctor_keys_down(struct doctor *d);
void doctor_providers(struct doctor *d);
void doctor_question(struct doctor *d);
void doctor_budgets(struct doctor *d);
void doctor_models(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_store(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_parts(struct doctor *d);
void doctor_terminal(struct doctor *d);

#endif
