#include "daemon/engine/embed.h"
#include "daemon/core/timer.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/figures.h"
#include "daemon/engine/spending.h"
#include "daemon/engine/tries.h"
#include "daemon/engine/vectors_known.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

struct embed {
    struct engine *engine;
    struct ledger_row who; /* what its rows of the ledger begin as */
    struct embed_request *req;
    struct plan plan;
    struct vectors_known known;
    struct cache_fetch *fetch;  /* under way */
    struct embed_request *rest; /* what is asked for: those that are not known */
    struct tries *tries;
    struct route asked; /* whom it goes to now */
    double *numbers;    /* owned: of the rest */
    size_t dimension;
    struct usage usage;
    unsigned n_rows; /* of the ledger, that it has already */
    void (*done)(void *data, const struct embedding *embedding, const struct error *err);
    void *data;
    bool *over;              /* set where it ends before embed_start has returned; NULL behind that */
    struct bucket_cost cost; /* of the rest, estimated */
    double timeout;
    struct timer *deadline;
    int64_t deadline_us, asked_us; /* monotonic; deadline 0: none */
    TAILQ_ENTRY(embed) link;
};

static void ask_rest(struct embed *m);

/* Roughly. */
static struct bucket_cost cost_of(const struct embed *m, const struct embed_request *req)
{
    struct bucket_cost cost = {0};
    enum token_family family = tokens_family_of_model(m->plan.routes[0].model);
    for (size_t i = 0; i < req->n_input; i++)
        cost.input += tokens_of_text(family, req->input[i], req->input_len[i]);
    return cost;
}

/* All came from the cache: what they would have cost. */
static void add_savings(const struct embed *m, struct ledger_row *row)
{
    struct usage u = USAGE_INIT;
    const char *currency;
    u.input_tokens = cost_of(m, m->req).input;
    u.output_tokens = 0;
    row->how = LEDGER_CACHED;
    if (figures_cost(m->engine->catalog, &m->asked, &u, row->at_us, &row->saved_nano, &currency))
        error_text(row->saved_currency, sizeof row->saved_currency, currency, strlen(currency));
}

/* What came from the cache alone is a row too. */
static void add_rows(struct embed *m, bool done, const struct error *err)
{
    struct spend spend;
    struct spend_end end = {.provider = m->asked.provider ? m->asked.provider->name : "",
                            .model = m->asked.model,
                            .state = !err                           ? LOG_DONE
                                     : err->code == ERR_CANCELLED   ? LOG_CANCELLED
                                     : err->code == ERR_INTERRUPTED ? LOG_INTERRUPTED
                                                                    : LOG_FAILED,
                            .usage = m->usage,
                            .input_tokens = m->cost.input};
    if (!m->tries && !done) /* it was refused at once */
        return;
    if (usage_known(&end.usage)) /* else whether it costs anything goes by how it ended */
        end.usage.output_tokens = 0;
    spend_rows(m->engine->catalog, m->tries ? tries_tried(m->tries) : NULL, &m->who, &end, &spend);
    if (m->tries)
        tries_settle(m->tries, &spend);
    else
        add_savings(m, &spend.rows[0]);
    for (size_t i = 0; i < spend.n; i++) {
        spend.rows[i].arm = m->n_rows++;
        books_add(m->engine->books, &spend.rows[i]);
    }
    spend_done(&spend);
}

/* Frees it. */
static void finish(struct embed *m, const struct embedding *result, const struct error *err)
{
    struct engine *e = m->engine;
    TAILQ_REMOVE(&e->embeds, m, link);
    e->n_embeds--;
    if (m->over)
        *m->over = true;
    add_rows(m, result, err);
    m->done(m->data, result, err);
    timer_free(m->deadline);
    if (m->fetch)
        cache_fetch_cancel(m->fetch);
    tries_free(m->tries);
    plan_done(&m->plan);
    vectors_known_done(&m->known);
    embed_request_free(m->rest);
    embed_request_free(m->req);
    ledger_row_done(&m->who);
    free(m->numbers);
    free(m);
    if (e->ended)
        e->ended(e->ended_data);
}

