/* The store: conversations, and the answers that must outlive this process. Jobs (job.h) go to a writer and a reader
 * thread and come back on the loop; a backend (backend.h) does them.
 *
 * A read sees every write that was submitted before it (of one that goes on in slices, at least the first), and waits
 * for nothing where no write is under way. STORE_PATH also sees none that is submitted after it: the writer reads it,
 * in its place among the writes and between two transactions. Writes are done in the order they came, several in one
 * transaction where they wait together; a write's `done` is called after its commit. A thread works at most `slice` on
 * one job before others have their turn. STORE_SEARCH is led by what it takes to find what was written before it
 * (indexer.h), which no other job waits for. The reader thread exists from the first other read on; where the database
 * admits one handle only, the writer reads.
 *
 * What cannot be stored (a full disk) fails its job with ERR_UNAVAILABLE and is tried again with the next: the store
 * logs the change once, in both directions, at most once a minute, and says its state. Where no transaction can be
 * begun (another program holds the database) all writes that wait fail at once. It never ends the daemon. A database
 * that cannot be opened is logged once and tried again every `retry`; until then every job fails with ERR_UNAVAILABLE
 * and the reason.
 */
#ifndef ASKD_STORE_STORE_H
#define ASKD_STORE_STORE_H

#include "daemon/core/config.h"
#include "daemon/store/backend.h"

struct store;

struct store_options {
    int64_t keep_ms;     /* of conversations; STORE_KEEP_FOREVER, STORE_KEEP_NONE */
    int64_t trash_ms;    /* of deleted ones */
    int64_t ledger_ms;   /* of the ledger's rows; STORE_KEEP_FOREVER */
    int locking;         /* enum store_locking */
    int64_t max_size;    /* bytes, 0: none */
    int64_t path_memory; /* bytes */
    int64_t max_waiting; /* jobs that were submitted and are not done; STORE_BEGIN, _RUNS, _END, _SPEND do not count */
    int64_t slice_ms;
    int64_t retry_ms;       /* until a database that could not be opened is tried again */
    int64_t max_result;     /* bytes of one result */
    int64_t last_within_ms; /* how old `"last"` may be */
    /* For whoever submits: */
    int64_t max_unstored;      /* bytes of ended answers that are kept to be stored later */
    int64_t commit_timeout_ms; /* an answer's end is told without its commit then */
};
#define STORE_KEEP_FOREVER (-1)
#define STORE_KEEP_NONE (-2)
extern const struct config_option store_option_rows[];

enum store_state {
    STORE_OPENING,
    STORE_OK,
    STORE_FAILING, /* the last write failed */
    STORE_OFF,     /* keep = none, or the database cannot be opened */
};

struct store_status {
    const char *backend, *state;    /* static; "opening", "ok", "failing", "off" */
    const char *error;              /* borrowed, NULL where there is none */
    uint64_t writes, failed, reads; /* done; failed: those of them, of both kinds, that came back ERR_UNAVAILABLE */
    size_t waiting;                 /* submitted and not done, of all kinds */
};

/* keep = none takes the null backend. dir is copied; recovery may be NULL for the null backend only. The database is
 * opened on the writer thread: nothing blocks here.
 */
struct store *store_new(uv_loop_t *loop, const char *dir, const struct store_options *opt,
                        const struct store_recovery *recovery);
/* All that was submitted is done first. From then on only the `done` of a job may submit. */
void store_close(struct store *s, void (*closed)(void *data), void *data);
/* keep between none and the rest, locking, max_size and path_memory take effect at the next start. */
void store_configure(struct store *s, const struct store_options *opt);
const struct store_options *store_opt(const struct store *s);

/* Anything at all is kept. While it is false, jobs still come back, with ERR_UNAVAILABLE, ERR_NOT_FOUND or an empty
 * result as it fits. */
bool store_stores(const struct store *s);
bool store_keeps(
    const struct store *s); /* the same, now or once it is mended: what may wait for that need not be lost */
void store_status(const struct store *s, struct store_status *ret);

/* Called on the loop for each write that has been committed, whoever submitted it, before the job's own done: so one
 * place sees all that changes. The job is borrowed. */
void store_on_written(struct store *s, void (*written)(void *data, const struct store_job *job), void *data);

/* Takes the job over and calls its done later, never before it returns. ERR_OVERLOADED (then done is not called and the
 * job is freed): max_waiting wait; never for STORE_BEGIN, STORE_RUNS, STORE_END, STORE_SPEND, which max_answers bounds.
 */
enum error_code store_submit(struct store *s, struct store_job *job, struct error *err);

#endif
