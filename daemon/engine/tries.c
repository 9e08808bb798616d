#include "daemon/core/timer.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/gap_words.h"
#include "daemon/engine/health.h"
#include "daemon/engine/tries_internal.h"
#include "daemon/http/retry.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A provider that asks for more is not waited for: its error says when to ask again. */
#define RETRY_WAIT_MAX_MS 120000

struct route *lane_route(const struct lane *l)
{
    return &l->owner->routes[l->route];
}

static bool is_active(const struct lane *l)
{
    return l->state != LANE_IDLE && l->state != LANE_OVER;
}

/* Another lane may answer yet. */
static bool has_rival(const struct lane *l)
{
    for (size_t i = 0; i < LANES; i++)
        if (&l->owner->lanes[i] != l && is_active(&l->owner->lanes[i]))
            return true;
    return false;
}

/* How it went, for those that ask this model next. */
static void tell_health(struct lane *l, const struct error *err)
{
    const struct route *r = lane_route(l);
    if (l->admitted)
        health_tell(l->owner->engine->health, r->provider->name, r->model, err);
    l->admitted = false;
}

/* What its response told of limits, or that none came. */
static void tell_gate(struct lane *l, const struct response_head *head, const struct error *err)
{
    const struct route *r = lane_route(l);
    if (l->sent)
        gate_hear(gate_of(l->owner->engine->gates, r->provider->name), r->model, l->key.which, &l->mark, head, err);
    l->sent = false;
}

void lane_enter(struct lane *l, enum lane_state state)
{
    static const struct error nothing = {.code = ERR_CANCELLED};
    if (l->search)
        discover_cancel(l->search);
    key_wait_cancel(l->key_wait);
    spending_wait_cancel(l->funds_wait);
    if (l->ticket)
        gate_cancel(l->ticket);
    l->search = NULL;
    l->key_wait = NULL;
    l->funds_wait = NULL;
    l->ticket = NULL;
    l->attempt = attempt_release(l->attempt);
    timer_stop(l->timer);
    tell_gate(l, NULL, NULL);
    if (state != LANE_QUEUED && state != LANE_ASKED)
        tell_health(l, &nothing);
    l->state = state;
}

static void destroy(struct tries *t)
{
    for (size_t i = 0; i < LANES; i++) {
        timer_free(t->lanes[i].timer);
        key_use_done(&t->lanes[i].key);
    }
    timer_free(t->race);
    purse_done(&t->purse, spending_budgets(t->engine->spending));
    free(t->routes);
    tried_done(&t->tried);
    free(t);
}

/* Around a hook that may stop all, or free it. */
struct tries *lane_hold(struct lane *l)
{
    l->owner->busy++;
    return l->owner;
}

/* True where the lane goes on. */
bool lane_let_go(struct tries *t, const struct lane *l)
{
    t->busy--;
    if (t->busy || !t->freed)
        return l->state != LANE_OVER;
    destroy(t);
    return false;
}

/* Nothing is touched behind it: the hook may have freed all. */
static void end(struct tries *t, const struct error *err)
{
    timer_stop(t->race);
    t->hooks->on_end(t->data, err);
}

static bool tell_turn(struct lane *l, const struct error *why, int64_t delay_ms)
{
    struct tries *t = lane_hold(l);
    t->shown = false;
    t->told = l->route;
    t->hooks->on_turn(t->data, lane_route(l), l->route, why, delay_ms);
    return lane_let_go(t, l);
}

/* In so many ms the lane asks, unless the asker stops all when it is told so. While a rival runs there is nothing to
 * tell. */
static void turn(struct lane *l, const struct error *why, int64_t delay_ms)
{
    const struct route *r = lane_route(l);
    meter_retry(&l->owner->engine->meter, r->provider->name, r->model);
    lane_enter(l, LANE_BACKOFF);
    if (has_rival(l) || tell_turn(l, why, delay_ms))
        timer_start(l->timer, delay_ms);
}

/* -- what an attempt tells -- */

bool lane_emit(struct lane *l, const struct chat_event *ev)
{
    struct tries *t = lane_hold(l);
    t->hooks->on_event(t->data, ev);
    return lane_let_go(t, l);
}

static void lose(struct lane *l, const struct lane *winner)
{
    struct error err = ERROR_INIT;
    const struct route *w = lane_route(winner);
    error_set(&err, ERR_CANCELLED, "%s/%s was faster", w->provider->name, w->model);
    if (l->state == LANE_ASKED)
        tried_add(&l->owner->tried, lane_route(l), &err, true)->lost = true;
    lane_enter(l, LANE_OVER);
}

/* The first with something to show: the others end, and the asker learns of it where it was told of another. */
static bool win(struct lane *l)
{
    struct tries *t = l->owner;
    t->winner = l;
    timer_stop(t->race);
    for (size_t i = 0; i < LANES; i++)
        if (&t->lanes[i] != l && is_active(&t->lanes[i]))
            lose(&t->lanes[i], l);
    struct error err = ERROR_INIT;
    const struct route *first = &t->routes[t->told];
    error_set(&err, ERR_CANCELLED, "%s/%s was slower, or failed", first->provider->name, first->model);
    if (t->told != l->route && !tell_turn(l, &err, 0))
        return false;
    const struct chat_event usage = {.kind = EVENT_USAGE, .usage = l->usage};
    return !usage_known(&l->usage) || lane_emit(l, &usage);
}