static struct vectors_asked asked(const struct embed *m)
{
    return (struct vectors_asked){.route = &m->asked,
                                  .numbers = m->numbers,
                                  .dimension = m->dimension,
                                  .usage = m->usage,
                                  .took_ms = (clock_mono_us() - m->asked_us) / 1000};
}

/* What was found is by another model than the rest: all of it is asked for. What the rest cost stays. */
static void ask_all(struct embed *m)
{
    if (m->tries)
        add_rows(m, true, NULL);
    m->usage = (struct usage)USAGE_INIT;
    vectors_known_forget(&m->known);
    m->tries = tries_free(m->tries);
    m->rest = embed_request_free(m->rest);
    free(m->numbers);
    m->numbers = NULL;
    m->dimension = 0;
    ask_rest(m);
}

static bool is_first(const struct embed *m)
{
    const struct route *first = m->plan.routes;
    return m->asked.provider == first->provider && strcmp(m->asked.model, first->model) == 0;
}

static void fail(struct embed *m, const struct error *err)
{
    finish(m, NULL, err);
}

/* Frees it. */
static void succeed(struct embed *m)
{
    struct embedding result = {.provider = m->asked.provider->name,
                               .model = m->asked.model,
                               .n = m->req->n_input,
                               .n_cached = m->req->n_input - m->known.n_missing,
                               .usage = m->usage};
    const struct vectors_asked a = asked(m);
    bool mixed = result.n_cached > 0 && m->known.n_missing > 0 && !is_first(m);
    double *all = mixed ? NULL : vectors_known_merge(&m->known, &a, &result.dimension);
    if (!all && result.dimension == 0 && result.n_cached > 0) {
        ask_all(m);
        return;
    }
    if (!all) {
        struct error err = ERROR_INIT;
        if (result.dimension > 0)
            error_set(&err, ERR_TOO_LARGE, "the vectors have more than %u bytes; ask for fewer texts at once",
                      VECTORS_BYTES_MAX);
        else
            error_set(&err, ERR_BAD_RESPONSE, "%s made vectors without numbers", m->asked.provider->name);
        fail(m, &err);
        return;
    }
    for (size_t i = 0; i < m->req->n_input; i++) {
        if (m->known.items[i])
            cache_count_hit(m->engine->cache, m->known.items[i]);
        else
            cache_count_miss(m->engine->cache);
    }
    if (m->known.n_missing > 0)
        vectors_known_remember(m->engine, &m->known, &a);
    result.vectors = all;
    finish(m, &result, NULL);
    free(all);
}

/* What budgets have reserved must not be forgotten however the daemon ends. */
static void expect(const struct embed *m)
{
    struct books *books = m->engine->books;
    struct ledger_row row;
    if (!budgets_any(spending_budgets(m->engine->spending)))
        return;
    ledger_row_copy(&row, &m->who);
    row.arm = m->n_rows;
    row.provider = xstrdup(m->asked.provider->name);
    row.model = xstrdup(m->asked.model);
    row.outcome = LEDGER_RUNNING;
    row.requests = 1;
    row.usage.input_tokens = m->cost.input;
    row.usage.output_tokens = 0;
    row.usage.estimated = true;
    spend_price(m->engine->catalog, &m->asked, &row);
    books_add(books, &row);
    books_flush(books);
}

static void on_first(void *data, const struct route *r, size_t candidate)
{
    struct embed *m = data;
    (void)candidate;
    m->asked = *r;
    expect(m);
}

static void on_event(void *data, const struct chat_event *ev)
{
    if (ev->kind == EVENT_USAGE)
        ((struct embed *)data)->usage = ev->usage;
}

static void on_vectors(void *data, double *numbers, size_t dimension)
{
    struct embed *m = data;
    m->numbers = numbers;
    m->dimension = dimension;
}

