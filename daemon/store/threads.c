/* The writer and the reader thread: which jobs share a transaction, and what becomes of them when it fails. */
#include "daemon/store/store_internal.h"
#include "lib/base/clock.h"

struct writer {
    struct store_shared *store;
    struct worker *worker;
    struct store_db *db;       /* NULL: it cannot be opened */
    struct worker_items taken; /* from the mailbox, and not done: what comes before that which is in it */
};

void store_job_fail(struct store_job *job, const struct error *why)
{
    job->error = *why;
    job->error.code = job->code = ERR_UNAVAILABLE;
    job->more = false;
}

/* It is not run again. */
static void fail_write(struct writer *t, struct store_job *job, const struct error *why)
{
    store_job_fail(job, why);
    if (t->store->backend->give_up)
        t->store->backend->give_up(t->db, job);
}

static void reset_outcome(struct store_job *job)
{
    job->code = ERR_NONE;
    job->error = (struct error)ERROR_INIT;
    buf_clear(&job->out);
    job->n_out = 0;
    job->more = false;
}

static int64_t slice_end(struct store_shared *s)
{
    return clock_mono_us() + atomic_load(&s->slice_us);
}

static void give_or_requeue(struct worker *w, struct store_job *job)
{
    if (job->more)
        worker_requeue(w, &job->item);
    else
        worker_give(w, &job->item);
}

/* -- reads, on either thread -- */

static void read_slice(struct store_shared *s, struct worker *w, struct store_db *db, struct store_job *job)
{
    job->more = s->backend->run(db, job, slice_end(s)) == STORE_STEP_MORE;
    if (!job->more && job->code == ERR_NONE && job->out.failed)
        store_job_too_large(job);
    give_or_requeue(w, job);
}

void store_reader_run(struct store_shared *s, struct worker *w)
{
    struct store_db *db = NULL;
    struct worker_item *item;

    while ((item = worker_take(w, true))) {
        struct store_job *job = (struct store_job *)item;
        struct error err = ERROR_INIT;
        enum error_code code = db ? ERR_NONE : s->backend->open_reader(&s->place, &db, &err);
        if (code == ERR_NONE) {
            read_slice(s, w, db, job);
            continue;
        }
        job->pass = code == ERR_NOT_FOUND;
        if (!job->pass)
            store_job_fail(job, &err);
        worker_give(w, item);
    }
    s->backend->close(db);
}

/* -- writes -- */

/* Runs one slice of a write in the transaction that has begun; false where it has spoiled it. */
static bool write_slice(struct writer *t, struct store_job *job, int64_t until_us)
{
    bool more = t->store->backend->run(t->db, job, until_us) == STORE_STEP_MORE;
    job->more = more && job->code == ERR_NONE;
    return job->code != ERR_UNAVAILABLE;
}

/* No transaction is to be had: another program holds the database, and each attempt waits for it. One attempt is enough
 * for all writes in hand (the group) and in the mailbox. Reads are not concerned: what only waited for the writes goes
 * on, and what is to be read here keeps its place. */
static void refuse_all(struct writer *t, struct worker_items *group, const struct error *why)
{
    struct worker_item *item;

    TAILQ_CONCAT(group, &t->taken, link);
    while ((item = worker_take(t->worker, false)))
        TAILQ_INSERT_TAIL(group, item, link);
    while ((item = TAILQ_FIRST(group))) {
        struct store_job *job = (struct store_job *)item;
        TAILQ_REMOVE(group, item, link);
        if (STORE_IS_READ(job->kind) && !job->pass) {
            TAILQ_INSERT_TAIL(&t->taken, item, link);
            continue;
        }
        if (!STORE_IS_READ(job->kind)) {
            reset_outcome(job);
            fail_write(t, job, why);
        }
        worker_give(t->worker, item);
    }
}

/* A write in a transaction of its own: one that failed among others, or the next slice of a long one. What stands in
 * the group behind it is refused with it where there is no transaction. */
static void write_alone(struct writer *t, struct store_job *job, struct worker_items *group)
{
    const struct store_backend *b = t->store->backend;
    struct error err = ERROR_INIT;

    if (b->begin(t->db, &err) != ERR_NONE) {
        TAILQ_INSERT_HEAD(group, &job->item, link);
        refuse_all(t, group, &err);
        return;
    }
    if (!write_slice(t, job, slice_end(t->store))) {
        b->rollback(t->db);
    } else if (b->commit(t->db, &err) != ERR_NONE) {
        b->rollback(t->db);
        fail_write(t, job, &err);
    }
    give_or_requeue(t->worker, job);
}

