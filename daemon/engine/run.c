#include "daemon/engine/run.h"
#include "daemon/engine/figures.h"
#include "daemon/engine/tries.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define uthash_fatal(msg) abort()
#include <uthash.h>

#define OUTPUT_TOKENS_MAX 1000000 /* of an answer, for what it takes of a rate limit */

enum run_state { RUN_IDLE, RUN_TRYING, RUN_LANDED };

struct run {
    struct engine *engine;
    enum run_state state;
    struct log *log; /* reference */
    struct run_question q;
    bool persist;
    char conversation[ID_LEN + 1]; /* of the first rider: providers keep their caches by it */
    bool named;                    /* whom it goes to first is known: */
    char first_provider[64], first_model[128];
    char provider[64], model[128]; /* whom it goes to now */
    struct tries *tries;           /* NULL: not yet */
    int64_t begun_us, first_us;    /* monotonic; first_us 0: not yet */
    TAILQ_HEAD(, rider) riders;
    bool joinable; /* it is in the engine's flights */
    UT_hash_handle hh;
};

struct run *run_new(struct engine *e)
{
    struct run *run = NEW(struct run);
    run->engine = e;
    run->log = answer_table_log(e->table);
    TAILQ_INIT(&run->riders);
    return run;
}

struct log *run_log(const struct run *run)
{
    return run->log;
}

static void stop_joins(struct run *run)
{
    if (run->joinable)
        HASH_DEL(run->engine->flights, run);
    run->joinable = false;
}

struct run *run_free(struct run *run)
{
    if (!run)
        return NULL;
    assert(TAILQ_EMPTY(&run->riders) && !run->joinable);
    log_unref(run->log);
    tries_free(run->tries);
    chat_request_free(run->q.req);
    lookup_done(&run->q.lookup);
    plan_done(&run->q.plan);
    free(run);
    return NULL;
}

/* -- its riders -- */

void run_set_start(struct engine *e, struct answer *a, const char *provider, const char *model)
{
    const uint8_t *event;
    size_t len;
    if (answer_start(a, &event, &len))
        return;
    const struct answer_facts *f = answer_facts(a);
    struct chat_event ev = {.kind = EVENT_START,
                            .provider = {provider, strlen(provider)},
                            .model = {model, strlen(model)},
                            .cached = f->cached,
                            .shared = f->shared,
                            .request = answer_request(a)};
    if (*answer_message(a)) {
        ev.conversation = (struct event_text){answer_conversation(a), ID_LEN};
        ev.message = (struct event_text){answer_message(a), ID_LEN};
    }
    struct buf *b = &e->scratch;
    buf_clear(b);
    codec_put_event(b, &ev);
    answer_set_start(a, provider, model, b->data, b->len);
}

static void tell_first(struct rider *r)
{
    struct run *run = r->run;
    run_set_start(run->engine, r->answer, run->first_provider, run->first_model);
    answer_set_turn(r->answer, run->provider, run->model);
    r->hooks->first(r);
}

/* The latest of its riders': none if one of them has none. */
static void set_deadline(struct run *run)
{
    int64_t latest = 0;
    struct rider *r;
    TAILQ_FOREACH (r, &run->riders, link) {
        if (r->deadline_us == 0) {
            latest = 0;
            break;
        }
        latest = r->deadline_us > latest ? r->deadline_us : latest;
    }
    if (run->tries)
        tries_set_deadline(run->tries, latest);
}

void run_board(struct run *run, struct rider *r)
{
    assert(!r->run);
    r->run = run;
    TAILQ_INSERT_TAIL(&run->riders, r, link);
    if (answer_log(r->answer) != run->log)
        answer_move(r->answer, run->log);
    set_deadline(run);
    if (run->named)
        tell_first(r);
}

static void take_off(struct rider *r)
{
    TAILQ_REMOVE(&r->run->riders, r, link);
    r->run = NULL;
}

void run_disembark(struct rider *r)
{
    struct run *run = r->run;
    assert(run->state == RUN_IDLE);
    take_off(r);
    run_free(run);
}

/* -- its end -- */