/* The first lane that has something to show is the one that is shown. */
static void note_times(const struct lane *l)
{
    struct tries_times *to = &l->owner->times;
    struct http_wire wire;
    attempt_look(l->attempt, &wire);
    to->answers_us = l->asked_us;
    to->connect_us = wire.connect_us < 0 ? -1 : wire.connect_us + (wire.handshake_us > 0 ? wire.handshake_us : 0);
}

static void count_first_token(struct lane *l)
{
    const struct route *r = lane_route(l);
    struct health *h = l->owner->engine->health;
    if (l->counted)
        return;
    l->counted = true;
    note_times(l);
    health_first_token(h, r->provider->name, r->model, (double)(clock_mono_us() - l->asked_us) / 1000);
}

static void on_event(void *data, const struct chat_event *ev)
{
    struct lane *l = data;
    struct tries *t = l->owner;
    bool content = event_is_content(ev->kind);
    if (content)
        count_first_token(l);
    if (!t->winner && !content && ev->kind != EVENT_DONE) {
        if (ev->kind == EVENT_USAGE)
            l->usage = ev->usage;
        return;
    }
    if (!t->winner && !win(l))
        return;
    t->shown = t->shown || content;
    lane_emit(l, ev);
}

static void on_vectors(void *data, double *numbers, size_t dimension)
{
    struct tries *t = ((struct lane *)data)->owner;
    t->hooks->on_vectors(t->data, numbers, dimension);
}

static uint32_t random_bits(void)
{
    uint32_t bits = 0;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != sizeof bits)
        bits = (uint32_t)clock_mono_us();
    return bits;
}

/* The try that was noted last is not the end: what becomes of what is reserved for it. */
static void put_by(struct lane *l)
{
    struct tries *t = l->owner;
    const struct tried *last = &t->tried.list[t->tried.n - 1];
    bool billed = last->sent && (t->shown || spend_is_billed(last)); /* what was shown is noted a moment later */
    purse_put_by(&t->purse, spending_budgets(t->engine->spending), lane_route(l), last->sent, billed);
}

/* The same candidate again, if it is worth it and in time. */
static bool ask_again(struct lane *l, const struct error *why)
{
    const struct tries *t = l->owner;
    const struct route *r = lane_route(l);
    if (l->tried > r->provider->retries)
        return false;
    int64_t delay = retry_delay_ms(l->tried - 1, why->retry_after, random_bits());
    if (delay < health_wait_ms(t->engine->health, r->provider->name, r->model))
        return false; /* this was the failure too many: it would be refused then */
    if (delay > RETRY_WAIT_MAX_MS || (t->q.deadline_us && clock_mono_us() + delay * 1000 >= t->q.deadline_us))
        return false;
    put_by(l);
    if (!lane_affords(l))
        return false;
    turn(l, why, delay);
    return true;
}

/* Another key may do better. */
static bool ask_with_spare(struct lane *l, const struct error *why)
{
    bool of_key = why->code == ERR_UNAUTHENTICATED || why->code == ERR_BUDGET_EXCEEDED || why->code == ERR_RATE_LIMITED;
    if (!of_key || !keys_spare(lane_route(l)->provider->keys))
        return false;
    put_by(l);
    if (!lane_affords(l))
        return false;
    l->tried--; /* it is the other key's first */
    turn(l, why, 0);
    return true;
}

/* From now on the model is asked in words for what goes into a gap. */
static bool ask_in_words(struct lane *l, enum fault_cause cause, const struct error *why)
{
    const struct route *r = lane_route(l);
    if (!l->attempt || !attempt_has_form(l->attempt) || !fault_is_of_form(cause, why, r->provider->fills_gaps))
        return false;
    gap_words_add(r->provider, r->model);
    put_by(l);
    if (!lane_affords(l))
        return false;
    l->tried--; /* it is the first of its kind */
    turn(l, why, 0);
    return true;
}

/* The next candidate; with `larger`, the next one with a larger window. */
static bool ask_next(struct lane *l, const struct error *why, bool larger)
{
    struct tries *t = l->owner;
    size_t next = larger ? plan_larger(t->plan, l->route, t->next) : t->next;
    if (next >= t->plan->n)
        return false;
    lane_enter(l, LANE_BACKOFF); /* before the candidate changes */
    put_by(l);
    t->next = next + 1;
    l->route = next;
    l->tried = 0;
    l->found = false;
    turn(l, why, 0);
    return true;
}

void lane_give_up(struct lane *l, const struct error *err)
{
    struct tries *t = l->owner;
    lane_enter(l, LANE_OVER);
    if (!has_rival(l))
        end(t, err);
}

