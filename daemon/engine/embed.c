#include "daemon/engine/embed.h"
#include "daemon/core/timer.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/tries.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

struct embed {
    struct engine *engine;
    struct embed_request *req;
    struct plan plan;
    struct tries *tries;
    struct route asked; /* whom it goes to now */
    double *vectors;    /* owned */
    size_t dimension;
    struct usage usage;
    void (*done)(void *data, const struct embedding *embedding, const struct error *err);
    void *data;
    bool *over; /* set where it ends before embed_start has returned; NULL behind that */
    double timeout;
    struct timer *deadline;
    TAILQ_ENTRY(embed) link;
};

/* Frees it. */
static void finish(struct embed *m, const struct error *err)
{
    struct embedding result = {.provider = m->asked.provider ? m->asked.provider->name : "",
                               .model = m->asked.model,
                               .vectors = m->vectors,
                               .n = m->req->n_input,
                               .dimension = m->dimension,
                               .usage = m->usage};
    struct engine *e = m->engine;
    TAILQ_REMOVE(&e->embeds, m, link);
    e->n_embeds--;
    if (m->over)
        *m->over = true;
    m->done(m->data, err ? NULL : &result, err);
    timer_free(m->deadline);
    tries_free(m->tries);
    plan_done(&m->plan);
    embed_request_free(m->req);
    free(m->vectors);
    free(m);
    if (e->ended)
        e->ended(e->ended_data);
}

static void on_first(void *data, const struct route *r)
{
    ((struct embed *)data)->asked = *r;
}

static void on_event(void *data, const struct chat_event *ev)
{
    if (ev->kind == EVENT_USAGE)
        ((struct embed *)data)->usage = ev->usage;
}

static void on_vectors(void *data, double *numbers, size_t dimension)
{
    struct embed *m = data;
    m->vectors = numbers;
    m->dimension = dimension;
}

static void on_turn(void *data, const struct route *r, const struct error *why, int64_t delay_ms)
{
    (void)why, (void)delay_ms;
    ((struct embed *)data)->asked = *r;
}

static void on_end(void *data, const struct error *err)
{
    finish(data, err);
}

static void stop(struct embed *m, const struct error *err)
{
    if (m->tries)
        tries_stop(m->tries, err);
    finish(m, err);
}

static void on_deadline(void *data)
{
    struct embed *m = data;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TIMEOUT, "no vectors within the timeout of %g s", m->timeout);
    stop(m, &err);
}

/* Roughly: it is for the rate limit alone. */
static struct bucket_cost cost_of(const struct embed *m)
{
    struct bucket_cost cost = {0};
    enum token_family family = tokens_family_of_model(m->plan.routes[0].model);
    for (size_t i = 0; i < m->req->n_input; i++)
        cost.input += tokens_of_text(family, m->req->input[i], m->req->input_len[i]);
    return cost;
}

struct embed *embed_start(struct engine *e, struct embed_request *req, double timeout,
                          void (*done)(void *data, const struct embedding *embedding, const struct error *err),
                          void *data)
{
    static const struct tries_hooks hooks = {on_first, on_event, on_vectors, on_turn, on_end};
    const struct route_world w = engine_world(e);
    struct error err = ERROR_INIT;
    struct embed *m = NEW(struct embed);
    bool over = false;
    *m = (struct embed){
        .engine = e, .req = req, .usage = USAGE_INIT, .done = done, .data = data, .over = &over, .timeout = timeout};
    TAILQ_INSERT_TAIL(&e->embeds, m, link);
    e->n_embeds++;
    if (e->draining)
        error_set(&err, ERR_OVERLOADED, "the daemon is ending; ask again in a moment");
    else if (route_model(&w, req->model, NULL, &m->plan, &err) == ERR_NONE && m->plan.n == 0)
        error_set(&err, ERR_NO_PROVIDER, "no provider has a key; name a local server's model as ollama/MODEL");
    if (err.code != ERR_NONE) {
        finish(m, &err);
        return NULL;
    }
    m->plan.race = false; /* there is no first token to wait for */
    int64_t deadline_us = 0;
    if (timeout > 0) {
        deadline_us = clock_mono_us() + (int64_t)(timeout * 1e6);
        m->deadline = timer_new(e->loop, on_deadline, m);
        timer_start(m->deadline, (int64_t)(timeout * 1000));
    }
    const struct tries_question q = {.embed = req, .conversation = "", .deadline_us = deadline_us, .cost = cost_of(m)};
    tries_start(e, &m->plan, &q, &hooks, m, &m->tries);
    if (over)
        return NULL;
    m->over = NULL;
    return m;
}

void embed_cancel(struct embed *m)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_CANCELLED, "nobody waits for the vectors any more");
    stop(m, &err);
}

void embed_interrupt_all(struct engine *e)
{
    struct embed *m;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ended before the vectors came");
    while ((m = TAILQ_FIRST(&e->embeds)))
        stop(m, &err);
}
