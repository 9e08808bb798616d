#include "daemon/engine/books.h"
#include "daemon/engine/fit.h"
#include "daemon/engine/flight_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_TOKENS_MAX 1000000 /* of an answer, for what it takes of a rate limit */

struct flight *flight_new(struct engine *e)
{
    struct flight *f = NEW(struct flight);
    f->engine = e;
    f->payer = (struct ledger_row)LEDGER_ROW_INIT;
    f->told_cost_nano = -1;
    f->log = answer_table_log(e->table);
    TAILQ_INIT(&f->riders);
    return f;
}

struct log *flight_log(const struct flight *f)
{
    return f->log;
}

static void stop_joins(struct flight *f)
{
    if (f->joinable)
        HASH_DEL(f->engine->flights, f);
    f->joinable = false;
}

struct flight *flight_free(struct flight *f)
{
    if (!f)
        return NULL;
    assert(TAILQ_EMPTY(&f->riders) && !f->joinable);
    log_unref(f->log);
    tries_free(f->tries);
    windows_done(&f->q.windows);
    chat_request_free(f->q.req);
    lookup_done(&f->q.lookup);
    plan_done(&f->q.plan);
    ledger_row_done(&f->payer);
    free(f);
    return NULL;
}

/* -- its riders -- */

void flight_set_context(struct answer *a, const struct window_cut *cut)
{
    answer_facts(a)->context = cut ? (struct answer_context){.window = cut->window,
                                                             .estimated = cut->estimated,
                                                             .left_out = cut->left_out,
                                                             .summarized = cut->summarized > 0}
                                   : (struct answer_context){0};
}

void flight_set_start(struct engine *e, struct answer *a, const char *provider, const char *model)
{
    const uint8_t *event;
    size_t len;
    if (answer_start(a, &event, &len))
        return;
    const struct answer_facts *facts = answer_facts(a);
    struct chat_event ev = {.kind = EVENT_START,
                            .provider = {provider, strlen(provider)},
                            .model = {model, strlen(model)},
                            .cached = facts->cached,
                            .shared = facts->shared,
                            .request = answer_request(a),
                            .arm = answer_arm(a)};
    if (*answer_message(a)) {
        ev.conversation = (struct event_text){answer_conversation(a), ID_LEN};
        ev.message = (struct event_text){answer_message(a), ID_LEN};
    }
    struct buf *b = &e->scratch;
    buf_clear(b);
    codec_put_event(b, &ev);
    answer_set_start(a, provider, model, b->data, b->len);
}

static void tell_turn(struct rider *r)
{
    const struct flight *f = r->flight;
    answer_set_turn(r->answer, f->provider, f->model);
    flight_set_context(r->answer, windows_told(&f->q.windows, f->candidate));
}

static void tell_first(struct rider *r)
{
    struct flight *f = r->flight;
    flight_set_start(f->engine, r->answer, f->first_provider, f->first_model);
    tell_turn(r);
    r->hooks->first(r);
}

/* The latest of its riders': none if one of them has none. */
static void set_deadline(struct flight *f)
{
    int64_t latest = 0;
    struct rider *r;
    TAILQ_FOREACH (r, &f->riders, link) {
        if (r->deadline_us == 0) {
            latest = 0;
            break;
        }
        latest = r->deadline_us > latest ? r->deadline_us : latest;
    }
    if (f->tries)
        tries_set_deadline(f->tries, latest);
}

void flight_board(struct flight *f, struct rider *r)
{
    assert(!r->flight);
    r->flight = f;
    TAILQ_INSERT_TAIL(&f->riders, r, link);
    if (answer_log(r->answer) != f->log)
        answer_move(r->answer, f->log);
    set_deadline(f);
    if (f->named)
        tell_first(r);
}

static void take_off(struct rider *r)
{
    TAILQ_REMOVE(&r->flight->riders, r, link);
    r->flight = NULL;
}

void flight_disembark(struct rider *r)
{
    struct flight *f = r->flight;
    assert(f->state == FLIGHT_IDLE);
    take_off(r);
    flight_free(f);
}

/* -- its end -- */

static void append_error(struct flight *f, struct log *l, const struct error *err)
{
    struct buf *b = &f->engine->scratch;
    struct chat_event ev = {.kind = EVENT_ERROR, .error = *err};
    buf_clear(b);
    codec_put_event(b, &ev);
    log_append_closing(l, b->data, b->len);
}

