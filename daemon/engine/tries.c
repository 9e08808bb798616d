#include "daemon/engine/tries.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/health.h"
#include "daemon/engine/purse.h"
#include "daemon/engine/spending.h"
#include "daemon/engine/windows.h"
#include "daemon/http/retry.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A provider that asks for more is not waited for: its error says when to ask again. */
#define RETRY_WAIT_MAX_MS 120000

#define WARNING_MAX 256 /* bytes of what a budget says when most of it is used */
#define LANES 2         /* requests at once for one question, in a race */

enum lane_state {
    LANE_IDLE,    /* not begun */
    LANE_KEY,     /* for the key that a command brings */
    LANE_FUNDS,   /* for what budgets have used before to be known */
    LANE_LOOKING, /* for a local server, or for the provider's first model */
    LANE_QUEUED,  /* for its turn at the provider */
    LANE_ASKED,   /* an attempt is under way */
    LANE_BACKOFF, /* before the next try */
    LANE_OVER,
};

struct lane {
    struct tries *owner;
    enum lane_state state;
    size_t route;   /* its candidate */
    unsigned tried; /* at this candidate, so far */
    bool found;     /* the candidate needs no looking for any more */
    bool fresh;     /* the last try's connection broke, and those kept from before may have too */
    bool admitted;  /* health waits to be told how it went */
    bool sent;      /* the gate waits to hear of it */
    bool counted;   /* health knows of its first token */
    int64_t asked_us;
    struct usage usage; /* told before there was content, in a race */
    struct key_use key;
    struct bucket_mark mark; /* of its place at the provider */
    struct discover_search *search;
    struct key_wait *key_wait;
    struct spending_wait *funds_wait;
    int64_t max_tokens; /* what its budgets allow; -1: they say nothing */
    struct gate_ticket *ticket;
    struct attempt *attempt;
    struct timer *timer; /* of the backoff */
};

struct tries {
    struct engine *engine;
    struct tries_question q;
    const struct tries_hooks *hooks;
    void *data;
    const struct plan *plan;
    struct route *routes; /* the plan's, with models filled in where a provider was asked for its first; owned */
    struct lane lanes[LANES];
    size_t next;         /* candidate that no lane has been at */
    struct lane *winner; /* whose events are shown; NULL: a race is on */
    struct timer *race;  /* until the second lane starts */
    size_t told;         /* candidate that the asker takes for the one who is asked */
    unsigned busy;       /* hooks on the stack that may free it */
    bool freed;          /* to be freed when they have returned */
    bool begun;          /* on_first was called */
    bool shown;          /* content of the current try is with the asker */
    int64_t asked_us;
    struct tried_list tried;
    struct purse purse;
};

static void lane_ask(struct lane *l);

static struct route *route_of(const struct lane *l)
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
    const struct route *r = route_of(l);
    if (l->admitted)
        health_tell(l->owner->engine->health, r->provider->name, r->model, err);
    l->admitted = false;
}

/* What its response told of limits, or that none came. */
static void tell_gate(struct lane *l, const struct response_head *head, const struct error *err)
{
    const struct route *r = route_of(l);
    if (l->sent)
        gate_hear(gate_of(l->owner->engine->gates, r->provider->name), r->model, l->key.which, &l->mark, head, err);
    l->sent = false;
}

/* The one place where a lane's state changes: what belonged to the old one ends. */
static void enter(struct lane *l, enum lane_state state)
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
static struct tries *hold(struct lane *l)
{
    l->owner->busy++;
    return l->owner;
}

/* True where the lane goes on. */
static bool let_go(struct tries *t, const struct lane *l)
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
    struct tries *t = hold(l);
    t->shown = false;
    t->told = l->route;
    t->hooks->on_turn(t->data, route_of(l), l->route, why, delay_ms);
    return let_go(t, l);
}

/* In so many ms the lane asks, unless the asker stops all when it is told so. While a rival runs there is nothing to
 * tell. */
static void turn(struct lane *l, const struct error *why, int64_t delay_ms)
{
    enter(l, LANE_BACKOFF);
    if (has_rival(l) || tell_turn(l, why, delay_ms))
        timer_start(l->timer, delay_ms);
}

/* -- what an attempt tells -- */

