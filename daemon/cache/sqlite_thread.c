/* The SQLite tier's thread: what is done next, in which transaction, and what becomes of a fault.
 *
 * Gets go first. Between two steps of anything else the mailbox is looked at, and what is to be read is read, in the
 * midst of a transaction too: the handle sees its own writes. So a get waits for one step, or one commit, of which a
 * piece's bounds limit the length. All else keeps its order, but that a clear under way lets others pass after each
 * piece. */
#include "daemon/cache/sqlite_internal.h"
#include "lib/base/clock.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEP_PAGES = 12, /* that a step may change, about: leaves of three indices and two tables, with some neighbours */
    PUT_TRIES = 3,   /* of an entry that does not find room where there ought to be some */
};

struct cache_thread {
    struct cachedb_shared *shared;
    struct worker *worker;
    struct cachedb *db; /* NULL: OFF */
    struct worker_items gets, work;
    struct cachedb_clears clears; /* of work and piece.done */
    struct cachedb_job *at;       /* whose step this is; it is the first of work */

    struct {                      /* the transaction that is open */
        struct worker_items done; /* given back when it is committed */
        int64_t until_us;
        unsigned steps;
        size_t bytes;
        bool has_put;
        bool last; /* it ends after this step */
    } piece;

    /* What is done when nobody waits. */
    unsigned expiring; /* entries that may still go in this round */
    bool using, shrinking;

    bool refusing;                /* FAILING: no put is tried until the next tick */
    struct cachedb_report report; /* without the totals */
};

/* -- giving back -- */

static void give(struct cache_thread *t, struct cachedb_job *job)
{
    job->report = t->report;
    job->report.entries = t->db ? t->db->now.entries : -1;
    job->report.bytes = t->db ? t->db->now.bytes : -1;
    if (t->db)
        job->report.evictions += t->db->now.evictions;
    if (job->kind == CACHEDB_CLEAR)
        LIST_REMOVE(&job->clear, link);
    worker_give(t->worker, &job->item);
}

/* It is not done, for a reason that a clear or a list tells. */
static void refuse(struct cache_thread *t, struct cachedb_job *job, const char *why)
{
    if (job->kind == CACHEDB_PUT)
        t->report.failures++;
    else
        error_set(&job->error, ERR_UNAVAILABLE, "%s", why);
    give(t, job);
}

/* -- states -- */

static void enter(struct cache_thread *t, enum cachedb_state state, const struct error *why)
{
    t->report.state = state;
    error_text(t->report.why, sizeof t->report.why, why ? why->message : "", why ? strlen(why->message) : 0);
    t->refusing = state == CACHEDB_FAILING;
}

static void open_file(struct cache_thread *t)
{
    struct error err = ERROR_INIT;
    const char *was = NULL;
    bool open = cachedb_open(t->shared->dir, t->shared->size, &t->db, &was, &err) == ERR_NONE;
    if (was) {
        t->report.remade++;
        t->report.was = was;
    }
    t->shrinking = open;
    enter(t, open ? CACHEDB_OK : CACHEDB_OFF, open ? NULL : &err);
}

static void close_file(struct cache_thread *t, bool discard)
{
    t->report.evictions += t->db->written.evictions;
    t->db = discard ? cachedb_discard(t->db) : cachedb_close(t->db);
}

/* Closing, and out of time. */
static bool out_of_time(const struct cache_thread *t)
{
    int64_t close_us = atomic_load(&t->shared->close_us);
    return close_us != 0 && clock_mono_us() >= close_us;
}

static bool has_chores(const struct cache_thread *t)
{
    return t->db && (t->expiring || t->using || t->shrinking) && atomic_load(&t->shared->close_us) == 0;
}

static void tick(struct cache_thread *t, struct cachedb_job *job)
{
    if (!t->db) {
        open_file(t);
        job->keys = t->db ? cachedb_keys(t->db) : NULL;
        return;
    }
    t->refusing = false;
    t->expiring = CACHEDB_EXPIRED_MAX;
    t->using = t->shrinking = true;
}

/* -- faults -- */

/* An entry that was put in a transaction with others is put once more, alone, so that only the one at fault is given
 * up. */
static void put_again(struct cache_thread *t, struct cachedb_job *job, const char *why)
{
    if (job->kind == CACHEDB_PUT && t->report.state == CACHEDB_OK && ++job->put.tries < PUT_TRIES)
        TAILQ_INSERT_HEAD(&t->work, &job->item, link);
    else
        refuse(t, job, why);
}

