#include "daemon/engine/tries.h"
#include "daemon/core/timer.h"
#include "daemon/engine/discover.h"
#include "daemon/http/retry.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A provider that asks for more is not waited for: its error says when to ask again. */
#define RETRY_WAIT_MAX_MS 120000
#define TRIED_MAX 64 /* shown in the answer map */

enum lane_state {
    LANE_IDLE,    /* not begun */
    LANE_KEYING,  /* a command is to bring the key */
    LANE_LOOKING, /* for the provider's first model */
    LANE_ASKED,   /* an attempt is under way */
    LANE_BACKOFF, /* before the next try at the same candidate */
    LANE_OVER,
};

struct lane {
    struct tries *owner;
    enum lane_state state;
    size_t route;   /* its candidate */
    unsigned tried; /* at this candidate, so far */
    bool fresh;     /* the last try's connection broke, and those kept from before may have too */
    struct discover_search *search;
    struct key_wait *key_wait;
    struct attempt *attempt;
    struct timer *timer; /* of the backoff */
};

struct tried {
    char provider[64], model[128];
    enum error_code error; /* ERR_NONE: it answered */
    char message[128];
};

struct tries {
    struct engine *engine;
    struct tries_question q;
    const struct tries_hooks *hooks;
    void *data;
    const struct plan *plan;
    struct route *routes; /* the plan's, with models filled in where a provider was asked for its first; owned */
    struct lane lane;
    unsigned busy; /* hooks on the stack that may free it */
    bool freed;    /* to be freed when they have returned */
    bool told;     /* on_first was called */
    bool shown;    /* content of the current try is with the asker */
    int64_t asked_us;
    struct tried *tried; /* owned; mostly one */
    unsigned n_tried;
};

static void lane_ask(struct lane *l);

static struct route *route_of(const struct lane *l)
{
    return &l->owner->routes[l->route];
}

/* The one place where a lane's state changes: what belonged to the old one ends. */
static void enter(struct lane *l, enum lane_state state)
{
    if (l->search)
        discover_cancel(l->search);
    l->search = NULL;
    key_wait_cancel(l->key_wait);
    l->key_wait = NULL;
    l->attempt = attempt_release(l->attempt);
    timer_stop(l->timer);
    l->state = state;
}

static void note(struct tries *t, const struct route *r, const struct error *err)
{
    if (t->n_tried == TRIED_MAX)
        return;
    t->tried = xrealloc(t->tried, (t->n_tried + 1) * sizeof *t->tried);
    struct tried *it = &t->tried[t->n_tried++];
    error_text(it->provider, sizeof it->provider, r->provider->name, strlen(r->provider->name));
    error_text(it->model, sizeof it->model, r->model, strlen(r->model));
    it->error = err ? err->code : ERR_NONE;
    it->message[0] = 0;
    if (err)
        error_text(it->message, sizeof it->message, err->message, strlen(err->message));
}

/* Nothing is touched behind it: the hook may have freed all. */
static void end(struct tries *t, const struct error *err)
{
    t->hooks->on_end(t->data, err);
}

static void destroy(struct tries *t)
{
    timer_free(t->lane.timer);
    free(t->routes);
    free(t->tried);
    free(t);
}

/* In so many ms the lane asks, unless the asker stops all when it is told so. */
static void turn(struct lane *l, const struct error *why, int64_t delay_ms)
{
    struct tries *t = l->owner;
    enter(l, LANE_BACKOFF);
    t->shown = false;
    t->busy++;
    t->hooks->on_turn(t->data, route_of(l), why, delay_ms);
    t->busy--;
    if (t->freed)
        destroy(t);
    else if (l->state == LANE_BACKOFF)
        timer_start(l->timer, delay_ms);
}

/* -- what an attempt tells -- */

static void on_event(void *data, const struct chat_event *ev)
{
    struct lane *l = data;
    struct tries *t = l->owner;
    if (event_is_content(ev->kind))
        t->shown = true;
    t->hooks->on_event(t->data, ev);
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
    if (l->tried > route_of(l)->provider->retries)
        return false;
    int64_t delay = retry_delay_ms(l->tried - 1, why->retry_after, random_bits());
    if (delay > RETRY_WAIT_MAX_MS || (t->q.deadline_us && clock_mono_us() + delay * 1000 >= t->q.deadline_us))
        return false;
    turn(l, why, delay);
    return true;
}

static bool ask_next(struct lane *l, const struct error *why)
{
    if (l->route + 1 >= l->owner->plan->n)
        return false;
    l->route++;
    l->tried = 0;
    turn(l, why, 0);
    return true;
}

/* Another key may do better. */
static bool ask_with_spare(struct lane *l, enum fault_verdict v, const struct error *why)
{
    bool of_key = why->code == ERR_UNAUTHENTICATED || why->code == ERR_BUDGET_EXCEEDED || why->code == ERR_RATE_LIMITED;
    if (v == FAULT_FAIL || !of_key || !keys_spare(route_of(l)->provider->keys))
        return false;
    l->tried--; /* it is the other key's first */
    turn(l, why, 0);
    return true;
}

