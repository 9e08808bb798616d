/* The SQLite tier on the loop: jobs for its thread, what came of them, and the timer of its upkeep. */
#include "daemon/cache/sqlite_internal.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

const struct cachedb_pace cachedb_pace_usual = {
    .retry_ms = 10000, .upkeep_ms = 60000, .close_ms = 2000, .waiting_max = 64 << 20};

static const char *const state_names[] = {
#define X(code, name) [code] = name,
    CACHEDB_STATE_MAP(X)
#undef X
};

struct tier_op {
    struct cachedb_job job;
};

struct tier {
    struct cachedb_shared shared;
    struct cachedb_pace pace;
    struct worker *worker;
    struct timer *timer;
    bool ticking;                 /* a tick is under way */
    struct cachedb_report report; /* the latest */
    bool told;                    /* of a fault */
    struct keyset *keys;          /* of what was put, and of what was there before */
    bool knows_keys;              /* the latter was told */
    size_t waiting;               /* bytes of puts */
    uint64_t lost;                /* puts beyond waiting_max */
    bool closing;
    void (*closed)(void *data);
    void *closed_data;
};

/* -- what the thread says -- */

static void start_timer(struct tier *t)
{
    bool bad = t->report.state == CACHEDB_FAILING || t->report.state == CACHEDB_OFF;
    if (!t->closing && !t->ticking)
        timer_start(t->timer, bad ? t->pace.retry_ms : t->pace.upkeep_ms);
}

/* Once in each direction. */
static void tell(struct tier *t)
{
    const struct cachedb_report *r = &t->report;
    if (r->state == CACHEDB_OK && t->told) {
        log_notice("the cache's database works again");
        t->told = false;
    } else if (r->state != CACHEDB_OK && !t->told) {
        log_warn("%s: %s",
                 r->state == CACHEDB_OFF ? "the cache is memory alone until this is mended"
                                         : "nothing new is kept in the cache's database until this is mended",
                 r->why);
        t->told = true;
    }
}

static void take_report(struct tier *t, const struct cachedb_report *r)
{
    bool remade = r->remade != t->report.remade, changed = r->state != t->report.state;
    t->report = *r;
    if (remade)
        log_notice("%s/" CACHEDB_FILE " %s: it was removed and made anew", t->shared.dir, r->was);
    if (!changed)
        return;
    tell(t);
    start_timer(t);
}

/* -- jobs -- */

static struct cachedb_job *job_new(enum cachedb_kind kind)
{
    struct cachedb_job *job = NEW(struct cachedb_job);
    job->kind = kind;
    job->error = (struct error)ERROR_INIT;
    return job;
}

static void job_free(struct cachedb_job *job)
{
    switch (job->kind) {
    case CACHEDB_TICK: keyset_free(job->keys); break;
    case CACHEDB_GET:
        free(job->get.scope);
        free(job->get.keys);
        cachedb_blobs_free(job->get.blobs, job->get.n);
        break;
    case CACHEDB_PUT: item_unref(job->put.it); break;
    case CACHEDB_CLEAR:
        free(job->clear.scope);
        free(job->clear.model);
        break;
    case CACHEDB_LIST:
        free(job->list.scope);
        free(job->list.after);
        cachedb_blobs_free(job->list.blobs, job->list.n);
        break;
    }
    free(job);
}

static void tick(void *data)
{
    struct tier *t = data;
    t->ticking = true;
    worker_submit(t->worker, &job_new(CACHEDB_TICK)->item);
}

static void tell_get(const struct cachedb_job *job)
{
    if (!atomic_load(&job->get.cancelled))
        job->got(job->data, job->get.blobs, job->get.n);
}

static void tell_list(const struct cachedb_job *job)
{
    const struct cachedb_list *l = &job->list;
    char after[KEY_HEX + 1] = "";
    if (job->error.code != ERR_NONE) {
        job->listed(job->data, NULL, 0, "", &job->error);
        return;
    }
    if (l->more)
        key_hex(&l->at, after);
    job->listed(job->data, l->blobs, l->n, after, NULL);
}

static void take_keys(struct tier *t, const struct keyset *keys)
{
    if (!keys)
        return;
    keyset_add_all(t->keys, keys);
    t->knows_keys = true;
}

static void on_done(void *data, struct worker_item *item)
{
    struct tier *t = data;
    struct cachedb_job *job = (struct cachedb_job *)item;

    take_report(t, &job->report);
    switch (job->kind) {
    case CACHEDB_TICK:
        take_keys(t, job->keys);
        t->ticking = false;
        start_timer(t);
        break;
    case CACHEDB_GET: tell_get(job); break;
    case CACHEDB_PUT: t->waiting -= job->put.charge; break;
    case CACHEDB_CLEAR:
        job->cleared(job->data, job->clear.removed, job->error.code == ERR_NONE ? NULL : &job->error);
        break;
    case CACHEDB_LIST: tell_list(job); break;
    }
    job_free(job);
}

/* -- open and close -- */

static void run(void *data, struct worker *w)
{
    struct tier *t = data;
    cachedb_thread(&t->shared, w);
}

static struct tier *tier_free(struct tier *t)
{
    timer_free(t->timer);
    keyset_free(t->keys);
    free(t->shared.dir);
    free(t);
    return NULL;
}

