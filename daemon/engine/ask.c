#include "daemon/engine/ask.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/context.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/flight.h"
#include "daemon/engine/tries.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum ask_state {
    ASK_READING,  /* what was said before in its conversation */
    ASK_LOOKING,  /* for a local server */
    ASK_FETCHING, /* what the cache's persistent tier has */
    ASK_RUNNING,  /* on a flight that asks a provider */
    ASK_STORING,  /* its log has ended; it ends when that is committed */
    ASK_ENDED,
};

struct ask {
    struct rider rider; /* first. Until it is known what becomes of the question, on an idle flight of its own */
    struct engine *engine;
    enum ask_state state;
    struct chat_request *req; /* until a flight takes it; likewise: */
    struct plan plan;
    struct lookup lookup;
    struct answer *answer;     /* reference */
    struct store_job *reading; /* with the store */
    struct discover_search *search;
    struct cache_fetch *fetch;
    struct store_job *question; /* to be stored once it is known whom it goes to */
    struct keep *keep;
    bool detach;                   /* as asked */
    struct engine_question shared; /* ids that other answers to it have too; n 0: none */
    struct timer *timer;           /* its deadline, then the commit's; NULL: neither was wanted yet */
    double timeout;                /* seconds, as asked */
    int64_t begun_us;              /* monotonic */
    struct refusal {
        struct error err;
        bool freed;
    } * refusal; /* while ask_start is on the stack: where to say that it is refused */
    TAILQ_ENTRY(ask) link;
};

static const struct rider_hooks rider_hooks;

static void fail(struct ask *a, const struct error *err);

static void ask_free(struct ask *a)
{
    if (a->refusal)
        a->refusal->freed = true;
    chat_request_free(a->req);
    plan_done(&a->plan);
    lookup_done(&a->lookup);
    answer_unref(a->answer);
    store_job_free(a->question);
    free(a->shared.ids);
    timer_free(a->timer);
    free(a);
}

static void leave_engine(struct ask *a)
{
    TAILQ_REMOVE(&a->engine->asks, a, link);
    a->engine->n_asks--;
}

/* -- its end -- */

/* What a provider says may quote the question, which is in no log: its code tells. */
static void report(const struct answer *a)
{
    const struct error *err = answer_error(a);
    if (!err || err->code == ERR_CANCELLED || !answer_accepted(a))
        return;
    if (err->provider[0])
        log_notice("answer %s: %s from %s (HTTP %d)", answer_id(a), error_name(err->code), err->provider, err->status);
    else
        log_notice("answer %s: %s: %s", answer_id(a), error_name(err->code), err->message);
}

/* Is it to be found when it has ended? One that cost nothing only where somebody means to come back to it. */
static bool is_retained(const struct ask *a)
{
    const struct answer_facts *f = answer_facts(a->answer);
    return answer_accepted(a->answer) && (answer_kept(a->answer) || !(f->cached || f->shared));
}

/* The question is over. Frees it. */
static void settle(struct ask *a)
{
    struct engine *e = a->engine;
    assert(a->state == ASK_STORING);
    a->state = ASK_ENDED;
    a->keep = keep_release(a->keep);
    answer_settle(a->answer);
    answer_table_ended(e->table, a->answer);
    if (!is_retained(a))
        answer_table_drop(e->table, a->answer);
    leave_engine(a);
    report(a->answer);
    ask_free(a);
    if (e->ended)
        e->ended(e->ended_data);
}

/* gone: its conversation was deleted meanwhile. */
static void on_stored(void *data, bool stored, bool gone)
{
    struct ask *a = data;
    if (!stored || gone)
        answer_set_message(a->answer, "", "");
    answer_accept(a->answer);
    settle(a);
}

/* Its question is committed, or cannot be for now. */
static void on_begun(void *data)
{
    answer_accept(((struct ask *)data)->answer);
}

static void begin_keep(struct ask *a)
{
    static const struct keep_hooks hooks = {on_begun, on_stored};
    struct store_job *question = a->question;
    a->question = NULL;
    if (question)
        a->keep = keep_begin(&a->engine->keeps, a->answer, question, a->detach, &hooks, a);
}

static void start_timer(struct ask *a, int64_t ms);

