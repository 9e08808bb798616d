#include "daemon/engine/spending.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/engine_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <stdlib.h>

#define RETRY_MS 10000

struct spending_wait {
    void (*ready)(void *data);
    void *data;
    struct spending *spending;
    TAILQ_ENTRY(spending_wait) link;
};

struct spending {
    struct engine *engine;
    struct budgets *budgets;
    struct store_job *reading; /* with the store */
    bool known;
    int64_t since_us; /* what is not known yet is of this time and later */
    struct timer *retry;
    TAILQ_HEAD(, spending_wait) waits;
};

static void read_spent(void *data);

struct spending *spending_new(struct engine *e)
{
    struct spending *s = NEW(struct spending);
    s->engine = e;
    s->budgets = budgets_new();
    s->known = true;
    s->retry = timer_new(e->loop, read_spent, s);
    TAILQ_INIT(&s->waits);
    return s;
}

static void stop_reading(struct spending *s)
{
    timer_stop(s->retry);
    if (s->reading)
        s->reading->data = NULL;
    s->reading = NULL;
}

struct spending *spending_free(struct spending *s)
{
    if (!s)
        return NULL;
    assert(TAILQ_EMPTY(&s->waits));
    stop_reading(s);
    timer_free(s->retry);
    budgets_free(s->budgets);
    free(s);
    return NULL;
}

static void tell_ready(struct spending *s)
{
    struct spending_wait *w;
    s->known = true;
    while ((w = TAILQ_FIRST(&s->waits))) {
        void (*ready)(void *) = w->ready;
        void *data = w->data;
        spending_wait_cancel(w);
        ready(data);
    }
}

static const char *id_of(const struct engine *e, const struct ledger_row *row)
{
    struct provider *p = row->provider ? providers_find(e->providers, row->provider, strlen(row->provider)) : NULL;
    const struct model *m = p && row->model ? catalog_named(e->catalog, p->kind, row->model) : NULL;
    return m ? m->id : NULL;
}

/* Or at least on its way there, and not refused: a read that begins now finds it. */
static bool all_is_stored(const struct spending *s)
{
    return TAILQ_EMPTY(&s->engine->keeps.unstored);
}

static void on_spent(void *data, struct store_job *job)
{
    struct spending *s = data;
    if (!s) {
        store_job_free(job);
        return;
    }
    s->reading = NULL;
    if (job->code == ERR_NONE && budgets_unsure(s->budgets) && all_is_stored(s)) {
        store_job_free(job);
        s->known = false; /* so that less and less settles meanwhile */
        read_spent(s);
        return;
    }
    if (job->code == ERR_NONE) {
        for (size_t i = 0; i < job->spent.n_rows; i++)
            budgets_recall(s->budgets, &job->spent.rows[i], id_of(s->engine, &job->spent.rows[i]));
        budgets_recalled(s->budgets);
    } else {
        log_error("what was spent before is not known, and budgets begin at 0 until it is: %s", job->error.message);
        timer_start(s->retry, RETRY_MS);
    }
    store_job_free(job);
    tell_ready(s);
}

static void read_spent(void *data)
{
    struct spending *s = data;
    struct error err = ERROR_INIT;
    struct store_job *job = store_job_new(STORE_SPENT, on_spent, s);
    if (all_is_stored(s))
        budgets_recall_again(s->budgets);
    job->spent.since_us = s->since_us;
    job->spent.now_us = clock_wall_us();
    s->reading = job;
    if (engine_submit(s->engine, job, &err) == ERR_NONE)
        return;
    s->reading = NULL; /* too much waits for the store: soon */
    timer_start(s->retry, RETRY_MS);
    tell_ready(s);
}

void spending_give_up(struct spending *s)
{
    stop_reading(s);
    tell_ready(s);
}

void spending_configure(struct spending *s, struct budget_rules *rules)
{
    stop_reading(s);
    budgets_configure(s->budgets, rules, clock_wall_us(), &s->since_us);
    if (s->since_us == 0 || !store_keeps(s->engine->store)) {
        budgets_recalled(s->budgets);
        tell_ready(s);
        return;
    }
    s->known = false;
    read_spent(s);
}

struct budgets *spending_budgets(const struct spending *s)
{
    return s->budgets;
}

bool spending_known(const struct spending *s)
{
    return s->known;
}

struct spending_wait *spending_wait(struct spending *s, void (*ready)(void *data), void *data)
{
    struct spending_wait *w = NEW(struct spending_wait);
    assert(!s->known);
    *w = (struct spending_wait){.ready = ready, .data = data, .spending = s};
    TAILQ_INSERT_TAIL(&s->waits, w, link);
    return w;
}

void spending_wait_cancel(struct spending_wait *w)
{
    if (!w)
        return;
    TAILQ_REMOVE(&w->spending->waits, w, link);
    free(w);
}