struct tier *cachedb_tier_open(uv_loop_t *loop, const struct tier_options *opt, const struct cachedb_pace *pace,
                               struct error *err)
{
    static const struct worker_hooks hooks = {run, on_done};

    if (opt->size < CACHEDB_SIZE_MIN) {
        error_set(err, ERR_INVALID_REQUEST, "a cache of %lld bytes has no room for a database (%d at least)",
                  (long long)opt->size, CACHEDB_SIZE_MIN);
        return NULL;
    }
    struct tier *t = NEW(struct tier);
    t->pace = *pace;
    t->shared.dir = xstrdup(opt->dir);
    t->shared.size = opt->size;
    t->timer = timer_new(loop, tick, t);
    t->keys = keyset_new();
    t->worker = worker_new(loop, "cache", &hooks, t);
    if (!t->worker) {
        error_set(err, ERR_UNAVAILABLE, "no thread can be had for the cache's database");
        return tier_free(t);
    }
    tick(t); /* so that how it opened is told before anybody asks */
    return t;
}

static struct tier *sqlite_tier_open(uv_loop_t *loop, const struct tier_options *opt, struct error *err)
{
    return cachedb_tier_open(loop, opt, &cachedb_pace_usual, err);
}

static void on_closed(void *data)
{
    struct tier *t = data;
    void (*closed)(void *data) = t->closed;
    void *closed_data = t->closed_data;
    tier_free(t);
    closed(closed_data);
}

static void sqlite_tier_close(struct tier *t, void (*closed)(void *data), void *data)
{
    t->closing = true;
    t->closed = closed;
    t->closed_data = data;
    timer_stop(t->timer);
    atomic_store(&t->shared.close_us, clock_mono_us() + t->pace.close_ms * 1000);
    worker_close(t->worker, on_closed, t);
}

/* -- verbs -- */

/* Most questions are asked for the first time: they need not wait for the thread to say so. */
static bool sqlite_tier_may_have(const struct tier *t, const struct cache_key *keys, size_t n)
{
    bool may = !t->knows_keys;
    for (size_t i = 0; i < n; i++)
        may = may || keyset_may_have(t->keys, &keys[i]);
    return may;
}

static struct tier_op *sqlite_tier_get(struct tier *t, const struct tier_get *get)
{
    struct cachedb_job *job = job_new(CACHEDB_GET);
    job->get.scope = xstrdup(get->scope);
    job->get.keys = xcalloc(get->n, sizeof *get->keys);
    memcpy(job->get.keys, get->keys, get->n * sizeof *get->keys);
    job->get.blobs = xcalloc(get->n, sizeof *job->get.blobs);
    job->get.n = get->n;
    atomic_init(&job->get.cancelled, false);
    job->got = get->done;
    job->data = get->data;
    worker_submit(t->worker, &job->item);
    return (struct tier_op *)job;
}

static void sqlite_tier_cancel(struct tier *t, struct tier_op *op)
{
    (void)t;
    atomic_store(&op->job.get.cancelled, true);
}

static void sqlite_tier_put(struct tier *t, struct cache_item *it)
{
    size_t charge = item_blob(it).len + sizeof(struct cachedb_job);
    if (t->waiting + charge > t->pace.waiting_max) {
        t->lost++;
        return;
    }
    struct cachedb_job *job = job_new(CACHEDB_PUT);
    job->put.it = item_ref(it);
    job->put.charge = charge;
    t->waiting += charge;
    keyset_add(t->keys, &item_facts(it)->key);
    worker_submit(t->worker, &job->item);
}

static void sqlite_tier_clear(struct tier *t, const struct tier_filter *f,
                              void (*done)(void *data, int64_t removed, const struct error *err), void *data)
{
    struct cachedb_job *job = job_new(CACHEDB_CLEAR);
    job->clear.scope = xstrdup(f->scope);
    job->clear.model = xstrdup(f->model);
    job->clear.one = f->key != NULL;
    if (f->key)
        job->clear.key = *f->key;
    job->clear.before_us = f->created_before_us;
    job->cleared = done;
    job->data = data;
    worker_submit(t->worker, &job->item);
}

static void sqlite_tier_list(struct tier *t, const struct tier_list *l)
{
    struct cachedb_job *job = job_new(CACHEDB_LIST);
    job->list.scope = xstrdup(l->scope);
    job->list.after = xstrdup(l->after);
    job->list.limit = l->limit;
    job->listed = l->done;
    job->data = l->data;
    worker_submit(t->worker, &job->item);
}

static void sqlite_tier_status(const struct tier *t, struct tier_status *ret)
{
    const struct cachedb_report *r = &t->report;
    *ret = (struct tier_status){
        .state = state_names[r->state],
        .error = r->why[0] ? r->why : NULL,
        .entries = r->state == CACHEDB_OPENING ? -1 : r->entries,
        .bytes = r->state == CACHEDB_OPENING ? -1 : r->bytes,
        .evictions = r->evictions,
        .failures = r->failures + t->lost,
    };
}

const struct tier_ops tier_sqlite = {
    .name = "sqlite",
    .open = sqlite_tier_open,
    .may_have = sqlite_tier_may_have,
    .get = sqlite_tier_get,
    .cancel = sqlite_tier_cancel,
    .put = sqlite_tier_put,
    .clear = sqlite_tier_clear,
    .list = sqlite_tier_list,
    .status = sqlite_tier_status,
    .close = sqlite_tier_close,
};
