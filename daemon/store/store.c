#include "daemon/store/store.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/store/indexer.h"
#include "daemon/store/store_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024ll
#define MIB (1024 * KIB)
#define SECOND 1000ll
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* Where small writes succeed and large ones fail the state changes with each of them: it is told this seldom. */
#define TELL_AGAIN_US INT64_C(60000000)

static const char *const keep_words[] = {"forever", "none", NULL}; /* STORE_KEEP_FOREVER, STORE_KEEP_NONE */
static const char *const ledger_words[] = {"forever", NULL};       /* STORE_KEEP_FOREVER */
static const char *const locking_names[] = {
    [STORE_LOCKING_AUTO] = "auto", [STORE_LOCKING_SHARED] = "shared", [STORE_LOCKING_EXCLUSIVE] = "exclusive", NULL};

const struct config_option store_option_rows[] = {
    {"keep", CONFIG_DURATION, offsetof(struct store_options, keep_ms), HOUR, 36500 * DAY, "forever", keep_words,
     CONFIG_RELOAD,
     "How long a conversation that is not pinned is kept after it was last added to; none: nothing is written to disk "
     "at all. From none "
     "to "
     "the rest and back takes a restart."},
    {"trash", CONFIG_DURATION, offsetof(struct store_options, trash_ms), 0, 36500 * DAY, "30 d", NULL, CONFIG_RELOAD,
     "How long a deleted conversation can be restored. 0: it is gone within a minute."},
    {"ledger", CONFIG_DURATION, offsetof(struct store_options, ledger_ms), HOUR, 36500 * DAY, "forever", ledger_words,
     CONFIG_RELOAD,
     "How long the ledger keeps a row for each answer. Its sums by the hour stay for good: reports go on from them, "
     "but not by conversation, and no later price changes them."},
    {"locking", CONFIG_ENUM, offsetof(struct store_options, locking), 0, 0, "auto", locking_names, 0,
     "How the database is locked: shared lets other programs read it, exclusive is for file systems without shared "
     "memory. auto takes exclusive on a network file system."},
    {"max_size", CONFIG_SIZE, offsetof(struct store_options, max_size), 0, INT64_MAX, "0", NULL, 0,
     "Bytes that the database may have; over it nothing more is stored. 0: as the disk allows."},
    {"path_memory", CONFIG_SIZE, offsetof(struct store_options, path_memory), 0, 1024 * MIB, "4 MiB", NULL, 0,
     "Bytes of messages that are kept in memory of conversations that were asked in lately, so that the next question "
     "in a long one does not read it all again. 0: none."},
    {"max_waiting", CONFIG_INT, offsetof(struct store_options, max_waiting), 1, 1 << 20, "1024", NULL, CONFIG_RELOAD,
     "Requests about conversations and stored answers that may wait for the store at once."},
    {"slice", CONFIG_DURATION, offsetof(struct store_options, slice_ms), 1, 10 * SECOND, "50 ms", NULL, CONFIG_RELOAD,
     "How long the store works on one request, or on one transaction, before others have their turn."},
    {"retry", CONFIG_DURATION, offsetof(struct store_options, retry_ms), 10, DAY, "10 s", NULL, CONFIG_RELOAD,
     "When a database that cannot be opened (a full disk, a damaged file) is tried again."},
    {"max_result", CONFIG_SIZE, offsetof(struct store_options, max_result), 64 * KIB, 1024 * MIB, "64 MiB", NULL,
     CONFIG_RELOAD, "Bytes of what one request may read from the store."},
    {"last_within", CONFIG_DURATION, offsetof(struct store_options, last_within_ms), SECOND, 3650 * DAY, "12 h", NULL,
     CONFIG_RELOAD, "How old a conversation may be to be continued as the last one."},
    {"max_unstored", CONFIG_SIZE, offsetof(struct store_options, max_unstored), 64 * KIB, INT64_MAX, "64 MiB", NULL,
     CONFIG_RELOAD,
     "Bytes of ended answers that could not be stored and are tried again; over it those that were tried longest ago "
     "are given up. Never more than a quarter of answer_memory."},
    {"commit_timeout", CONFIG_DURATION, offsetof(struct store_options, commit_timeout_ms), 10, DAY, "5 s", NULL,
     CONFIG_RELOAD, "How long an answer that has ended waits for the store before its asker is answered all the same."},
    {0},
};