static void undo_piece(struct cache_thread *t, const char *why)
{
    struct worker_item *item;
    struct cachedb_clear *c;

    if (t->at) {
        TAILQ_REMOVE(&t->work, &t->at->item, link);
        TAILQ_INSERT_TAIL(&t->piece.done, &t->at->item, link);
        t->at = NULL;
    }
    while ((item = TAILQ_LAST(&t->piece.done, worker_items))) {
        TAILQ_REMOVE(&t->piece.done, item, link);
        put_again(t, (struct cachedb_job *)item, why);
    }
    LIST_FOREACH (c, &t->clears, link)
        c->failed = c->begun; /* what it has removed is there again, and it has gone on */
}

/* The bound is not a fault of the medium: what is at fault is the estimate of what an entry needs. */
static void on_fault(struct cache_thread *t)
{
    struct error why = ERROR_INIT;
    bool full = cachedb_is_full(t->db), disk = full && cachedb_disk_is_full(t->db),
         damage = cachedb_is_damage(t->db->rc);

    cachedb_fault(t->db, &why);
    t->expiring = 0;
    t->using = t->shrinking = false;
    if (full && cachedb_rollback(t->db)) {
        if (disk)
            enter(t, CACHEDB_FAILING, &why);
    } else {
        close_file(t, damage);
        enter(t, CACHEDB_OFF, &why);
    }
    if (damage) {
        open_file(t);
        t->report.remade++;
        t->report.was = "was damaged";
    }
    undo_piece(t, why.message);
}

/* -- pieces -- */

static bool begin_piece(struct cache_thread *t)
{
    if (t->db->in_piece)
        return true;
    t->piece.until_us = clock_mono_us() + CACHEDB_PIECE_US;
    t->piece.steps = 0;
    t->piece.bytes = 0;
    t->piece.has_put = t->piece.last = false;
    return cachedb_begin(t->db);
}

static void count_step(struct cache_thread *t)
{
    t->piece.steps++;
    t->db->dirty += STEP_PAGES;
}

static bool piece_is_over(const struct cache_thread *t)
{
    return t->piece.last || t->piece.steps >= CACHEDB_PIECE_STEPS || t->piece.bytes >= CACHEDB_PIECE_BYTES ||
           t->db->dirty + STEP_PAGES >= t->db->journal_pages || clock_mono_us() >= t->piece.until_us;
}

static void end_piece(struct cache_thread *t)
{
    struct worker_item *first = TAILQ_FIRST(&t->work);

    if (!cachedb_commit(t->db))
        return;
    if (t->piece.has_put && t->report.state == CACHEDB_FAILING)
        enter(t, CACHEDB_OK, NULL);
    while (!TAILQ_EMPTY(&t->piece.done)) {
        struct worker_item *item = TAILQ_FIRST(&t->piece.done);
        TAILQ_REMOVE(&t->piece.done, item, link);
        give(t, (struct cachedb_job *)item);
    }
    if (first && ((struct cachedb_job *)first)->kind == CACHEDB_CLEAR) { /* others pass */
        TAILQ_REMOVE(&t->work, first, link);
        TAILQ_INSERT_TAIL(&t->work, first, link);
    }
}

/* -- steps: true where the job is done -- */

static bool step_put(struct cache_thread *t, struct cachedb_job *job)
{
    size_t bytes = item_blob(job->put.it).len;

    if (!begin_piece(t))
        return false;
    count_step(t);
    if (cachedb_remove_old(t->db, job->put.it) ||
        (!cachedb_has_room(t->db, bytes, job->put.tries) && cachedb_evict(t->db)))
        return false;
    cachedb_put(t->db, job->put.it);
    t->piece.bytes += bytes;
    t->piece.has_put = true;
    t->piece.last = job->put.tries > 0;
    return true;
}

static bool step_clear(struct cache_thread *t, struct cachedb_job *job)
{
    if (!begin_piece(t))
        return false;
    count_step(t);
    return !cachedb_clear(t->db, &job->clear);
}

static bool step_list(struct cache_thread *t, struct cachedb_job *job)
{
    return !cachedb_list(t->db, &job->list, &job->error);
}

/* Why it is not worked on; NULL: it is. */
static const char *objection(const struct cache_thread *t, const struct cachedb_job *job)
{
    if (out_of_time(t))
        return "the cache is being closed";
    if (!t->db)
        return t->report.why;
    if (job->kind == CACHEDB_PUT && t->refusing)
        return t->report.why;
    if (job->kind == CACHEDB_PUT && !cachedb_fits(t->db, item_blob(job->put.it).len))
        return "it is too large";
    if (job->kind == CACHEDB_CLEAR && job->clear.failed)
        return "it was interrupted by a fault of the database";
    return NULL;
}

