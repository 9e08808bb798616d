#include "daemon/engine/ask_internal.h"
#include "daemon/engine/tries.h"
#include "lib/base/clock.h"
#include <string.h>

static void store_nothing(struct ask *a)
{
    a->question = store_job_free(a->question);
    answer_unstore(a->answer);
}

/* The question will be answered; what is stored of it is accepted once that is committed. What costs nothing is stored
 * only where somebody means to come back to it. */
static void take_up(struct ask *a, bool free_of_charge)
{
    if (free_of_charge && !answer_kept(a->answer))
        store_nothing(a);
    if (!answer_stored(a->answer))
        answer_accept(a->answer);
}

/* It never was. */
static void refuse(struct ask *a, const struct error *err)
{
    if (a->refusal) {
        a->refusal->err = *err;
        return;
    }
    store_nothing(a);
    answer_set_message(a->answer, "", "");
    ask_fail(a, err);
}

/* started: it is read, or may be, from its start event on. */
static void tell_cached(struct engine *e, struct answer *answer, const struct cache_item *it, bool started)
{
    const struct item_facts *item = item_facts(it);
    struct answer_facts *f = answer_facts(answer);
    f->cached = true;
    f->age_ms = item_age_ms(it);
    key_hex(&item->key, f->key);
    if (started)
        flight_set_start(e, answer, item->provider, item->model);
    cache_count_hit(e->cache, it);
}

static void add_cached_row(struct engine *e, struct ledger_row row, const struct cache_item *it)
{
    const struct item_facts *item = item_facts(it);
    row.how = LEDGER_CACHED;
    row.outcome = LEDGER_DONE;
    row.provider = (char *)(uintptr_t)item->provider; /* borrowed, as all of it */
    row.model = (char *)(uintptr_t)item->model;
    row.saved_nano = item->saved_nano;
    error_text(row.saved_currency, sizeof row.saved_currency, item->currency, strlen(item->currency));
    books_add_copy(e->books, &row);
}

/* False where it cannot be read. */
static bool give_cached(struct ask *a, struct cache_item *it)
{
    struct engine *e = a->engine;
    struct log *l = lookup_log(e, it);
    struct fold fold;
    struct buf attempts;
    if (!l)
        return false;
    ask_stop_waiting(a);
    answer_move(a->answer, l);
    flight_disembark(&a->rider);
    take_up(a, true);
    tell_cached(e, a->answer, it, true);
    flight_set_context(a->answer,
                       windows_told(&a->windows, lookup_candidate(&a->lookup, &a->plan, &item_facts(it)->key)));
    buf_init(&attempts, 64);
    tries_put_attempts(&attempts, NULL, 0, NULL);
    fold_log(&fold, l, answer_provider(a->answer), answer_model(a->answer));
    add_cached_row(e, a->who, it);
    ask_store(a, &(struct ask_end){.state = LOG_DONE, .fold = &fold, .attempts = &attempts});
    fold_done(&fold);
    buf_done(&attempts);
    return true;
}

static bool reaches_disk(const struct ask *a)
{
    return !a->req->no_store && store_stores(a->engine->store);
}

static void join(struct ask *a, struct flight *flight)
{
    flight_disembark(&a->rider);
    answer_table_uncount(a->engine->table, a->answer);
    take_up(a, true);
    answer_facts(a->answer)->shared = true;
    key_hex(lookup_keys(&a->lookup), answer_facts(a->answer)->key);
    if (reaches_disk(a))
        flight_persist(flight);
    windows_done(&a->windows); /* the flight has its like, likewise: */
    a->req = chat_request_free(a->req);
    plan_done(&a->plan);
    a->plan = (struct plan){0};
    lookup_done(&a->lookup);
    cache_count_join(a->engine->cache);
    a->state = ASK_RUNNING;
    flight_board(flight, &a->rider);
}

bool ask_count(struct ask *a)
{
    struct answer_table *t = a->engine->table;
    struct error err = ERROR_INIT;
    if (answer_table_counts(t, a->answer))
        return true;
    if (answer_table_admit(t, answer_uid(a->answer), &err) != ERR_NONE) {
        refuse(a, &err);
        return false;
    }
    answer_table_count(t, a->answer);
    return true;
}

/* Nobody knows: a provider is asked. */
static void ask_provider(struct ask *a)
{
    if (!ask_count(a))
        return;
    take_up(a, false);
    if (a->lookup.n > 0)
        key_hex(lookup_keys(&a->lookup), answer_facts(a->answer)->key);
    if (reaches_disk(a))
        flight_persist(a->rider.flight);
    struct flight_question q = {a->req, a->plan, a->windows, a->lookup};
    a->req = NULL;
    a->plan = (struct plan){0};
    a->windows = (struct windows){0};
    a->lookup = (struct lookup){0};
    a->state = ASK_RUNNING;
    flight_start(a->rider.flight, &q);
}