/* Its log has ended: what is left of it goes to the store. May free it. */
static void store(struct ask *a, enum log_state state, const struct error *err, const struct fold *fold,
                  const struct buf *attempts)
{
    struct buf extras;
    answer_facts(a->answer)->total_ms = (double)(clock_mono_us() - a->begun_us) / 1000;
    a->state = ASK_STORING;
    begin_keep(a);
    if (!a->keep) {
        settle(a);
        return;
    }
    buf_init(&extras, SIZE_MAX / 2); /* of the attempts' size, which is bounded */
    buf_append(&extras, attempts->data, attempts->len);
    uint32_t n = 1 + answer_put_facts(&extras, a->answer);
    keep_end(a->keep, &(struct keep_end){state, err, fold, &extras, n, answer_facts(a->answer)->cached});
    buf_done(&extras);
    start_timer(a, store_opt(a->engine->store)->commit_timeout_ms);
}

static void stop_waiting(struct ask *a)
{
    timer_stop(a->timer);
    if (a->reading)
        a->reading->data = NULL;
    if (a->search)
        discover_cancel(a->search);
    if (a->fetch)
        cache_fetch_cancel(a->fetch);
    a->reading = NULL;
    a->search = NULL;
    a->fetch = NULL;
}

static double since(const struct ask *a, int64_t us)
{
    return us > a->begun_us ? (double)(us - a->begun_us) / 1000 : 0;
}

static void on_landed(struct rider *r, const struct flight_outcome *o)
{
    struct ask *a = (struct ask *)r;
    struct answer_facts *f = answer_facts(a->answer);
    stop_waiting(a);
    if (o->asked_us)
        f->queued_ms = since(a, o->asked_us);
    if (o->first_us)
        f->first_ms = since(a, o->first_us);
    if (o->key)
        key_hex(o->key, f->key);
    store(a, o->state, o->err, o->fold, o->attempts);
}

static void on_first(struct rider *r)
{
    begin_keep((struct ask *)r);
}

static const struct rider_hooks rider_hooks = {on_first, on_landed};

/* The one way in which a question ends early. Whom it would have gone to is told, as far as it is known. */
static void end_early(struct ask *a, enum log_state state, const struct error *err)
{
    assert(a->state < ASK_STORING);
    if (a->state != ASK_RUNNING) {
        const struct route *r = a->plan.n ? a->plan.routes : NULL;
        const char *model = a->req->model ? a->req->model : "";
        flight_name(a->rider.flight, r ? r->provider->name : "", r ? r->model : model);
    }
    flight_leave(&a->rider, state, err);
}

static void fail(struct ask *a, const struct error *err)
{
    end_early(a, LOG_FAILED, err);
}

static void on_cancel(void *data)
{
    struct ask *a = data;
    struct error err = ERROR_INIT;
    if (a->state >= ASK_STORING) /* how it ends is settled */
        return;
    error_set(&err, ERR_CANCELLED, "the answer was cancelled");
    end_early(a, LOG_CANCELLED, &err);
}

static void on_timer(void *data)
{
    struct error err = ERROR_INIT;
    struct ask *a = data;
    if (a->state == ASK_STORING) { /* it may be stored yet, but nobody waits for it any longer */
        on_stored(a, false, false);
        return;
    }
    error_set(&err, ERR_TIMEOUT, "no whole answer within the timeout of %g s", a->timeout);
    fail(a, &err);
}

static void start_timer(struct ask *a, int64_t ms)
{
    if (!a->timer)
        a->timer = timer_new(a->engine->loop, on_timer, a);
    timer_start(a->timer, ms);
}

static struct ask *first_unended(struct engine *e)
{
    struct ask *a;
    TAILQ_FOREACH (a, &e->asks, link)
        if (a->state < ASK_STORING)
            return a;
    return NULL;
}

void ask_interrupt_all(struct engine *e)
{
    struct ask *a;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ended before the answer did");
    while ((a = first_unended(e)))
        end_early(a, LOG_INTERRUPTED, &err);
}

void ask_give_up_all(struct engine *e)
{
    struct ask *a;
    ask_interrupt_all(e);
    while ((a = TAILQ_FIRST(&e->asks)))
        settle(a);
}

/* -- known already? -- */

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
    fail(a, err);
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