static void work_on(struct cache_thread *t, struct cachedb_job *job)
{
    static bool (*const steps[])(struct cache_thread * t, struct cachedb_job * job) = {
        [CACHEDB_PUT] = step_put, [CACHEDB_CLEAR] = step_clear, [CACHEDB_LIST] = step_list};
    const char *why = objection(t, job);

    if (why) {
        TAILQ_REMOVE(&t->work, &job->item, link);
        refuse(t, job, why);
        return;
    }
    t->at = job;
    bool done = steps[job->kind](t, job);
    if (t->db->rc != SQLITE_OK)
        return;
    t->at = NULL;
    if (!done)
        return;
    TAILQ_REMOVE(&t->work, &job->item, link);
    if (job->kind == CACHEDB_LIST)
        give(t, job);
    else
        TAILQ_INSERT_TAIL(&t->piece.done, &job->item, link);
}

static void answer(struct cache_thread *t, struct cachedb_job *job)
{
    TAILQ_REMOVE(&t->gets, &job->item, link);
    if (t->db && !out_of_time(t) && !atomic_load(&job->get.cancelled))
        cachedb_get(t->db, &job->get, &t->clears);
    if (t->db && !t->refusing && t->db->n_touched > CACHEDB_TOUCHED / 2)
        t->using = true;
    give(t, job);
}

static void do_chore(struct cache_thread *t)
{
    if (!begin_piece(t))
        return;
    count_step(t);
    if (t->using)
        t->using = cachedb_write_use(t->db);
    else if (t->expiring > 0)
        t->expiring = cachedb_expire(t->db) ? t->expiring - 1 : 0;
    else
        t->shrinking = cachedb_shrink(t->db);
}

/* -- turns -- */

static void sort_in(struct cache_thread *t, struct cachedb_job *job)
{
    switch (job->kind) {
    case CACHEDB_TICK:
        tick(t, job);
        give(t, job);
        return;
    case CACHEDB_GET: TAILQ_INSERT_TAIL(&t->gets, &job->item, link); return;
    case CACHEDB_CLEAR: LIST_INSERT_HEAD(&t->clears, &job->clear, link); break;
    case CACHEDB_PUT:
    case CACHEDB_LIST: break;
    }
    TAILQ_INSERT_TAIL(&t->work, &job->item, link);
}

/* Takes all that has come. wait: until something does; false then: it closes, and nothing is left. */
static bool take_mail(struct cache_thread *t, bool wait)
{
    struct worker_item *item = worker_take(t->worker, wait);
    bool any = item != NULL;

    for (; item; item = worker_take(t->worker, false))
        sort_in(t, (struct cachedb_job *)item);
    return any;
}

static bool is_idle(const struct cache_thread *t)
{
    return TAILQ_EMPTY(&t->gets) && TAILQ_EMPTY(&t->work) && !(t->db && t->db->in_piece) && !has_chores(t);
}

static bool turn(struct cache_thread *t)
{
    bool idle = is_idle(t);

    if (!take_mail(t, idle) && idle)
        return false;
    bool open = t->db && t->db->in_piece;
    if (!TAILQ_EMPTY(&t->gets))
        answer(t, (struct cachedb_job *)TAILQ_FIRST(&t->gets));
    else if (open && piece_is_over(t))
        end_piece(t);
    else if (!TAILQ_EMPTY(&t->work))
        work_on(t, (struct cachedb_job *)TAILQ_FIRST(&t->work));
    else if (has_chores(t))
        do_chore(t);
    else if (open)
        end_piece(t);
    if (t->db && t->db->rc != SQLITE_OK)
        on_fault(t);
    if (t->db && t->db->in_piece)
        sched_yield();
    return true;
}

/* What was used is worth a last transaction, where the time allows. */
static void finish(struct cache_thread *t)
{
    if (!t->db || t->db->n_touched == 0 || out_of_time(t) || !cachedb_begin(t->db))
        return;
    while (!out_of_time(t) && cachedb_write_use(t->db))
        ;
    cachedb_commit(t->db);
}

/* The first tick opens the file. It is the first job, and all that waits is sorted before anything is done. */
void cachedb_thread(struct cachedb_shared *s, struct worker *w)
{
    struct cache_thread t = {.shared = s, .worker = w};

    TAILQ_INIT(&t.gets);
    TAILQ_INIT(&t.work);
    TAILQ_INIT(&t.piece.done);
    LIST_INIT(&t.clears);
    while (turn(&t))
        ;
    finish(&t);
    cachedb_close(t.db);
}