static const char *const state_names[] = {
    [STORE_OPENING] = "opening", [STORE_OK] = "ok", [STORE_FAILING] = "failing", [STORE_OFF] = "off"};

enum life {
    LIFE_OPEN,
    LIFE_DRAINING, /* store_close was called, jobs are under way */
    LIFE_CLOSING,  /* none are; the threads end */
};

struct store {
    struct store_shared shared;
    struct store_options opt;
    char *dir;
    uv_loop_t *loop;
    struct worker *writer; /* NULL for a backend that keeps nothing, and where no thread can be had */
    struct worker *reader; /* NULL before the first read, and where the database admits one handle */
    bool reader_closing;
    bool single; /* it admits one handle: the writer reads too */

    struct timer *again;       /* opens it anew */
    struct indexer *indexer;   /* NULL for a backend without an index */
    uv_timer_t turn;           /* without a writer: jobs are done at the next turn of the loop */
    struct worker_items turns; /* those jobs */

    enum life life;
    enum store_state state;
    char why[sizeof(((struct error *)NULL)->message)]; /* FAILING, OFF; "": for no fault */
    bool told;                                         /* of this fault */
    int64_t told_us;                                   /* monotonic: when one was told last; 0: never */
    uint64_t writes_done, reads_done, failed;
    size_t waiting;        /* submitted and not done */
    size_t waiting_bound;  /* of them, those that max_waiting counts */
    size_t waiting_writes; /* of them, writes */

    void (*written)(void *data, const struct store_job *job); /* NULL: nobody is told */
    void *written_data;
    void (*closed)(void *data);
    void *closed_data;
};

static bool is_bound(enum store_kind kind)
{
    return kind != STORE_BEGIN && kind != STORE_RUNS && kind != STORE_END && kind != STORE_SPEND;
}

/* What somebody wants to have stored. */
static bool is_write(enum store_kind kind)
{
    return !STORE_IS_READ(kind) && kind != STORE_INDEX;
}

/* -- states -- */

static void tell_of_fault(struct store *s)
{
    int64_t now_us = clock_mono_us();
    if (s->told || (s->state == STORE_FAILING && s->told_us > 0 && now_us - s->told_us < TELL_AGAIN_US))
        return;
    s->told = true;
    s->told_us = now_us;
    if (s->state == STORE_FAILING)
        log_error("nothing is stored: %s", s->why);
    else
        log_error("nothing is stored, and no conversation can be read, until this is mended: %s", s->why);
}

static void enter(struct store *s, enum store_state state, const char *why)
{
    s->state = state;
    error_text(s->why, sizeof s->why, why, strlen(why));
    if (state == STORE_FAILING || state == STORE_OFF) {
        tell_of_fault(s);
    } else if (s->told) {
        log_notice("stored again");
        s->told = false;
    }
}

/* What is written has words in it. */
static bool is_searched(enum store_kind kind)
{
    return is_write(kind) && kind != STORE_SPEND && kind != STORE_REPRICE;
}

/* A write that takes nothing but space away succeeds on a full disk too, and proves nothing. */
static bool proves_space(enum store_kind kind)
{
    return kind != STORE_DELETE && kind != STORE_EXPIRE;
}

static void judge(struct store *s, const struct store_job *job)
{
    if (!is_write(job->kind) || s->state == STORE_OFF)
        return;
    if (job->code == ERR_UNAVAILABLE)
        enter(s, STORE_FAILING, job->error.message);
    else if (job->code == ERR_NONE && proves_space(job->kind))
        enter(s, STORE_OK, "");
}

/* -- closing -- */

static void on_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    if (s->closed)
        s->closed(s->closed_data);
    indexer_free(s->indexer);
    free(s->dir);
    free(s);
}

static void close_next(struct store *s);

static void on_reader_closed(void *data)
{
    struct store *s = data;
    s->reader = NULL;
    if (s->life == LIFE_CLOSING)
        close_next(s);
}

static void on_writer_closed(void *data)
{
    struct store *s = data;
    s->writer = NULL;
    close_next(s);
}

static void close_reader(struct store *s)
{
    if (!s->reader || s->reader_closing)
        return;
    s->reader_closing = true;
    worker_close(s->reader, on_reader_closed, s);
}

