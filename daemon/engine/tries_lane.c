/* The way of one request: its key, what budgets allow, its turn at the provider, and out. */
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/health.h"
#include "daemon/engine/tries_internal.h"
#include "daemon/engine/windows.h"
#include "lib/base/clock.h"
#include <string.h>

#define WARNING_MAX 256 /* bytes of what a budget says when most of it is used */

void lane_on_backoff(void *data)
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
    struct tries *t = l->owner;
    const struct route *r = lane_route(l);
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
    lane_enter(l, LANE_ASKED);
    l->sent = true;
    l->counted = false;
    l->usage = (struct usage)USAGE_INIT;
    l->asked_us = clock_mono_us();
    if (!t->times.asked_us)
        t->times.asked_us = l->asked_us;
    if (attempt_start(&t->engine->attempts, &q, &lane_callbacks, l, &l->attempt, &err) != ERR_NONE)
        lane_give_up(l, &err);
}

static void on_open(void *data, const struct bucket_mark *mark, const struct error *err)
{
    struct lane *l = data;
    l->ticket = NULL;
    if (err) {
        lane_fail(l, FAULT_OWN, err, NULL);
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
    place_say(p, lane_route(l)->provider->name, clock_mono_us(), said);
    const struct chat_event ev = {.kind = EVENT_PROGRESS, .text = {said, strlen(said)}, .fraction = 0};
    lane_emit(l, &ev);
}

static void queue(struct lane *l)
{
    static const struct gate_hooks hooks = {on_open, on_place};
    struct tries *t = l->owner;
    const struct provider *p = lane_route(l)->provider;
    const struct gate_wish wish = {.model = lane_route(l)->model,
                                   .key = l->key.which,
                                   .uid = t->q.who->uid,
                                   .client = t->q.who->client,
                                   .cost = t->q.cost,
                                   .interactive = t->q.interactive,
                                   .max_active = p->max_connections,
                                   .max_waiting = p->max_waiting};
    struct error err = ERROR_INIT;
    lane_enter(l, LANE_QUEUED);
    if (gate_enter(gate_of(t->engine->gates, p->name), &wish, &hooks, l, &l->ticket, &l->mark, &err) != ERR_NONE)
        lane_fail(l, FAULT_OWN, &err, NULL);
    else if (!l->ticket)
        send_request(l);
}

/* Says what budgets warn of. False where the asker stopped it. */
static bool warn(struct lane *l)
{
    struct tries *t = l->owner;
    char text[WARNING_MAX];
    while (purse_warned(&t->purse, spending_budgets(t->engine->spending), lane_route(l), text, sizeof text)) {
        const struct chat_event ev = {.kind = EVENT_PROGRESS, .text = {text, strlen(text)}, .fraction = -1};
        log_event(LOG_LEVEL_NOTICE,
                  &(struct log_fields){.answer = t->q.who->answer,
                                       .provider = lane_route(l)->provider->name,
                                       .model = lane_route(l)->model,
                                       .client = t->q.who->client},
                  "%s", text);
        if (!lane_emit(l, &ev))
            return false;
    }
    return true;
}

static struct purse_question question_of(const struct lane *l)
{
    const struct tries_question *q = &l->owner->q;
    const struct chat_request *chat = q->chat ? windows_chat(q->windows, q->chat, l->route) : NULL;
    int64_t tokens = chat ? windows_tokens(q->windows, l->route) : -1;
    return (struct purse_question){q->who, chat, tokens >= 0 ? tokens : q->cost.input};
}

bool lane_affords(const struct lane *l)
{
    const struct engine *e = l->owner->engine;
    const struct purse_question q = question_of(l);
    const struct budget_wish w = purse_wish(e->catalog, &q, lane_route(l), clock_wall_us());
    return budgets_fit(spending_budgets(e->spending), &w);
}

static enum error_code reserve(struct lane *l, struct error *err)
{
    struct tries *t = l->owner;
    const struct purse_question q = question_of(l);
    const struct plan plan = {.routes = t->routes, .n = t->plan->n};
    return purse_reserve(&t->purse, spending_budgets(t->engine->spending), t->engine->catalog, &q, &plan, lane_route(l),
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
    const struct route *r = lane_route(l);
    struct error err = ERROR_INIT;
    if (!spending_known(t->engine->spending)) {
        lane_enter(l, LANE_FUNDS);
        l->funds_wait = spending_wait(t->engine->spending, on_funds, l);
        return;
    }
    if (health_admit(t->engine->health, r->provider->name, r->model, &err) != ERR_NONE) {
        lane_fail(l, FAULT_BREAKER, &err, NULL);
        return;
    }
    l->admitted = true;
    if (reserve(l, &err) != ERR_NONE)
        lane_fail(l, FAULT_OWN, &err, NULL);
    else if (warn(l))
        queue(l);
}

/* False where the asker stopped it. */
static bool tell_first(struct lane *l)
{
    if (l->owner->begun)
        return true;
    struct tries *t = lane_hold(l);
    t->begun = true;
    t->told = l->route;
    t->hooks->on_first(t->data, lane_route(l), l->route);
    return lane_let_go(t, l);
}

static bool needs_looking(const struct lane *l)
{
    const struct route *r = lane_route(l);
    return !l->found && (r->provider->local || !r->model[0]);
}

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct lane *l = data;
    struct route *r = lane_route(l);
    l->search = NULL;
    if (!p) {
        lane_fail(l, FAULT_ABSENT, err, NULL);
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
    struct provider *p = lane_route(l)->provider;
    struct error err = ERROR_INIT;
    lane_enter(l, LANE_LOOKING);
    l->search = p->local ? discover_start(d, p->owner, p->name, strlen(p->name), on_found, l)
                         : discover_first_model(d, p, &l->key, on_found, l, &err);
    if (!l->search)
        lane_fail(l, FAULT_ABSENT, &err, NULL);
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
    lane_fail(l, FAULT_ABSENT, err, NULL);
}

static void take_key(struct lane *l)
{
    struct keys *keys = lane_route(l)->provider->keys;
    key_use_done(&l->key);
    lane_enter(l, LANE_KEY);
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
    window_error(cut, lane_route(l)->model, q->windows->policy, err);
    return true;
}

void lane_ask(struct lane *l)
{
    struct error err = ERROR_INIT;
    l->tried++;
    if (is_outgrown(l, &err)) {
        if (tell_first(l))
            lane_fail(l, FAULT_OWN, &err, NULL);
        return;
    }
    if (needs_looking(l) || tell_first(l))
        take_key(l);
}