/* A tail that there is no room for is made anew from the events for whoever asks. */
static void finish_log(struct log *l, const struct flight_outcome *o, size_t room)
{
    struct buf tail;
    buf_init(&tail, SIZE_MAX / 2); /* of the log's own size, which is bounded */
    uint32_t n = fold_put_tail(&tail, o->fold, o->err) + 1;
    buf_append(&tail, o->attempts->data, o->attempts->len);
    if (tail.failed || tail.len > room)
        buf_clear(&tail);
    log_end(l, o->state, o->err, tail.data, tail.len, n);
    buf_done(&tail);
}

/* What a hit will save. */
static void find_savings(const struct flight *f, const struct fold *fold, struct item_facts *facts)
{
    const struct usage *u = &fold->usage;
    facts->saved_ms = (clock_mono_us() - f->begun_us) / 1000;
    facts->saved_nano = u->cost_nano;
    facts->currency = u->cost_nano < 0 ? "" : u->currency[0] ? u->currency : USAGE_CURRENCY;
}

static bool is_worth_keeping(const struct fold *fold)
{
    return !fold->lossy && !fold->schema_error[0] && fold->finished &&
           (fold->finish == FINISH_STOP || fold->finish == FINISH_TOOL_CALLS);
}

/* A copy of its own goes into the cache: compacted, and without what its askers own. */
static void remember(const struct flight *f, const struct fold *fold, const struct cache_key *key)
{
    const struct chat_request *req = f->q.req;
    int64_t ttl_ms = req->has_cache_ttl ? (int64_t)(req->cache_ttl * 1000) : cache_ttl_ms(f->engine->cache);
    if (ttl_ms <= 0 || f->outdated)
        return;
    struct item_facts facts = {.key = *key,
                               .scope = f->q.lookup.scope,
                               .kind = ITEM_ANSWER,
                               .created_us = clock_wall_us(),
                               .provider = fold->provider,
                               .model = fold->model};
    facts.expires_us = facts.created_us + ttl_ms * 1000;
    find_savings(f, fold, &facts);
    if (req->gap)
        suggest_add(f->engine, req, fold, &facts);
    if (!is_worth_keeping(fold))
        return;
    if (!f->persist && req->cache == CACHE_REFRESH) /* what it replaces may be on a disk */
        cache_forget(f->engine->cache, facts.scope, key);
    lookup_keep(f->engine, &facts, fold, f->persist);
}

/* The key of the one who answered; an answer that has none is not kept. */
static bool find_key(const struct flight *f, const struct fold *fold, struct cache_key *ret)
{
    const struct flight_question *q = &f->q;
    const struct lookup_question asked = {&q->plan, q->req, &q->windows};
    return f->tries && lookup_key_of(f->engine, &q->lookup, &asked, fold->provider, fold->model, ret);
}

static void land(struct rider *r, const struct flight_outcome *o)
{
    take_off(r);
    r->hooks->landed(r, o);
}

static struct flight_outcome outcome(const struct flight *f, enum log_state state, const struct error *err)
{
    return (struct flight_outcome){.state = state,
                                   .err = err,
                                   .route = f->route,
                                   .times = f->tries ? tries_times(f->tries) : (struct tries_times){0},
                                   .first_us = f->first_us};
}

/* Looks at a log whose last event has come, and ends it. */
static void conclude(const struct flight *f, struct log *l, size_t room, struct fold *fold, struct buf *attempts,
                     struct flight_outcome *o)
{
    fold_log(fold, l, f->first_provider, f->first_model);
    if (o->state == LOG_DONE && f->q.req->schema)
        fit_check(f->q.req->schema, fold);
    buf_init(attempts, SIZE_MAX / 2); /* bounded by the candidates and retries */
    tries_put_attempts(attempts, f->tries, flight_shown_tokens(fold), o->err);
    o->fold = fold;
    o->attempts = attempts;
    finish_log(l, o, room);
}