/* False where it cannot be read. */
static bool give_cached(struct ask *a, struct cache_item *it)
{
    struct engine *e = a->engine;
    struct log *l = lookup_log(e, it);
    struct fold fold;
    struct buf attempts;
    if (!l)
        return false;
    stop_waiting(a);
    answer_move(a->answer, l);
    flight_disembark(&a->rider);
    take_up(a, true);
    tell_cached(e, a->answer, it, true);
    buf_init(&attempts, 64);
    tries_put_attempts(&attempts, NULL, 0, NULL);
    fold_log(&fold, l, answer_provider(a->answer), answer_model(a->answer));
    store(a, LOG_DONE, NULL, &fold, &attempts);
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
    take_up(a, true);
    answer_facts(a->answer)->shared = true;
    key_hex(lookup_keys(&a->lookup), answer_facts(a->answer)->key);
    if (reaches_disk(a))
        flight_persist(flight);
    a->req = chat_request_free(a->req); /* the flight has its like */
    plan_done(&a->plan);
    a->plan = (struct plan){0};
    lookup_done(&a->lookup);
    cache_count_join(a->engine->cache);
    a->state = ASK_RUNNING;
    flight_board(flight, &a->rider);
}

/* Nobody knows: a provider is asked. */
static void ask_provider(struct ask *a)
{
    struct engine *e = a->engine;
    struct error err = ERROR_INIT;
    if (answer_table_admit(e->table, answer_uid(a->answer), &err) != ERR_NONE) {
        refuse(a, &err);
        return;
    }
    take_up(a, false);
    answer_table_count(e->table, a->answer);
    if (a->lookup.n > 0)
        key_hex(lookup_keys(&a->lookup), answer_facts(a->answer)->key);
    if (reaches_disk(a))
        flight_persist(a->rider.flight);
    struct flight_question q = {a->req, a->plan, a->lookup};
    a->req = NULL;
    a->plan = (struct plan){0};
    a->lookup = (struct lookup){0};
    a->state = ASK_RUNNING;
    flight_start(a->rider.flight, &q);
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

/* fetched: the persistent tier was asked already, and it and memory had nothing. */
static void decide(struct ask *a, bool fetched)
{
    enum cache_policy policy = a->req->cache;
    bool reads = a->lookup.n > 0 && (policy == CACHE_USE || policy == CACHE_ONLY);
    struct cache_item *it = reads && !fetched ? lookup_find(a->engine, &a->lookup) : NULL;
    struct error err = ERROR_INIT;
    if (it && give_cached(a, it))
        return;
    struct flight *other = reads && policy == CACHE_USE ? flight_find(a->engine, &a->lookup, a->req) : NULL;
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
    for (size_t i = 0; i < n; i++)
        if (items[i] && item_facts(items[i])->kind == ITEM_ANSWER && give_cached(a, items[i]))
            return;
    decide(a, true);
}

/* -- its start -- */

static void find_out(struct ask *a)
{
    lookup_make(a->engine, &a->plan, a->req, answer_uid(a->answer), &a->lookup);
    decide(a, false);
}

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct ask *a = data;
    a->search = NULL;
    if (!p) {
        fail(a, err);
        return;
    }
    plan_found(&a->plan, p, model);
    find_out(a);
}

static void set_preview(struct answer *answer, const struct chat_request *req)
{
    const struct message *m = &req->messages[req->n_messages - 1];
    for (size_t i = m->n_parts; i > 0; i--) {
        if (m->parts[i - 1].kind == PART_TEXT) {
            answer_set_preview(answer, m->parts[i - 1].text, m->parts[i - 1].text_len);
            return;
        }
    }
}

/* Looks for whom to ask, and for what is known already. */
static void go(struct ask *a)
{
    if (a->plan.n) {
        find_out(a);
        return;
    }
    a->state = ASK_LOOKING;
    a->search = discover_start(a->engine->discovery, a->plan.providers, NULL, 0, on_found, a);
}

/* From here on the question stands: where it is kept, if it is, and what goes to the store. */
static void take(struct ask *a, size_t own, const char *conversation, bool create, const char *parent)
{
    char message[ID_LEN + 1] = "";
    if (!answer_stored(a->answer)) {
        go(a);
        return;
    }
    if (*conversation)
        id_new(message);
    answer_set_message(a->answer, conversation, message);
    a->question = context_begin(a->req, own, conversation, create, parent, message);
    if (a->shared.n)
        context_share(a->question, &a->shared);
    go(a);
}

static void on_read(void *data, struct store_job *job)
{
    struct ask *a = data;
    struct error err = job->error;
    if (a)
        a->reading = NULL;
    if (a && job->code != ERR_NONE) {
        fail(a, &err);
    } else if (a) {
        size_t n = a->req->n_messages;
        if (a->req->parent && !job->path.at_head && a->req->cache == CACHE_USE)
            a->req->cache = CACHE_REFRESH; /* asked before, and to be answered anew */
        context_apply(a->req, &job->path);
        take(a, a->req->n_messages - n, job->path.conversation, false, job->path.parent);
    }
    store_job_free(job);
}