static void append_error(struct run *run, struct log *l, const struct error *err)
{
    struct buf *b = &run->engine->scratch;
    struct chat_event ev = {.kind = EVENT_ERROR, .error = *err};
    buf_clear(b);
    codec_put_event(b, &ev);
    log_append_closing(l, b->data, b->len);
}

/* Of the answer that was shown, as its provider told, or else by its text. */
static int64_t shown_tokens(const struct fold *f)
{
    if (f->usage.output_tokens >= 0)
        return f->usage.output_tokens;
    return tokens_of_text(tokens_family_of_model(f->model), (const char *)f->text.data, f->text.len);
}

static void finish_log(struct log *l, enum log_state state, const struct error *err, const struct fold *fold,
                       const struct buf *attempts)
{
    struct buf tail;
    buf_init(&tail, SIZE_MAX / 2); /* of the log's own size, which is bounded */
    uint32_t n = fold_put_tail(&tail, fold, err) + 1;
    buf_append(&tail, attempts->data, attempts->len);
    if (tail.failed) /* it is made anew from the events for whoever asks */
        buf_clear(&tail);
    log_end(l, state, err, tail.data, tail.len, n);
    buf_done(&tail);
}

static const struct route *route_named(const struct run *run, const struct fold *f)
{
    for (size_t i = 0; i < run->q.plan.n; i++)
        if (strcmp(run->q.plan.routes[i].provider->name, f->provider) == 0)
            return &run->q.plan.routes[i];
    return NULL;
}

/* What a hit will save: what the provider told, or else what the catalogue knows. */
static void find_savings(const struct run *run, const struct fold *f, struct item_facts *facts)
{
    struct route r = {.provider = NULL};
    facts->saved_ms = (clock_mono_us() - run->begun_us) / 1000;
    facts->saved_nano = f->usage.cost_nano;
    facts->currency = f->usage.cost_nano >= 0 ? "USD" : "";
    const struct route *asked = route_named(run, f);
    if (facts->saved_nano >= 0 || !asked)
        return;
    r = *asked;
    error_text(r.model, sizeof r.model, f->model, strlen(f->model));
    if (!figures_cost(run->engine->catalog, &r, &f->usage, clock_wall_us(), &facts->saved_nano, &facts->currency)) {
        facts->saved_nano = -1;
        facts->currency = "";
    }
}

static bool is_worth_keeping(const struct fold *f)
{
    return !f->lossy && f->finished && (f->finish == FINISH_STOP || f->finish == FINISH_TOOL_CALLS);
}

/* A copy of its own goes into the cache: compacted, and without what its askers own. */
static void remember(const struct run *run, const struct fold *f, const struct cache_key *key)
{
    const struct chat_request *req = run->q.req;
    int64_t ttl_ms = req->has_cache_ttl ? (int64_t)(req->cache_ttl * 1000) : cache_ttl_ms(run->engine->cache);
    struct buf runs, tail;
    if (!is_worth_keeping(f) || ttl_ms <= 0)
        return;
    struct item_facts facts = {.key = *key,
                               .scope = run->q.lookup.scope,
                               .kind = ITEM_ANSWER,
                               .created_us = clock_wall_us(),
                               .provider = f->provider,
                               .model = f->model};
    facts.expires_us = facts.created_us + ttl_ms * 1000;
    find_savings(run, f, &facts);
    buf_init(&runs, SIZE_MAX / 2); /* of the log's size */
    buf_init(&tail, SIZE_MAX / 2);
    facts.n_events = fold_put_events(&runs, f);
    facts.n_tail = fold_put_tail(&tail, f, NULL) + 1;
    mp_put_cstr(&tail, "attempts");
    mp_put_array(&tail, 0);
    facts.runs = (struct item_bytes){runs.data, runs.len};
    facts.tail = (struct item_bytes){tail.data, tail.len};
    if (!runs.failed && !tail.failed)
        cache_put(run->engine->cache, &facts, run->persist);
    buf_done(&runs);
    buf_done(&tail);
}