/* The reader first: whoever is the last to close a database may have to tidy it up, and the reader must not write. */
static void close_next(struct store *s)
{
    s->life = LIFE_CLOSING;
    if (s->reader)
        close_reader(s);
    else if (s->writer)
        worker_close(s->writer, on_writer_closed, s);
    else
        uv_close((uv_handle_t *)&s->turn, on_closed);
}

void store_close(struct store *s, void (*closed)(void *data), void *data)
{
    assert(s->life == LIFE_OPEN);
    s->closed = closed;
    s->closed_data = data;
    s->life = LIFE_DRAINING;
    s->again = timer_free(s->again);
    indexer_close(s->indexer);
    if (s->waiting == 0)
        close_next(s);
}

/* -- jobs on their way -- */

static void count(struct store *s, const struct store_job *job)
{
    s->waiting++;
    s->waiting_bound += is_bound(job->kind);
    s->waiting_writes += is_write(job->kind);
}

/* The job is done. `waiting` stands until its receiver has returned, so that nothing closes under it. */
static void finish(struct store *s, struct store_job *job)
{
    bool write = is_write(job->kind);
    s->waiting_bound -= is_bound(job->kind);
    s->waiting_writes -= write;
    s->writes_done += write;
    s->reads_done += STORE_IS_READ(job->kind);
    if (is_searched(job->kind) && job->code == ERR_NONE)
        indexer_wake(s->indexer);
    s->failed += job->code == ERR_UNAVAILABLE;
    judge(s, job);
    if (s->written && write && job->code == ERR_NONE)
        s->written(s->written_data, job);
    job->done(job->data, job);
    if (--s->waiting == 0 && s->life == LIFE_DRAINING)
        close_next(s);
}

static void on_turn(uv_timer_t *h)
{
    struct store *s = h->data;
    struct worker_items items = TAILQ_HEAD_INITIALIZER(items);
    struct worker_item *item;

    TAILQ_CONCAT(&items, &s->turns, link);
    while ((item = TAILQ_FIRST(&items))) {
        struct store_job *job = (struct store_job *)item;
        TAILQ_REMOVE(&items, item, link);
        if (s->shared.backend->stores)
            store_job_fail(job, &s->shared.refusal);
        else
            s->shared.backend->run(NULL, job, INT64_MAX);
        finish(s, job);
    }
}

static void to_writer(struct store *s, struct store_job *job, bool pass)
{
    job->pass = pass;
    worker_submit(s->writer, &job->item);
}

static void run_reader(void *data, struct worker *w)
{
    struct store *s = data;
    store_reader_run(&s->shared, w);
}

static void on_reader_done(void *data, struct worker_item *item)
{
    struct store *s = data;
    struct store_job *job = (struct store_job *)item;
    if (!job->pass) {
        finish(s, job);
        return;
    }
    s->single = true;
    close_reader(s);
    to_writer(s, job, false);
}

static const struct worker_hooks reader_hooks = {run_reader, on_reader_done};

/* Where no reader can be had the writer does it, for this time. */
static void to_reader(struct store *s, struct store_job *job)
{
    if (!s->single && !s->reader)
        s->reader = worker_new(s->loop, "store-reader", &reader_hooks, s);
    if (s->single || !s->reader) {
        to_writer(s, job, false);
        return;
    }
    job->pass = false;
    worker_submit(s->reader, &job->item);
}

static void run_writer(void *data, struct worker *w)
{
    struct store *s = data;
    store_writer_run(&s->shared, w);
}

static void opened(struct store *s)
{
    const struct error *refusal = &s->shared.refusal;
    enter(s, refusal->code == ERR_NONE ? STORE_OK : STORE_OFF, refusal->message);
    if (s->state == STORE_OK)
        indexer_wake(s->indexer);
    if (s->state == STORE_OFF && s->life == LIFE_OPEN)
        timer_start(s->again, s->opt.retry_ms);
}

static void on_again(void *data)
{
    struct store *s = data;
    worker_submit(s->writer, &s->shared.opening);
}

static void on_writer_done(void *data, struct worker_item *item)
{
    struct store *s = data;
    struct store_job *job = (struct store_job *)item;
    if (item == &s->shared.opening)
        opened(s);
    else if (job->pass)
        to_reader(s, job);
    else
        finish(s, job);
}