void flight_end(struct flight *f, enum log_state state, const struct error *err)
{
    struct flight_outcome o = outcome(f, state, err);
    struct fold fold;
    struct buf attempts;
    struct cache_key key;
    struct spend spend;
    struct rider *r;
    assert(f->state != FLIGHT_LANDED);
    f->state = FLIGHT_LANDED;
    stop_joins(f);
    if (f->tries)
        tries_stop(f->tries, err);
    TAILQ_FOREACH (r, &f->riders, link)
        flight_set_start(f->engine, r->answer, f->first_provider, f->first_model);
    if (err)
        append_error(f, f->log, err);
    conclude(f, f->log, SIZE_MAX, &fold, &attempts, &o);
    flight_settle(f, state, &fold, &spend);
    o.spend = f->tries ? &spend : NULL;
    bool own = find_key(f, &fold, &key);
    o.key = own ? &key : f->q.lookup.n > 0 ? lookup_keys(&f->q.lookup) : NULL;
    if (own && state == LOG_DONE)
        remember(f, &fold, &key);
    while ((r = TAILQ_FIRST(&f->riders)))
        land(r, &o);
    spend_done(&spend);
    fold_done(&fold);
    buf_done(&attempts);
    flight_free(f);
}

void flight_leave(struct rider *r, enum log_state state, const struct error *err)
{
    struct flight *f = r->flight;
    struct flight_outcome o = outcome(f, state, err);
    struct fold fold = {.text = {.len = 0}};
    struct buf attempts = {.len = 0};
    if (TAILQ_FIRST(&f->riders) == r && !TAILQ_NEXT(r, link)) {
        flight_end(f, state, err);
        return;
    }
    if (f->route && flight_pays(f, r))
        flight_leave_reserved(f);
    struct rider *other = TAILQ_FIRST(&f->riders) == r ? TAILQ_NEXT(r, link) : TAILQ_FIRST(&f->riders);
    answer_table_pass_count(f->engine->table, r->answer, other->answer);
    flight_set_start(f->engine, r->answer, f->first_provider, f->first_model);
    struct log *seen = log_fork(f->log);
    append_error(f, seen, err);
    answer_move(r->answer, seen);
    if (answer_is_passing(r->answer)) /* but whoever reads it now reads to its end */
        log_end(seen, state, err, NULL, 0, 0);
    else
        conclude(f, seen, answer_table_room(f->engine->table), &fold, &attempts, &o);
    o.key = f->q.lookup.n ? lookup_keys(&f->q.lookup) : NULL;
    land(r, &o);
    fold_done(&fold);
    buf_done(&attempts);
    log_unref(seen);
    set_deadline(f);
}

/* -- what its tries tell -- */

static bool append(struct flight *f, const struct chat_event *ev)
{
    struct buf *b = &f->engine->scratch;
    buf_clear(b);
    codec_put_event(b, ev);
    if (b->failed)
        return false;
    answer_table_make_room(f->engine->table);
    return (ev->kind == EVENT_DONE ? log_append_closing : log_append)(f->log, b->data, b->len) == ERR_NONE;
}

static void set_turn(struct flight *f, const char *provider, const char *model)
{
    error_text(f->provider, sizeof f->provider, provider, strlen(provider));
    error_text(f->model, sizeof f->model, model, strlen(model));
}

void flight_name(struct flight *f, const char *provider, const char *model)
{
    error_text(f->first_provider, sizeof f->first_provider, provider, strlen(provider));
    error_text(f->first_model, sizeof f->first_model, model, strlen(model));
    set_turn(f, provider, model);
}

/* What of the question stayed behind for this candidate, or that it nearly fills the window. */
static bool say_window(struct flight *f, size_t candidate, const char *model)
{
    const struct windows *w = &f->q.windows;
    const struct window_cut *cut = windows_told(w, candidate);
    char said[WINDOW_SAID_MAX + sizeof w->unsummarized->message];
    if (!cut)
        return true;
    window_say(cut, model, said);
    if (said[0] && w->unsummarized) {
        size_t n = strlen(said);
        snprintf(said + n, sizeof said - n, "; a summary could not be made: %.500s", w->unsummarized->message);
    }
    const struct chat_event ev = {.kind = EVENT_PROGRESS, .text = {said, strlen(said)}, .fraction = -1};
    return !said[0] || append(f, &ev);
}

static void on_first(void *data, const struct route *r, size_t candidate)
{
    struct flight *f = data;
    struct rider *rider;
    struct error err = ERROR_INIT;
    flight_name(f, r->provider->name, r->model);
    f->named = true;
    f->candidate = candidate;
    f->route = r;
    TAILQ_FOREACH (rider, &f->riders, link)
        tell_first(rider);
    if (!flight_is_paid_aboard(f))
        flight_leave_reserved(f);
    if (say_window(f, candidate, r->model))
        return;
    error_set(&err, ERR_TOO_LARGE, "there is no room for an answer within max_answer");
    flight_end(f, LOG_FAILED, &err);
}