/* Under which key it is, or would be, in the cache. */
static bool find_key(const struct run *run, const struct fold *f, struct cache_key *ret)
{
    const struct run_question *q = &run->q;
    if (run->tries && lookup_key_of(run->engine, &q->lookup, &q->plan, q->req, f->provider, f->model, ret))
        return true;
    if (q->lookup.n > 0)
        *ret = lookup_keys(&q->lookup)[0];
    return q->lookup.n > 0;
}

static void land(struct rider *r, const struct run_outcome *o)
{
    take_off(r);
    r->hooks->landed(r, o);
}

/* Looks at a log whose last event has come, and ends it. */
static void conclude(const struct run *run, struct log *l, struct fold *fold, struct buf *attempts,
                     struct run_outcome *o)
{
    fold_log(fold, l, run->first_provider, run->first_model);
    buf_init(attempts, SIZE_MAX / 2); /* bounded by the candidates and retries */
    tries_put_attempts(attempts, run->tries, shown_tokens(fold));
    finish_log(l, o->state, o->err, fold, attempts);
    o->fold = fold;
    o->attempts = attempts;
    o->asked_us = run->tries ? tries_asked_us(run->tries) : 0;
    o->first_us = run->first_us;
}

void run_end(struct run *run, enum log_state state, const struct error *err)
{
    struct run_outcome o = {.state = state, .err = err};
    struct fold fold;
    struct buf attempts;
    struct cache_key key;
    struct rider *r;
    assert(run->state != RUN_LANDED);
    run->state = RUN_LANDED;
    stop_joins(run);
    if (run->tries)
        tries_stop(run->tries, err);
    TAILQ_FOREACH (r, &run->riders, link)
        run_set_start(run->engine, r->answer, run->first_provider, run->first_model);
    if (err)
        append_error(run, run->log, err);
    conclude(run, run->log, &fold, &attempts, &o);
    if (find_key(run, &fold, &key))
        o.key = &key;
    if (o.key && state == LOG_DONE)
        remember(run, &fold, &key);
    while ((r = TAILQ_FIRST(&run->riders)))
        land(r, &o);
    fold_done(&fold);
    buf_done(&attempts);
    run_free(run);
}

/* What the answer may be read again from: all that it saw. Nobody comes back to one that is neither kept nor stored. */
static struct log *copy_log(const struct run *run, const struct answer *a)
{
    struct log *copy = log_new(answer_table_pool(run->engine->table), SIZE_MAX / 2);
    struct log_pos pos = {0};
    struct log_run piece;
    while ((answer_kept(a) || answer_stored(a)) && log_next_run(run->log, &pos, &piece))
        log_append_run(copy, piece.data, piece.len);
    return copy;
}

void run_leave(struct rider *r, enum log_state state, const struct error *err)
{
    struct run *run = r->run;
    struct run_outcome o = {.state = state, .err = err};
    struct fold fold;
    struct buf attempts;
    if (TAILQ_FIRST(&run->riders) == r && !TAILQ_NEXT(r, link)) {
        run_end(run, state, err);
        return;
    }
    struct rider *other = TAILQ_FIRST(&run->riders) == r ? TAILQ_NEXT(r, link) : TAILQ_FIRST(&run->riders);
    answer_table_pass_count(run->engine->table, r->answer, other->answer);
    run_set_start(run->engine, r->answer, run->first_provider, run->first_model);
    struct log *copy = copy_log(run, r->answer);
    append_error(run, copy, err);
    answer_move(r->answer, copy);
    conclude(run, copy, &fold, &attempts, &o);
    o.key = run->q.lookup.n ? lookup_keys(&run->q.lookup) : NULL;
    land(r, &o);
    fold_done(&fold);
    buf_done(&attempts);
    log_unref(copy);
    set_deadline(run);
}

/* -- what its tries tell -- */

static bool append(struct run *run, const struct chat_event *ev)
{
    struct buf *b = &run->engine->scratch;
    buf_clear(b);
    codec_put_event(b, ev);
    if (b->failed)
        return false;
    answer_table_make_room(run->engine->table);
    return (ev->kind == EVENT_DONE ? log_append_closing : log_append)(run->log, b->data, b->len) == ERR_NONE;
}

static void set_turn(struct run *run, const char *provider, const char *model)
{
    error_text(run->provider, sizeof run->provider, provider, strlen(provider));
    error_text(run->model, sizeof run->model, model, strlen(model));
}

