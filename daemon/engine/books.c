#include "daemon/engine/books.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define FLUSH_MS 400   /* with the time to write, less than the second that is promised */
#define BATCH_MAX 1024 /* rows of one job: others have their turn between two */
#define RETRY_MS 5000
#define ALIKE_LOOK 8 /* how many of the rows that wait are looked at for one that is alike */

struct waiting {
    struct ledger_row row;
    TAILQ_ENTRY(waiting) link;
};
TAILQ_HEAD(waiting_list, waiting);

struct books {
    struct store *store;
    struct tally *tally;
    struct timer *timer;
    struct waiting_list rows; /* not with the store, the oldest first */
    size_t n;
    unsigned jobs; /* with the store */
    bool closed;   /* it goes with the last job */
};

static void flush(struct books *b);

static void on_timer(void *data)
{
    flush(data);
}

struct books *books_new(uv_loop_t *loop, struct store *store, struct tally *tally)
{
    struct books *b = NEW(struct books);
    b->store = store;
    b->tally = tally;
    b->timer = timer_new(loop, on_timer, b);
    TAILQ_INIT(&b->rows);
    return b;
}

static void drop(struct books *b, struct waiting *w)
{
    TAILQ_REMOVE(&b->rows, w, link);
    b->n--;
    ledger_row_done(&w->row);
    free(w);
}

static void free_if_over(struct books *b)
{
    struct waiting *w;
    if (!b->closed || b->jobs > 0)
        return;
    while ((w = TAILQ_FIRST(&b->rows)))
        drop(b, w);
    free(b);
}

static void keep_bound(struct books *b)
{
    size_t given_up = 0;
    while (b->n > BOOKS_WAITING_MAX) {
        drop(b, TAILQ_FIRST(&b->rows));
        given_up++;
    }
    if (given_up > 0)
        log_error("%zu rows of the ledger are given up: they could not be stored", given_up);
}

static void put(struct books *b, struct ledger_row *row, bool first)
{
    struct waiting *w = NEW(struct waiting);
    w->row = *row;
    *row = (struct ledger_row)LEDGER_ROW_INIT;
    if (first)
        TAILQ_INSERT_HEAD(&b->rows, w, link);
    else
        TAILQ_INSERT_TAIL(&b->rows, w, link);
    b->n++;
}

void books_take_back(struct books *b, struct ledger_row *rows, size_t n)
{
    if (n == 0 || !store_keeps(b->store))
        return;
    if (b->closed) {
        log_error("%zu rows of the ledger are given up: they could not be stored", n);
        return;
    }
    for (size_t i = n; i-- > 0;)
        put(b, &rows[i], true);
    keep_bound(b);
    if (!timer_active(b->timer))
        timer_start(b->timer, RETRY_MS);
}

/* The job is done, and gone. */
static void take_outcome(struct books *b, struct store_job *job)
{
    b->jobs--;
    if (job->code != ERR_NONE)
        books_take_back(b, job->spend.rows, job->spend.n_rows);
    store_job_free(job);
}

static void on_stored(void *data, struct store_job *job)
{
    struct books *b = data;
    take_outcome(b, job);
    free_if_over(b);
}

static void give(struct books *b, struct store_job *job)
{
    b->jobs++;
    store_submit(b->store, job, NULL); /* such jobs are never refused */
}

static void hand_over(struct books *b)
{
    size_t n = b->n < BATCH_MAX ? b->n : BATCH_MAX;
    struct store_job *job = store_job_new(STORE_SPEND, on_stored, b);
    job->spend.rows = xcalloc(n, sizeof *job->spend.rows);
    for (; job->spend.n_rows < n; job->spend.n_rows++) {
        struct waiting *w = TAILQ_FIRST(&b->rows);
        job->spend.rows[job->spend.n_rows] = w->row;
        w->row = (struct ledger_row)LEDGER_ROW_INIT;
        drop(b, w);
    }
    give(b, job);
}

static void flush(struct books *b)
{
    while (b->n > 0)
        hand_over(b);
}

void books_flush(struct books *b)
{
    timer_stop(b->timer);
    flush(b);
}

struct books *books_close(struct books *b)
{
    if (!b)
        return NULL;
    books_flush(b);
    timer_free(b->timer);
    b->timer = NULL;
    b->closed = true;
    free_if_over(b);
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* In all but the time, and what they saved: a client that asks the same a thousand times a second. */
static bool are_alike(const struct ledger_row *a, const struct ledger_row *b)
{
    return a->how == b->how && a->outcome == b->outcome && a->requests == 0 && b->requests == 0 && a->arm == b->arm &&
           a->uid == b->uid && strcmp(a->conversation, b->conversation) == 0 &&
           strcmp(a->saved_currency, b->saved_currency) == 0 && (a->saved_nano < 0) == (b->saved_nano < 0) &&
           same(a->client, b->client) && same(a->directory, b->directory) && same(a->host, b->host) &&
           same(a->label, b->label) && same(a->provider, b->provider) && same(a->model, b->model);
}

/* Among the last few that wait. */
static bool merge(struct books *b, const struct ledger_row *row)
{
    struct waiting *w;
    unsigned looked = 0;
    if (row->how == LEDGER_FRESH)
        return false;
    TAILQ_FOREACH_REVERSE(w, &b->rows, waiting_list, link)
    {
        if (looked++ == ALIKE_LOOK)
            break;
        if (!are_alike(&w->row, row))
            continue;
        w->row.answers += row->answers;
        if (row->saved_nano > 0)
            w->row.saved_nano += row->saved_nano;
        return true;
    }
    return false;
}

static void enter(struct books *b, struct ledger_row *row)
{
    put(b, row, false);
    keep_bound(b);
    if (!timer_active(b->timer))
        timer_start(b->timer, FLUSH_MS);
}

void books_add(struct books *b, struct ledger_row *row)
{
    tally_add(b->tally, row);
    if (!store_keeps(b->store) || merge(b, row))
        ledger_row_done(row);
    else
        enter(b, row);
}

void books_add_copy(struct books *b, const struct ledger_row *row)
{
    struct ledger_row copy;
    tally_add(b->tally, row);
    if (!store_keeps(b->store) || merge(b, row))
        return;
    ledger_row_copy(&copy, row);
    enter(b, &copy);
}

/* -- rows that somebody waits for -- */

struct books_write {
    struct books *books;
    void (*done)(void *data); /* NULL: nobody waits */
    void *data;
};

static void on_written(void *data, struct store_job *job)
{
    struct books_write *w = data;
    take_outcome(w->books, job);
    if (w->done)
        w->done(w->data);
    free_if_over(w->books);
    free(w);
}

struct books_write *books_write(struct books *b, struct ledger_row *rows, size_t n, void (*done)(void *data),
                                void *data)
{
    struct books_write *w = NEW(struct books_write);
    struct store_job *job = store_job_new(STORE_SPEND, on_written, w);
    *w = (struct books_write){.books = b, .done = done, .data = data};
    job->spend.rows = rows;
    job->spend.n_rows = n;
    give(b, job);
    return w;
}

void books_write_forget(struct books_write *w)
{
    if (w)
        w->done = NULL;
}