static bool emit(struct lane *l, const struct chat_event *ev)
{
    struct tries *t = hold(l);
    t->hooks->on_event(t->data, ev);
    return let_go(t, l);
}

static void lose(struct lane *l, const struct lane *winner)
{
    struct error err = ERROR_INIT;
    const struct route *w = route_of(winner);
    error_set(&err, ERR_CANCELLED, "%s/%s was faster", w->provider->name, w->model);
    if (l->state == LANE_ASKED)
        tried_add(&l->owner->tried, route_of(l), &err, true)->lost = true;
    enter(l, LANE_OVER);
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
    return !usage_known(&l->usage) || emit(l, &usage);
}

static void count_first_token(struct lane *l)
{
    const struct route *r = route_of(l);
    struct health *h = l->owner->engine->health;
    if (l->counted)
        return;
    l->counted = true;
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
    emit(l, ev);
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

/* The same candidate again, if it is worth it and in time. */
static bool ask_again(struct lane *l, const struct error *why)
{
    const struct tries *t = l->owner;
    const struct route *r = route_of(l);
    if (l->tried > r->provider->retries)
        return false;
    int64_t delay = retry_delay_ms(l->tried - 1, why->retry_after, random_bits());
    if (delay < health_wait_ms(t->engine->health, r->provider->name, r->model))
        return false; /* this was the failure too many: it would be refused then */
    if (delay > RETRY_WAIT_MAX_MS || (t->q.deadline_us && clock_mono_us() + delay * 1000 >= t->q.deadline_us))
        return false;
    turn(l, why, delay);
    return true;
}

/* Another key may do better. */
static bool ask_with_spare(struct lane *l, const struct error *why)
{
    bool of_key = why->code == ERR_UNAUTHENTICATED || why->code == ERR_BUDGET_EXCEEDED || why->code == ERR_RATE_LIMITED;
    if (!of_key || !keys_spare(route_of(l)->provider->keys))
        return false;
    l->tried--; /* it is the other key's first */
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
    enter(l, LANE_BACKOFF); /* before the candidate changes */
    if (!t->shown && !spend_is_billed(&t->tried.list[t->tried.n - 1]))
        purse_release(&t->purse, spending_budgets(t->engine->spending), route_of(l));
    t->next = next + 1;
    l->route = next;
    l->tried = 0;
    l->found = false;
    turn(l, why, 0);
    return true;
}

static void give_up(struct lane *l, const struct error *err)
{
    struct tries *t = l->owner;
    enter(l, LANE_OVER);
    if (!has_rival(l))
        end(t, err);
}

/* head: NULL where no response came. */
static void fail(struct lane *l, enum fault_cause cause, const struct error *told, const struct response_head *head)
{
    struct tries *t = l->owner;
    const struct route *r = route_of(l);
    struct error said = *told, *why = &said; /* it may live in what ends now */
    error_text(why->provider, sizeof why->provider, r->provider->name, strlen(r->provider->name));
    error_text(why->model, sizeof why->model, r->model, strlen(r->model));
    bool too_long = why->code == ERR_CONTEXT_LENGTH_EXCEEDED && !t->shown;
    enum fault_verdict v = fault_judge(cause, why, head, t->shown && !t->q.restart);
    tried_add(&t->tried, route_of(l), why, l->state == LANE_ASKED);
    if (v != FAULT_FAIL && cause == FAULT_PROVIDER && ask_with_spare(l, why))
        return;
    if (v == FAULT_AGAIN && ask_again(l, why))
        return;
    if ((v != FAULT_FAIL || too_long) && ask_next(l, why, too_long))
        return;
    give_up(l, why);
}

static void on_end(void *data, enum fault_cause cause, const struct error *err, const struct response_head *head)
{
    struct lane *l = data;
    struct tries *t = l->owner;
    const struct provider *p = route_of(l)->provider;
    tell_health(l, err);
    tell_gate(l, head, err);
    if (!err) {
        tried_add(&t->tried, route_of(l), NULL, true);
        enter(l, LANE_OVER);
        end(t, NULL);
        return;
    }
    if (cause == FAULT_PROVIDER)
        keys_refused(p->keys, &l->key, err->code);
    l->fresh = cause == FAULT_TRANSPORT;
    fail(l, cause, err, head);
}

/* -- a lane's way -- */

static void on_backoff(void *data)
{
    lane_ask(data);
}

/* What is sent, with no more output than what is reserved pays for. Shallow: the caller's memory is for the copy. */
static const struct chat_request *chat_of(const struct lane *l, struct chat_request *bounded)
{
    const struct tries_question *q = &l->owner->q;
    const struct chat_request *chat = q->chat ? windows_chat(q->windows, q->chat, l->route) : NULL;
    if (!chat || l->max_tokens < 0)
        return chat;
    *bounded = *chat;
    bounded->has_max_tokens = true;
    bounded->max_tokens = l->max_tokens;
    return bounded;
}

static void send_request(struct lane *l)
{
    static const struct attempt_callbacks cb = {on_event, on_vectors, on_end};
    struct tries *t = l->owner;
    const struct route *r = route_of(l);
    struct chat_request bounded;
    const struct attempt_question q = {.chat = chat_of(l, &bounded),
                                       .embed = t->q.embed,
                                       .conversation = t->q.conversation,
                                       .provider = r->provider,
                                       .model = r->model,
                                       .key = &l->key,
                                       .fresh = l->fresh,
                                       .gate = gate_of(t->engine->gates, r->provider->name)};
    struct error err = ERROR_INIT;
    enter(l, LANE_ASKED);
    l->sent = true;
    l->counted = false;
    l->usage = (struct usage)USAGE_INIT;
    l->asked_us = clock_mono_us();
    if (!t->asked_us)
        t->asked_us = l->asked_us;
    if (attempt_start(&t->engine->attempts, &q, &cb, l, &l->attempt, &err) != ERR_NONE)
        give_up(l, &err);
}

static void on_open(void *data, const struct bucket_mark *mark, const struct error *err)
{
    struct lane *l = data;
    l->ticket = NULL;
    if (err) {
        fail(l, FAULT_OWN, err, NULL);
    } else {
        l->mark = *mark;
        send_request(l);
    }
}

/* While two race, the asker hears of the one alone that it was told of. */
static void on_place(void *data, const struct place *p)
{
    struct lane *l = data;
    char said[PLACE_SAID_MAX];
    if (l->route != l->owner->told)
        return;
    place_say(p, route_of(l)->provider->name, clock_mono_us(), said);
    const struct chat_event ev = {.kind = EVENT_PROGRESS, .text = {said, strlen(said)}, .fraction = -1};
    emit(l, &ev);
}

static void queue(struct lane *l)
{
    static const struct gate_hooks hooks = {on_open, on_place};
    struct tries *t = l->owner;
    const struct provider *p = route_of(l)->provider;
    const struct gate_wish wish = {.model = route_of(l)->model,
                                   .key = l->key.which,
                                   .uid = t->q.who->uid,
                                   .client = t->q.who->client,
                                   .cost = t->q.cost,
                                   .interactive = t->q.interactive,
                                   .max_active = p->max_connections,
                                   .max_waiting = p->max_waiting};
    struct error err = ERROR_INIT;
    enter(l, LANE_QUEUED);
    if (gate_enter(gate_of(t->engine->gates, p->name), &wish, &hooks, l, &l->ticket, &l->mark, &err) != ERR_NONE)
        fail(l, FAULT_OWN, &err, NULL);
    else if (!l->ticket)
        send_request(l);
}

/* Says what budgets warn of. False where the asker stopped it. */
static bool warn(struct lane *l)
{
    struct tries *t = l->owner;
    char text[WARNING_MAX];
    while (purse_warned(&t->purse, spending_budgets(t->engine->spending), route_of(l), text, sizeof text)) {
        const struct chat_event ev = {.kind = EVENT_PROGRESS, .text = {text, strlen(text)}, .fraction = -1};
        log_notice("%s", text);
        if (!emit(l, &ev))
            return false;
    }
    return true;
}

static enum error_code reserve(struct lane *l, struct error *err)
{
    struct tries *t = l->owner;
    const struct chat_request *chat = t->q.chat ? windows_chat(t->q.windows, t->q.chat, l->route) : NULL;
    int64_t tokens = chat ? windows_tokens(t->q.windows, l->route) : -1;
    const struct purse_question q = {t->q.who, chat, tokens >= 0 ? tokens : t->q.cost.input};
    const struct plan plan = {.routes = t->routes, .n = t->plan->n};
    return purse_reserve(&t->purse, spending_budgets(t->engine->spending), t->engine->catalog, &q, &plan, route_of(l),
                         &l->max_tokens, err);
}

static void admit(struct lane *l);

static void on_funds(void *data)
{
    struct lane *l = data;
    l->funds_wait = NULL;
    admit(l);
}

static void admit(struct lane *l)
{
    struct tries *t = l->owner;
    const struct route *r = route_of(l);
    struct error err = ERROR_INIT;
    if (!spending_known(t->engine->spending)) {
        enter(l, LANE_FUNDS);
        l->funds_wait = spending_wait(t->engine->spending, on_funds, l);
        return;
    }
    if (health_admit(t->engine->health, r->provider->name, r->model, &err) != ERR_NONE) {
        fail(l, FAULT_BREAKER, &err, NULL);
        return;
    }
    l->admitted = true;
    if (reserve(l, &err) != ERR_NONE)
        fail(l, FAULT_OWN, &err, NULL);
    else if (warn(l))
        queue(l);
}

/* False where the asker stopped it. */
static bool tell_first(struct lane *l)
{
    if (l->owner->begun)
        return true;
    struct tries *t = hold(l);
    t->begun = true;
    t->told = l->route;
    t->hooks->on_first(t->data, route_of(l), l->route);
    return let_go(t, l);
}

static bool needs_looking(const struct lane *l)
{
    const struct route *r = route_of(l);
    return !l->found && (r->provider->local || !r->model[0]);
}

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct lane *l = data;
    struct route *r = route_of(l);
    l->search = NULL;
    if (!p) {
        fail(l, FAULT_ABSENT, err, NULL);
        return;
    }
    l->found = true;
    if (!r->model[0])
        error_text(r->model, sizeof r->model, model, strlen(model));
    if (tell_first(l))
        admit(l);
}