static bool reads_cache(const struct chat_request *req)
{
    return req->cache == CACHE_USE || req->cache == CACHE_ONLY;
}

static void on_fetched(void *data, struct cache_item **items, size_t n);

static bool fetch(struct ask *a)
{
    const struct lookup *k = &a->lookup;
    a->fetch = cache_fetch(a->engine->cache, k->scope, lookup_keys(k), k->n, k->max_age_ms, on_fetched, a);
    if (a->fetch)
        a->state = ASK_FETCHING;
    return a->fetch;
}

/* fetched: the persistent tier was asked already, and memory once more with it; neither had anything. */
static void decide(struct ask *a, bool fetched)
{
    enum cache_policy policy = a->req->cache;
    bool reads = a->lookup.n > 0 && reads_cache(a->req);
    struct cache_item *it = reads && !a->looked ? lookup_find(a->engine, &a->lookup) : NULL;
    struct error err = ERROR_INIT;
    a->looked = true;
    if (it && give_cached(a, it))
        return;
    struct flight *other = reads && policy == CACHE_USE ? flight_find(a->engine, &a->lookup) : NULL;
    if (other) {
        join(a, other);
        return;
    }
    if (reads && !fetched && fetch(a))
        return;
    if (reads)
        cache_count_miss(a->engine->cache);
    if (policy != CACHE_ONLY) {
        ask_provider(a);
        return;
    }
    error_set(&err, ERR_NOT_FOUND, "no cached answer to this question");
    refuse(a, &err);
}

static void on_fetched(void *data, struct cache_item **items, size_t n)
{
    struct ask *a = data;
    a->fetch = NULL;
    struct cache_item *it = lookup_first(items, n);
    if (!it || !give_cached(a, it))
        decide(a, true);
}

static void make_windows(struct ask *a)
{
    struct engine *e = a->engine;
    windows_make(e->catalog, &a->plan, a->req, &e->opt.windows, &a->said.summary, &a->windows);
}

static void look(struct ask *a)
{
    const struct lookup_question q = {&a->plan, a->req, &a->windows};
    lookup_make(a->engine, &q, answer_uid(a->answer), &a->lookup);
    decide(a, false);
}

void ask_find_out(struct ask *a)
{
    if (a->looked) {
        decide(a, false);
        return;
    }
    make_windows(a);
    if (!ask_summarize(a))
        look(a);
}

void ask_summarized(struct ask *a, const struct error *why)
{
    windows_done(&a->windows);
    make_windows(a);
    if (why)
        windows_unsummarized(&a->windows, why);
    look(a);
}

struct answer *ask_at_once(struct engine *e, const struct chat_request *req, const struct plan *plan,
                           const struct answer_asker *asker, struct ask_looked *looked)
{
    int64_t begun_us = clock_mono_us();
    *looked = (struct ask_looked){.done = reads_cache(req) && !asker->keep && plan->n > 0 && !attach_needed(req)};
    if (!looked->done)
        return NULL;
    windows_make(e->catalog, plan, req, &e->opt.windows, NULL, &looked->windows);
    if (looked->windows.n > 0 && looked->windows.policy == CONTEXT_SUMMARIZE) { /* that takes time */
        windows_done(&looked->windows);
        looked->done = false;
        return NULL;
    }
    lookup_make(e, &(struct lookup_question){plan, req, &looked->windows}, asker->uid, &looked->lookup);
    struct cache_item *it = lookup_find(e, &looked->lookup);
    struct log *l = it ? lookup_log(e, it) : NULL;
    if (!l)
        return NULL;
    struct answer *answer = answer_new(l, asker);
    answer_unstore(answer);
    answer_facts(answer)->times.total = (double)(clock_mono_us() - begun_us) / 1000;
    tell_cached(e, answer, it, req->stream);
    flight_set_context(answer,
                       windows_told(&looked->windows, lookup_candidate(&looked->lookup, plan, &item_facts(it)->key)));
    const struct spend_who who = {asker->uid, asker->client, &req->place};
    add_cached_row(e, spend_borrowed(answer_id(answer), answer_started_us(answer), &who), it);
    answer_accept(answer);
    answer_settle(answer);
    meter_end(&e->meter, LOG_DONE);
    report_answer(answer, asker->client, NULL);
    return answer;
}