static void read_conversation(struct ask *a)
{
    struct store *store = a->engine->store;
    struct error err = ERROR_INIT;
    keep_flush(&a->engine->keeps);
    a->reading = context_path(a->req, answer_uid(a->answer), store_opt(store)->last_within_ms, on_read, a);
    if (store_submit(store, a->reading, &err) == ERR_NONE)
        return;
    a->reading = NULL;
    fail(a, &err);
}

static void start(struct ask *a)
{
    const char *conversation = a->req->conversation;
    char id[ID_LEN + 1] = "";
    if (conversation && strcmp(conversation, CONVERSATION_NEW) != 0) {
        read_conversation(a);
        return;
    }
    if (conversation && answer_stored(a->answer) && a->shared.n)
        memcpy(id, a->shared.conversation, sizeof id);
    else if (conversation && answer_stored(a->answer))
        id_new(id);
    take(a, 0, id, true, "");
}

/* A memory hit that nobody means to come back to needs no more than this. */
static struct answer *answer_at_once(struct engine *e, const struct chat_request *req, const struct plan *plan,
                                     const struct answer_asker *asker)
{
    bool reads = req->cache == CACHE_USE || req->cache == CACHE_ONLY;
    struct answer *answer = NULL;
    struct lookup lookup;
    if (!reads || asker->keep || plan->n == 0)
        return NULL;
    int64_t begun_us = clock_mono_us();
    lookup_make(e, plan, req, asker->uid, &lookup);
    struct cache_item *it = lookup_peek(e, &lookup);
    struct log *l = it ? lookup_log(e, it) : NULL;
    if (l) {
        answer = answer_new(l, asker);
        answer_unstore(answer);
        answer_facts(answer)->total_ms = (double)(clock_mono_us() - begun_us) / 1000;
        tell_cached(e, answer, it, req->stream);
        answer_accept(answer);
        answer_settle(answer);
    }
    lookup_done(&lookup);
    return answer;
}

static struct ask *ask_new(struct engine *e, struct chat_request *req, struct plan *plan,
                           const struct answer_asker *asker)
{
    struct ask *a = NEW(struct ask);
    struct flight *flight = flight_new(e);
    a->rider.hooks = &rider_hooks;
    a->engine = e;
    a->state = ASK_READING;
    a->req = req;
    a->plan = *plan;
    a->detach = req->detach;
    a->begun_us = clock_mono_us();
    a->answer = answer_new(flight_log(flight), asker);
    a->rider.answer = a->answer;
    if (req->has_timeout) {
        a->timeout = req->timeout;
        a->rider.deadline_us = a->begun_us + (int64_t)(req->timeout * 1e6);
        start_timer(a, (int64_t)(req->timeout * 1000));
    }
    flight_board(flight, &a->rider);
    set_preview(a->answer, req);
    answer_on_cancel(a->answer, on_cancel, a);
    answer_table_add(e->table, a->answer);
    TAILQ_INSERT_TAIL(&e->asks, a, link);
    e->n_asks++;
    return a;
}

/* It never was. */
static void take_back(struct ask *a)
{
    stop_waiting(a);
    answer_on_cancel(a->answer, NULL, NULL);
    flight_disembark(&a->rider);
    answer_table_drop(a->engine->table, a->answer);
    leave_engine(a);
    ask_free(a);
}

static void share(struct ask *a, const struct engine_question *shared)
{
    a->shared = *shared;
    a->shared.ids = xcalloc(shared->n, sizeof *shared->ids);
    memcpy(a->shared.ids, shared->ids, shared->n * sizeof *shared->ids);
}

struct answer *ask_start(struct engine *e, struct chat_request *req, struct plan *plan,
                         const struct answer_asker *asker, const struct engine_question *shared, struct error *err)
{
    struct answer *answer = answer_at_once(e, req, plan, asker);
    struct refusal refusal = {.err = ERROR_INIT};
    if (answer) {
        plan_done(plan);
        chat_request_free(req);
        return answer;
    }
    struct ask *a = ask_new(e, req, plan, asker);
    answer = answer_ref(a->answer);
    a->refusal = &refusal;
    if (shared)
        share(a, shared);
    start(a);
    if (refusal.freed)
        return answer;
    a->refusal = NULL;
    if (refusal.err.code == ERR_NONE)
        return answer;
    take_back(a);
    *err = refusal.err;
    return answer_unref(answer);
}