static void look(struct lane *l)
{
    struct discovery *d = l->owner->engine->discovery;
    struct provider *p = route_of(l)->provider;
    struct error err = ERROR_INIT;
    enter(l, LANE_LOOKING);
    l->search = p->local ? discover_start(d, p->owner, p->name, strlen(p->name), on_found, l)
                         : discover_first_model(d, p, &l->key, on_found, l, &err);
    if (!l->search)
        fail(l, FAULT_ABSENT, &err, NULL);
}

static void take_key(struct lane *l);

static void on_key(void *data, const struct error *err)
{
    struct lane *l = data;
    l->key_wait = NULL;
    if (!err) {
        take_key(l);
        return;
    }
    fail(l, FAULT_ABSENT, err, NULL);
}

static void take_key(struct lane *l)
{
    struct keys *keys = route_of(l)->provider->keys;
    key_use_done(&l->key);
    enter(l, LANE_KEY);
    if (!keys_now(keys, &l->key))
        l->key_wait = keys_wait(l->owner->engine->keys, keys, on_key, l);
    else if (needs_looking(l))
        look(l);
    else
        admit(l);
}

/* Nobody has to be asked for that: the question is too long for this candidate, as its policy has it. */
static bool is_outgrown(const struct lane *l, struct error *err)
{
    const struct tries_question *q = &l->owner->q;
    const struct window_cut *cut = q->chat ? windows_told(q->windows, l->route) : NULL;
    if (!cut || cut->verdict != WINDOW_OUTGROWN)
        return false;
    window_error(cut, route_of(l)->model, q->windows->policy, err);
    return true;
}

static void lane_ask(struct lane *l)
{
    struct error err = ERROR_INIT;
    l->tried++;
    if (is_outgrown(l, &err)) {
        if (tell_first(l))
            fail(l, FAULT_OWN, &err, NULL);
        return;
    }
    if (needs_looking(l) || tell_first(l))
        take_key(l);
}

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
        t->lanes[i].timer = timer_new(e->loop, on_backoff, &t->lanes[i]);
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
            tried_add(&t->tried, route_of(&t->lanes[i]), why, true);
}

void tries_stop(struct tries *t, const struct error *why)
{
    timer_stop(t->race);
    add_under_way(t, why);
    for (size_t i = 0; i < LANES; i++)
        enter(&t->lanes[i], LANE_OVER);
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

int64_t tries_asked_us(const struct tries *t)
{
    return t->asked_us;
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