static void on_event(void *data, const struct chat_event *told)
{
    struct flight *f = data;
    struct chat_event ev = *told;
    if (ev.kind == EVENT_USAGE)
        flight_price_usage(f, &ev.usage);
    if (event_is_content(ev.kind) && !f->first_us)
        f->first_us = clock_mono_us();
    if (append(f, &ev))
        return;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TOO_LARGE, "the answer is larger than max_answer; what came before is kept");
    flight_end(f, LOG_FAILED, &err);
}

static void on_turn(void *data, const struct route *r, size_t candidate, const struct error *why, int64_t delay_ms)
{
    struct flight *f = data;
    struct rider *rider;
    struct chat_event ev = {.kind = EVENT_RETRY,
                            .provider = {r->provider->name, strlen(r->provider->name)},
                            .model = {r->model, strlen(r->model)},
                            .error = *why,
                            .delay = (double)delay_ms / 1000};
    flight_note_shown(f);
    f->first_us = 0;
    f->told_cost_nano = -1;
    bool other = candidate != f->candidate;
    f->candidate = candidate;
    f->route = r;
    set_turn(f, r->provider->name, r->model);
    TAILQ_FOREACH (rider, &f->riders, link)
        tell_turn(rider);
    if (!append(f, &ev) || (other && !say_window(f, candidate, r->model)))
        flight_end(f, LOG_FAILED, why);
}

static void on_end(void *data, const struct error *err)
{
    flight_end(data, err ? LOG_FAILED : LOG_DONE, err);
}

/* -- its start -- */

/* By the first candidate's tokenizer. A bound that no answer comes near says nothing. */
static struct bucket_cost cost_of(const struct flight_question *q)
{
    enum token_family family = tokens_family_of_model(q->plan.routes[0].model);
    bool bounded = q->req->has_max_tokens && q->req->max_tokens < OUTPUT_TOKENS_MAX;
    const struct window_cut *cut = windows_told(&q->windows, 0);
    return (struct bucket_cost){.input = cut ? cut->estimated : tokens_of_request(family, q->req),
                                .output = bounded ? q->req->max_tokens : ROUTE_OUTPUT_TOKENS};
}

/* From now on who asks the same joins this one, also where an older one runs. */
static void offer_joins(struct flight *f)
{
    struct flight *older = NULL;
    const struct cache_key *key = &f->q.lookup.flight;
    if (!f->q.lookup.joins)
        return;
    HASH_FIND(hh, f->engine->flights, key, sizeof *key, older);
    if (older) {
        stop_joins(older);
        older->outdated = true;
    }
    HASH_ADD_KEYPTR(hh, f->engine->flights, key, sizeof *key, f);
    f->joinable = true;
}

void flight_start(struct flight *f, struct flight_question *q)
{
    static const struct tries_hooks hooks = {on_first, on_event, NULL, on_turn, on_end};
    struct rider *r = TAILQ_FIRST(&f->riders);
    assert(f->state == FLIGHT_IDLE && r);
    f->q = *q;
    f->state = FLIGHT_TRYING;
    f->begun_us = clock_mono_us();
    memcpy(f->conversation, answer_conversation(r->answer), sizeof f->conversation);
    ledger_row_copy(&f->payer, r->who);
    memcpy(f->payer.conversation, f->conversation, sizeof f->payer.conversation);
    f->cost = cost_of(&f->q);
    offer_joins(f);
    const struct tries_question tq = {.chat = f->q.req,
                                      .windows = &f->q.windows,
                                      .conversation = f->conversation,
                                      .deadline_us = r->deadline_us,
                                      .cost = f->cost,
                                      .who = &f->payer,
                                      .interactive = f->q.req->stream,
                                      .restart = f->q.req->retry_restart};
    tries_start(f->engine, &f->q.plan, &tq, &hooks, f, &f->tries);
}

struct flight *flight_find(const struct engine *e, const struct lookup *k)
{
    struct flight *f = NULL;
    if (k->joins)
        HASH_FIND(hh, e->flights, &k->flight, sizeof k->flight, f);
    return f;
}

void flight_persist(struct flight *f)
{
    f->persist = true;
}