/* head: NULL where no response came. */
void lane_fail(struct lane *l, enum fault_cause cause, const struct error *told, const struct response_head *head)
{
    struct tries *t = l->owner;
    const struct route *r = lane_route(l);
    struct error said = *told, *why = &said; /* it may live in what ends now */
    error_text(why->provider, sizeof why->provider, r->provider->name, strlen(r->provider->name));
    error_text(why->model, sizeof why->model, r->model, strlen(r->model));
    bool too_long = why->code == ERR_CONTEXT_LENGTH_EXCEEDED && !t->shown;
    enum fault_verdict v = fault_judge(cause, why, head, t->shown && !t->q.restart);
    tried_add(&t->tried, lane_route(l), why, l->state == LANE_ASKED);
    if (!t->shown && ask_in_words(l, cause, why))
        return;
    if (v != FAULT_FAIL && cause == FAULT_PROVIDER && ask_with_spare(l, why))
        return;
    if (v == FAULT_AGAIN && ask_again(l, why))
        return;
    if ((v != FAULT_FAIL || too_long) && ask_next(l, why, too_long))
        return;
    lane_give_up(l, why);
}

static void on_end(void *data, enum fault_cause cause, const struct error *err, const struct response_head *head)
{
    struct lane *l = data;
    struct tries *t = l->owner;
    const struct provider *p = lane_route(l)->provider;
    tell_health(l, err);
    tell_gate(l, head, err);
    if (!err) {
        tried_add(&t->tried, lane_route(l), NULL, true);
        lane_enter(l, LANE_OVER);
        end(t, NULL);
        return;
    }
    if (cause == FAULT_PROVIDER)
        keys_refused(p->keys, &l->key, err->code);
    l->fresh = cause == FAULT_TRANSPORT;
    lane_fail(l, cause, err, head);
}

const struct attempt_callbacks lane_callbacks = {on_event, on_vectors, on_end};

static void on_race(void *data)
{
    struct tries *t = data;
    struct lane *l = &t->lanes[1];
    if (t->next >= t->plan->n)
        return;
    l->route = t->next++;
    lane_ask(l);
}

/* -- the whole -- */

void tries_start(struct engine *e, const struct plan *plan, const struct tries_question *q,
                 const struct tries_hooks *hooks, void *data, struct tries **ret)
{
    struct tries *t = NEW(struct tries);
    assert(plan->n > 0);
    t->engine = e;
    t->q = *q;
    t->hooks = hooks;
    t->data = data;
    t->plan = plan;
    t->routes = xcalloc(plan->n, sizeof *t->routes);
    memcpy(t->routes, plan->routes, plan->n * sizeof *t->routes);
    for (size_t i = 0; i < LANES; i++) {
        t->lanes[i].owner = t;
        t->lanes[i].timer = timer_new(e->loop, lane_on_backoff, &t->lanes[i]);
    }
    t->race = timer_new(e->loop, on_race, t);
    t->next = 1;
    if (!plan->race)
        t->winner = &t->lanes[0];
    else if (plan->n > 1)
        timer_start(t->race, plan->race_delay_ms);
    *ret = t;
    lane_ask(&t->lanes[0]);
}

/* What they came to, by a bound, a deadline, a cancel. */
static void add_under_way(struct tries *t, const struct error *why)
{
    for (size_t i = 0; i < LANES; i++)
        if (t->lanes[i].state == LANE_ASKED)
            tried_add(&t->tried, lane_route(&t->lanes[i]), why, true);
}

void tries_stop(struct tries *t, const struct error *why)
{
    timer_stop(t->race);
    add_under_way(t, why);
    for (size_t i = 0; i < LANES; i++)
        lane_enter(&t->lanes[i], LANE_OVER);
}

struct tries *tries_free(struct tries *t)
{
    if (!t)
        return NULL;
    t->freed = true;
    if (!t->busy)
        destroy(t);
    return NULL;
}

void tries_set_deadline(struct tries *t, int64_t deadline_us)
{
    t->q.deadline_us = deadline_us;
}

struct tries_times tries_times(const struct tries *t)
{
    return t->times;
}

const struct tried_list *tries_tried(const struct tries *t)
{
    return &t->tried;
}

void tries_settle(struct tries *t, const struct spend *spend)
{
    purse_settle(&t->purse, spending_budgets(t->engine->spending), spend);
}

void tries_note_shown(struct tries *t, int64_t tokens)
{
    if (t->tried.n > 0)
        t->tried.list[t->tried.n - 1].shown_tokens = tokens;
}

void tries_put_attempts(struct buf *out, struct tries *t, int64_t output_tokens, const struct error *why)
{
    struct usage usage = USAGE_INIT;
    usage.input_tokens = t ? t->q.cost.input : 0;
    usage.output_tokens = output_tokens;
    if (!t) {
        tried_put(out, NULL, NULL, &usage);
        return;
    }
    size_t n = t->tried.n;
    add_under_way(t, why);
    tried_put(out, &t->tried, t->engine->catalog, &usage);
    t->tried.n = n; /* for the others they go on */
}