static struct worker_item *take(struct writer *t, bool wait)
{
    struct worker_item *item = TAILQ_FIRST(&t->taken);
    if (!item)
        return worker_take(t->worker, wait);
    TAILQ_REMOVE(&t->taken, item, link);
    return item;
}

/* Short writes share a transaction. Reads that only wait for them go along: the commit lets them go on. */
static bool may_join(const struct store_job *job)
{
    return STORE_IS_READ(job->kind) ? job->pass : !job->more;
}

/* Gathers in `group` the first job and those that wait behind it, and runs them, until the slice is over, nobody waits
 * or one comes that may not join. A job that takes longer ends the group, with its first slice. False where the
 * transaction is spoiled. */
static bool write_group(struct writer *t, struct store_job *first, struct worker_items *group)
{
    int64_t until = slice_end(t->store);

    for (struct store_job *job = first; job; job = (struct store_job *)take(t, false)) {
        if (!may_join(job)) {
            TAILQ_INSERT_HEAD(&t->taken, &job->item, link);
            return true;
        }
        TAILQ_INSERT_TAIL(group, &job->item, link);
        if (!STORE_IS_READ(job->kind) && !write_slice(t, job, until))
            return false;
        if (job->more || clock_mono_us() >= until)
            return true;
    }
    return true;
}

/* After a rollback: each for itself, in the same order, so that only what cannot be stored fails. */
static void write_again(struct writer *t, struct worker_items *group)
{
    struct worker_item *item;

    while ((item = TAILQ_FIRST(group))) {
        struct store_job *job = (struct store_job *)item;
        TAILQ_REMOVE(group, item, link);
        if (STORE_IS_READ(job->kind)) {
            worker_give(t->worker, item);
            continue;
        }
        reset_outcome(job);
        write_alone(t, job, group);
    }
}

static void give_all(struct writer *t, struct worker_items *group)
{
    struct worker_item *item;

    while ((item = TAILQ_FIRST(group))) {
        TAILQ_REMOVE(group, item, link);
        give_or_requeue(t->worker, (struct store_job *)item);
    }
}

static void write_together(struct writer *t, struct store_job *first)
{
    const struct store_backend *b = t->store->backend;
    struct worker_items group = TAILQ_HEAD_INITIALIZER(group);
    struct error err = ERROR_INIT;

    if (b->begin(t->db, &err) != ERR_NONE) {
        TAILQ_INSERT_TAIL(&group, &first->item, link);
        refuse_all(t, &group, &err);
        return;
    }
    bool spoiled = !write_group(t, first, &group);
    if (!spoiled && b->commit(t->db, &err) == ERR_NONE) {
        give_all(t, &group);
        return;
    }
    b->rollback(t->db);
    if (TAILQ_NEXT(&first->item, link)) {
        write_again(t, &group);
        return;
    }
    if (!spoiled) /* it was alone: this is its outcome */
        fail_write(t, first, &err);
    worker_give(t->worker, &first->item);
}

static void work(struct writer *t, struct store_job *job)
{
    struct worker_items alone = TAILQ_HEAD_INITIALIZER(alone);

    if (!t->db) {
        job->pass = false;
        store_job_fail(job, &t->store->refusal);
        worker_give(t->worker, &job->item);
    } else if (STORE_IS_READ(job->kind) && job->pass) {
        worker_give(t->worker, &job->item);
    } else if (STORE_IS_READ(job->kind)) {
        read_slice(t->store, t->worker, t->db, job);
    } else if (job->more) {
        write_alone(t, job, &alone);
    } else {
        write_together(t, job);
    }
}

void store_writer_run(struct store_shared *s, struct worker *w)
{
    struct writer t = {.store = s, .worker = w};
    struct worker_item *item;

    TAILQ_INIT(&t.taken);
    while ((item = take(&t, true))) {
        if (item != &s->opening) {
            work(&t, (struct store_job *)item);
            continue;
        }
        s->place.now_us = clock_wall_us();
        s->refusal = (struct error)ERROR_INIT;
        if (s->backend->open(&s->place, &t.db, &s->refusal) != ERR_NONE) {
            s->refusal.code = ERR_UNAVAILABLE;
            t.db = NULL;
        }
        worker_give(w, item);
    }
    s->backend->close(t.db);
}