void run_name(struct run *run, const char *provider, const char *model)
{
    error_text(run->first_provider, sizeof run->first_provider, provider, strlen(provider));
    error_text(run->first_model, sizeof run->first_model, model, strlen(model));
    set_turn(run, provider, model);
}

static void on_first(void *data, const struct route *r)
{
    struct run *run = data;
    struct rider *rider;
    run_name(run, r->provider->name, r->model);
    run->named = true;
    TAILQ_FOREACH (rider, &run->riders, link)
        tell_first(rider);
}

static void on_event(void *data, const struct chat_event *ev)
{
    struct run *run = data;
    if (event_is_content(ev->kind) && !run->first_us)
        run->first_us = clock_mono_us();
    if (append(run, ev))
        return;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TOO_LARGE, "the answer is larger than max_answer; what came before is kept");
    run_end(run, LOG_FAILED, &err);
}

static void on_turn(void *data, const struct route *r, const struct error *why, int64_t delay_ms)
{
    struct run *run = data;
    struct rider *rider;
    struct chat_event ev = {.kind = EVENT_RETRY,
                            .provider = {r->provider->name, strlen(r->provider->name)},
                            .model = {r->model, strlen(r->model)},
                            .error = *why,
                            .delay = (double)delay_ms / 1000};
    run->first_us = 0;
    set_turn(run, r->provider->name, r->model);
    TAILQ_FOREACH (rider, &run->riders, link)
        answer_set_turn(rider->answer, run->provider, run->model);
    if (!append(run, &ev))
        run_end(run, LOG_FAILED, why);
}

static void on_end(void *data, const struct error *err)
{
    run_end(data, err ? LOG_FAILED : LOG_DONE, err);
}

/* -- its start -- */

/* By the first candidate's tokenizer. A bound that no answer comes near says nothing. */
static struct bucket_cost cost_of(const struct run_question *q)
{
    enum token_family family = tokens_family_of_model(q->plan.routes[0].model);
    bool bounded = q->req->has_max_tokens && q->req->max_tokens < OUTPUT_TOKENS_MAX;
    return (struct bucket_cost){.input = tokens_of_request(family, q->req),
                                .output = bounded ? q->req->max_tokens : ROUTE_OUTPUT_TOKENS};
}

/* From now on who asks the same joins this one, also where an older one runs. */
static void offer_joins(struct run *run)
{
    struct run *older = NULL;
    const struct cache_key *flight = &run->q.lookup.flight;
    if (!run->q.lookup.joins)
        return;
    HASH_FIND(hh, run->engine->flights, flight, sizeof *flight, older);
    if (older)
        stop_joins(older);
    HASH_ADD_KEYPTR(hh, run->engine->flights, flight, sizeof *flight, run);
    run->joinable = true;
}

void run_start(struct run *run, struct run_question *q)
{
    static const struct tries_hooks hooks = {on_first, on_event, NULL, on_turn, on_end};
    struct rider *r = TAILQ_FIRST(&run->riders);
    assert(run->state == RUN_IDLE && r);
    run->q = *q;
    run->state = RUN_TRYING;
    run->begun_us = clock_mono_us();
    memcpy(run->conversation, answer_conversation(r->answer), sizeof run->conversation);
    run->persist |= !run->q.req->no_store;
    offer_joins(run);
    const struct tries_question tq = {.chat = run->q.req,
                                      .conversation = run->conversation,
                                      .deadline_us = r->deadline_us,
                                      .cost = cost_of(&run->q),
                                      .interactive = run->q.req->stream,
                                      .restart = run->q.req->retry_restart};
    tries_start(run->engine, &run->q.plan, &tq, &hooks, run, &run->tries);
}

struct run *run_find(const struct engine *e, const struct lookup *k, const struct chat_request *req)
{
    struct run *run = NULL;
    if (k->joins)
        HASH_FIND(hh, e->flights, &k->flight, sizeof k->flight, run);
    return run && run->q.req->retry_restart == req->retry_restart ? run : NULL;
}

void run_persist(struct run *run)
{
    run->persist = true;
}