static void on_end(void *data, enum fault_cause cause, const struct error *err, const struct response_head *head)
{
    struct lane *l = data;
    struct tries *t = l->owner;
    struct error why = ERROR_INIT;
    enum fault_verdict v = FAULT_FAIL;
    if (err) { /* it may live in the attempt */
        why = *err;
        v = fault_judge(cause, &why, head, t->shown && !t->q.chat->retry_restart);
    }
    note(t, route_of(l), err ? &why : NULL);
    l->fresh = cause == FAULT_TRANSPORT;
    if (ask_with_spare(l, v, &why))
        return;
    if (v == FAULT_AGAIN && ask_again(l, &why))
        return;
    if (v != FAULT_FAIL && ask_next(l, &why))
        return;
    enter(l, LANE_OVER);
    end(t, err ? &why : NULL);
}

/* -- a lane's way -- */

static void on_backoff(void *data)
{
    lane_ask(data);
}

static void give_up(struct lane *l, const struct error *err)
{
    enter(l, LANE_OVER);
    end(l->owner, err);
}

static void on_model(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct lane *l = data;
    l->search = NULL;
    if (!p) {
        give_up(l, err);
        return;
    }
    struct route *r = route_of(l);
    error_text(r->model, sizeof r->model, model, strlen(model));
    lane_ask(l);
}

static void look_for_model(struct lane *l, const struct key_use *key)
{
    struct error err = ERROR_INIT;
    enter(l, LANE_LOOKING);
    l->search = discover_first_model(l->owner->engine->discovery, route_of(l)->provider, key, on_model, l, &err);
    if (!l->search)
        give_up(l, &err);
}

static void on_key(void *data, const struct error *err)
{
    struct lane *l = data;
    l->key_wait = NULL;
    if (!err) {
        lane_ask(l);
        return;
    }
    struct error why = *err;
    const char *provider = route_of(l)->provider->name;
    error_text(why.provider, sizeof why.provider, provider, strlen(provider));
    give_up(l, &why);
}

static void ask_with(struct lane *l, const struct key_use *key)
{
    static const struct attempt_callbacks cb = {on_event, on_end};
    struct tries *t = l->owner;
    const struct route *r = route_of(l);
    struct error err = ERROR_INIT;
    if (!r->model[0]) {
        look_for_model(l, key);
        return;
    }
    if (!t->told) {
        t->told = true;
        t->hooks->on_first(t->data, r);
    }
    enter(l, LANE_ASKED);
    l->tried++;
    if (!t->asked_us)
        t->asked_us = clock_mono_us();
    if (attempt_start(&t->engine->attempts, r->provider, key, r->model, t->q.conversation, t->q.chat, l->fresh, &cb, l,
                      &l->attempt, &err) != ERR_NONE)
        give_up(l, &err);
}

static void lane_ask(struct lane *l)
{
    struct keys *keys = route_of(l)->provider->keys;
    struct key_use key;
    if (keys_now(keys, &key)) {
        ask_with(l, &key);
        key_use_done(&key);
    } else {
        enter(l, LANE_KEYING);
        l->key_wait = keys_wait(l->owner->engine->keys, keys, on_key, l);
    }
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
    t->lane.owner = t;
    t->lane.timer = timer_new(e->loop, on_backoff, &t->lane);
    *ret = t;
    lane_ask(&t->lane);
}

void tries_stop(struct tries *t, const struct error *why)
{
    struct lane *l = &t->lane;
    if (l->state == LANE_ASKED) /* it was under way: a bound, a deadline, a cancel */
        note(t, route_of(l), why);
    enter(l, LANE_OVER);
}

struct tries *tries_free(struct tries *t)
{
    if (!t)
        return NULL;
    assert(t->lane.state == LANE_OVER);
    t->freed = true;
    if (!t->busy)
        destroy(t);
    return NULL;
}

int64_t tries_asked_us(const struct tries *t)
{
    return t->asked_us;
}

static void put_tried(struct buf *out, const struct tried *it)
{
    mp_put_map(out, it->error ? 3 : 2);
    mp_put_entry(out, "provider", it->provider);
    mp_put_entry(out, "model", it->model);
    if (it->error) {
        struct error err = ERROR_INIT;
        error_set(&err, it->error, "%s", it->message);
        mp_put_cstr(out, "error");
        codec_put_error(out, &err, NULL, false);
    }
}

void tries_put_attempts(struct buf *out, const struct tries *t)
{
    mp_put_cstr(out, "attempts");
    mp_put_array(out, t ? t->n_tried : 0);
    for (unsigned i = 0; t && i < t->n_tried; i++)
        put_tried(out, &t->tried[i]);
}
