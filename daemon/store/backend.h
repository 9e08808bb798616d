/* A backend: the functions that a database has to fill in. All of them run on a thread of the store's, never on the
 * loop; one handle is used by one thread. tests/unit/store/test_backends.c holds every backend to the same behaviour.
 *
 * Transactions are the store's: it groups writes, at most a slice of time, between begin and commit; reads run outside
 * of them. A job that fails by its own fault (any code but ERR_UNAVAILABLE) has changed nothing. ERR_UNAVAILABLE (a
 * full disk, a fault of the medium) spoils the transaction: the store rolls back and runs each of its jobs again in one
 * of its own, as it does after a failed commit. So run must bear being called again with the same job, whose outcome
 * the store has reset.
 *
 * A write that goes on in slices has each of them committed, in a transaction of its own, and a slice that was rolled
 * back may be run again: where it stands has to follow from what is in the database. Only a first slice comes again
 * (job->more is false then), so a write that bears to be begun anew may keep its place in the job, as a read may; a
 * read is run until it says STORE_STEP_DONE, whatever happens. */
#ifndef ASKD_STORE_BACKEND_H
#define ASKD_STORE_BACKEND_H

#include "daemon/store/job.h"

struct store_db;

/* The events of an answer that was running when its daemon died, told again as its message. */
struct store_recovery {
    void (*reply)(const char *provider, const char *model, const struct store_run *runs, size_t n,
                  struct store_reply *ret);
    /* Its row of the ledger, which ran and is interrupted now: what it came to. reply: what was shown of it, NULL for
     * an arm, and where nothing is known of that. NULL: what was reserved for it stands. */
    void (*settle)(struct ledger_row *row, const struct store_reply *reply);
    struct store_bytes error; /* packed error map of an interrupted answer; borrowed */
};

enum store_locking { STORE_LOCKING_AUTO, STORE_LOCKING_SHARED, STORE_LOCKING_EXCLUSIVE };

struct store_place {
    const char *dir; /* the state folder, which exists and is ours */
    enum store_locking locking;
    int64_t max_bytes;   /* of the database, 0: as the disk allows */
    int64_t path_memory; /* bytes, of messages that were read lately */
    int64_t now_us;
    struct store_recovery recovery;
};

enum store_step {
    STORE_STEP_DONE, /* job->code says how */
    STORE_STEP_MORE, /* it took its slice of time and goes on at the next call; others may come between */
};

struct store_backend {
    const char *name;
    /* False: it keeps nothing, so nothing in it blocks. The store calls none of its functions but run, and that with
     * no handle, on the loop. */
    bool stores;
    bool indexes; /* what is written becomes findable by STORE_INDEX, which the store submits from time to time */
    /* The writer: makes or migrates the database, and ends what was left running as interrupted. A database of a newer
     * version, a damaged one: ERR_UNAVAILABLE, untouched. */
    enum error_code (*open)(const struct store_place *place, struct store_db **ret, struct error *err);
    /* A second handle for reading only. ERR_NOT_FOUND: this database admits one handle; reads go to the writer. */
    enum error_code (*open_reader)(const struct store_place *place, struct store_db **ret, struct error *err);
    struct store_db *(*close)(struct store_db *db); /* NULL is fine; always returns NULL */
    enum error_code (*begin)(struct store_db *db, struct error *err);
    enum error_code (*commit)(struct store_db *db, struct error *err);
    void (*rollback)(struct store_db *db);
    /* until_us: monotonic; a job that can take long looks at the clock and stops there. What it appends to job->out may
     * fail (max_result): the store then makes the outcome ERR_TOO_LARGE. What else it allocates for a result it holds
     * to job->out.max itself. */
    enum store_step (*run)(struct store_db *db, struct store_job *job, int64_t until_us);
    /* A write that was to go on is not run again, since no transaction could be had for it: whatever its slices have
     * left may be taken back. Outside of a transaction. NULL where that makes no difference. */
    void (*give_up)(struct store_db *db, const struct store_job *job);
};

extern const struct store_backend store_sqlite, store_null;

#endif
