#include "daemon/store/indexer.h"
#include "daemon/core/timer.h"
#include "daemon/store/store_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>

#define REST_MS 300 /* after a write: what else is written meanwhile goes along */
#define PAUSE_MS 5  /* between two slices, which take as long */

struct indexer {
    struct store *store;
    struct timer *timer; /* NULL: closed */
    bool working;        /* a slice is with the store */
    bool woken;          /* since it went there */
};

struct lead { /* a search that waits for the index */
    struct indexer *indexer;
    struct store_job *search;
};

static void on_slice(void *data, struct store_job *job)
{
    struct indexer *x = data;

    x->working = false;
    if (x->timer && job->code == ERR_NONE && job->index.more)
        timer_start(x->timer, PAUSE_MS);
    else if (x->timer && x->woken)
        timer_start(x->timer, REST_MS);
    store_job_free(job);
}

static void on_time(void *data)
{
    struct indexer *x = data;
    struct store_job *job = store_job_new(STORE_INDEX, on_slice, x);

    x->woken = false;
    x->working = store_submit(x->store, job, NULL) == ERR_NONE; /* the next write tries again */
}

void indexer_wake(struct indexer *x)
{
    if (!x || !x->timer)
        return;
    if (x->working)
        x->woken = true;
    else if (!timer_active(x->timer))
        timer_start(x->timer, REST_MS);
}

static void on_led(void *data, struct store_job *job)
{
    struct lead *lead = data;

    if (job->index.more)
        indexer_wake(lead->indexer);
    store_dispatch(lead->indexer->store, lead->search);
    store_job_free(job);
    free(lead);
}

void indexer_lead(struct indexer *x, struct store_job *search)
{
    struct lead *lead = NEW(struct lead);
    struct store_job *job = store_job_new(STORE_INDEX, on_led, lead);

    *lead = (struct lead){x, search};
    job->index.until_us = clock_mono_us() + INDEXER_WAIT_MS * 1000;
    if (store_submit(x->store, job, NULL) == ERR_NONE)
        return;
    free(lead);
    store_dispatch(x->store, search);
}

struct indexer *indexer_new(uv_loop_t *loop, struct store *store)
{
    struct indexer *x = NEW(struct indexer);

    x->store = store;
    x->timer = timer_new(loop, on_time, x);
    return x;
}

void indexer_close(struct indexer *x)
{
    if (x)
        x->timer = timer_free(x->timer);
}

struct indexer *indexer_free(struct indexer *x)
{
    free(x);
    return NULL;
}