static void on_turn(void *data, const struct route *r, size_t candidate, const struct error *why, int64_t delay_ms)
{
    (void)candidate, (void)why, (void)delay_ms;
    ((struct embed *)data)->asked = *r;
}

static void on_end(void *data, const struct error *err)
{
    if (err)
        fail(data, err);
    else
        succeed(data);
}

static void stop(struct embed *m, const struct error *err)
{
    if (m->tries)
        tries_stop(m->tries, err);
    fail(m, err);
}

static void on_deadline(void *data)
{
    struct embed *m = data;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TIMEOUT, "no vectors within the timeout of %g s", m->timeout);
    stop(m, &err);
}

static void ask_rest(struct embed *m)
{
    static const struct tries_hooks hooks = {on_first, on_event, on_vectors, on_turn, on_end};
    if (m->known.n_missing == 0) {
        m->asked = m->plan.routes[0];
        m->usage.input_tokens = 0; /* nobody was asked */
        succeed(m);
        return;
    }
    m->rest = vectors_known_rest(&m->known);
    m->asked_us = clock_mono_us();
    m->cost = cost_of(m, m->rest);
    const struct tries_question q = {
        .embed = m->rest, .conversation = "", .deadline_us = m->deadline_us, .cost = m->cost, .who = &m->who};
    tries_start(m->engine, &m->plan, &q, &hooks, m, &m->tries);
}

static void on_fetched(void *data, struct cache_item **items, size_t n);

/* Some at a time, so that others have their turn between two, and few are held twice. Those that the tier cannot have
 * are passed over at once. */
static void fetch(struct embed *m)
{
    struct cache_item *none[VECTORS_AT_ONCE] = {NULL};
    struct cache_key *keys;
    size_t n;
    while (!m->fetch && (keys = vectors_known_next(&m->known, &n))) {
        m->fetch = cache_fetch(m->engine->cache, m->known.scope, keys, n, -1, on_fetched, m);
        if (!m->fetch)
            vectors_known_add(&m->known, none, n);
        free(keys);
    }
    if (!m->fetch)
        ask_rest(m);
}

static void on_fetched(void *data, struct cache_item **items, size_t n)
{
    struct embed *m = data;
    m->fetch = NULL;
    vectors_known_add(&m->known, items, n);
    fetch(m);
}

static void find_out(struct embed *m)
{
    vectors_known_find(m->engine, &m->plan.routes[0], m->req, m->who.uid, &m->known);
    fetch(m);
}

struct embed *embed_start(struct engine *e, struct embed_request *req, const struct spend_who *who, double timeout,
                          void (*done)(void *data, const struct embedding *embedding, const struct error *err),
                          void *data)
{
    const struct route_world w = engine_world(e);
    struct error err = ERROR_INIT;
    struct embed *m = NEW(struct embed);
    bool over = false;
    *m = (struct embed){
        .engine = e, .req = req, .usage = USAGE_INIT, .done = done, .data = data, .over = &over, .timeout = timeout};
    char id[ID_LEN + 1];
    id_new(id);
    spend_begin(&m->who, id, clock_wall_us(), who);
    TAILQ_INSERT_TAIL(&e->embeds, m, link);
    e->n_embeds++;
    if (e->draining)
        error_set(&err, ERR_OVERLOADED, "the daemon is ending; ask again in a moment");
    else if (route_model(&w, req->model, NULL, &m->plan, &err) == ERR_NONE && m->plan.n == 0)
        error_set(&err, ERR_NO_PROVIDER, "no provider has a key; name a local server's model as ollama/MODEL");
    if (err.code != ERR_NONE) {
        fail(m, &err);
        return NULL;
    }
    m->plan.race = false; /* there is no first token to wait for */
    if (timeout > 0) {
        m->deadline_us = clock_mono_us() + (int64_t)(timeout * 1e6);
        m->deadline = timer_new(e->loop, on_deadline, m);
        timer_start(m->deadline, (int64_t)(timeout * 1000));
    }
    find_out(m);
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