static const struct worker_hooks writer_hooks = {run_writer, on_writer_done};

/* A read goes through the writer where something stands before it there: what it must see, or the opening. A path is
 * read by the writer itself, since the reader would see what is written meanwhile too. */
void store_dispatch(struct store *s, struct store_job *job)
{
    bool open = s->state == STORE_OK || s->state == STORE_FAILING;
    if (!s->writer) {
        TAILQ_INSERT_TAIL(&s->turns, &job->item, link);
        uv_timer_start(&s->turn, on_turn, 0, 0);
    } else if (!STORE_IS_READ(job->kind) || job->kind == STORE_PATH) {
        to_writer(s, job, false);
    } else if (open && s->waiting_writes == 0) {
        to_reader(s, job);
    } else {
        to_writer(s, job, !s->single);
    }
}

enum error_code store_submit(struct store *s, struct store_job *job, struct error *err)
{
    assert(s->life != LIFE_CLOSING);
    if (is_bound(job->kind) && s->waiting_bound >= (size_t)s->opt.max_waiting) {
        store_job_free(job);
        return error_set(err, ERR_OVERLOADED, "%zu requests wait for the store already, max_waiting in [store]",
                         s->waiting_bound);
    }
    buf_init(&job->out, (size_t)s->opt.max_result);
    count(s, job);
    if (job->kind == STORE_SEARCH && s->indexer)
        indexer_lead(s->indexer, job);
    else
        store_dispatch(s, job);
    return ERR_NONE;
}

/* -- the store -- */

static void start(struct store *s)
{
    s->writer = worker_new(s->loop, "store-writer", &writer_hooks, s);
    if (s->writer) {
        worker_submit(s->writer, &s->shared.opening);
        return;
    }
    error_set(&s->shared.refusal, ERR_UNAVAILABLE, "the system gives no thread for the store");
    enter(s, STORE_OFF, s->shared.refusal.message);
}

struct store *store_new_with(uv_loop_t *loop, const struct store_backend *backend, const char *dir,
                             const struct store_options *opt, const struct store_recovery *recovery)
{
    struct store *s = NEW(struct store);
    s->loop = loop;
    s->dir = xstrdup(dir);
    s->shared.backend = backend;
    s->shared.refusal = (struct error)ERROR_INIT;
    s->shared.place = (struct store_place){
        .dir = s->dir,
        .locking = (enum store_locking)opt->locking,
        .max_bytes = opt->max_size,
        .path_memory = opt->path_memory,
    };
    if (recovery)
        s->shared.place.recovery = *recovery;
    store_configure(s, opt);
    TAILQ_INIT(&s->turns);
    uv_timer_init(loop, &s->turn);
    s->turn.data = s;
    s->state = backend->stores ? STORE_OPENING : STORE_OFF;
    s->again = timer_new(loop, on_again, s);
    if (backend->indexes)
        s->indexer = indexer_new(loop, s);
    if (backend->stores)
        start(s);
    return s;
}

struct store *store_new(uv_loop_t *loop, const char *dir, const struct store_options *opt,
                        const struct store_recovery *recovery)
{
    const struct store_backend *backend = opt->keep_ms == STORE_KEEP_NONE ? &store_null : &store_sqlite;
    return store_new_with(loop, backend, dir, opt, recovery);
}

void store_configure(struct store *s, const struct store_options *opt)
{
    s->opt = *opt;
    atomic_store(&s->shared.slice_us, opt->slice_ms * 1000);
}

const struct store_options *store_opt(const struct store *s)
{
    return &s->opt;
}

void store_on_written(struct store *s, void (*written)(void *data, const struct store_job *job), void *data)
{
    s->written = written;
    s->written_data = data;
}

bool store_stores(const struct store *s)
{
    return s->state != STORE_OFF;
}

bool store_keeps(const struct store *s)
{
    return s->shared.backend->stores;
}

void store_status(const struct store *s, struct store_status *ret)
{
    *ret = (struct store_status){
        .backend = s->shared.backend->name,
        .state = state_names[s->state],
        .error = s->why[0] ? s->why : NULL,
        .writes = s->writes_done,
        .failed = s->failed,
        .reads = s->reads_done,
        .waiting = s->waiting,
    };
}
