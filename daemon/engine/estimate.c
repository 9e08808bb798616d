#include "daemon/engine/estimate.h"
#include "daemon/engine/attach.h"
#include "daemon/engine/context.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/figures.h"
#include "daemon/engine/lookup.h"
#include "daemon/engine/purse.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

#define BUDGETS_TOLD 64 /* of those that a question counts in, at most */

struct estimation {
    struct engine *engine;
    struct ledger_row who;
    struct attach *attach;     /* while it is prepared; it has the request and the plan */
    struct store_job *reading; /* with the store */
    struct plan plan;
    struct context_said said;
    struct windows windows;
    struct lookup lookup;
    struct cache_fetch *fetch; /* under way */
    char conversation[STORE_ID];
    struct chat_request *req;
    void (*done)(void *data, const struct estimate *est, const struct error *err);
    void *data;
    TAILQ_ENTRY(estimation) link;
};

static void finish(struct estimation *s, const struct estimate *est, const struct error *err)
{
    TAILQ_REMOVE(&s->engine->estimates, s, link);
    s->done(s->data, est, err);
    plan_done(&s->plan);
    windows_done(&s->windows);
    context_said_done(&s->said);
    lookup_done(&s->lookup);
    chat_request_free(s->req);
    ledger_row_done(&s->who);
    free(s);
}

static int64_t max_output(const struct chat_request *req, const struct facts *f)
{
    int64_t most = facts_max_output(f);
    if (req->has_max_tokens)
        return most > 0 && most < req->max_tokens ? most : req->max_tokens;
    return most > 0 ? most : -1;
}

static void price(const struct route_world *w, const struct route *r, struct estimate *est)
{
    struct usage u = USAGE_INIT;
    u.input_tokens = est->input_tokens;
    u.output_tokens = 0;
    est->low_nano = est->high_nano = -1;
    if (!figures_cost(w->catalog, r, &u, w->now_us, &est->low_nano, &est->currency))
        return;
    u.output_tokens = est->max_output_tokens;
    if (est->max_output_tokens >= 0)
        (void)figures_cost(w->catalog, r, &u, w->now_us, &est->high_nano, &est->currency);
}

static void fill(const struct route_world *w, const struct estimation *s, struct estimate *est)
{
    const struct plan *plan = &s->plan;
    const struct route *r = plan->routes;
    const struct chat_request *req = s->req;
    *est = (struct estimate){.provider = "", .model = req->model ? req->model : "", .low_nano = -1, .high_nano = -1};
    struct facts f = {0};
    if (plan->n > 0) {
        est->provider = r->provider->name;
        est->model = r->model;
        f = catalog_facts(w->catalog, r->provider->name, r->provider->kind, r->model);
    }
    est->input_tokens = windows_tokens(&s->windows, 0);
    if (est->input_tokens < 0)
        est->input_tokens = tokens_of_request(plan->n > 0 ? facts_family(&f) : TOKENS_GENERIC, req);
    est->max_output_tokens = plan->n > 0 ? max_output(req, &f) : req->has_max_tokens ? req->max_tokens : -1;
    if (plan->n > 0)
        price(w, r, est);
}

static void find_budgets(const struct route_world *w, const struct estimation *s, const char *names[BUDGETS_TOLD],
                         struct estimate *est)
{
    if (s->plan.n == 0)
        return;
    const struct purse_question q = {&s->who, s->req, est->input_tokens};
    const struct budget_wish wish = purse_wish(w->catalog, &q, s->plan.routes, w->now_us);
    struct budgets *budgets = engine_budgets(s->engine);
    const size_t n = budgets_applying(budgets, &wish, names, BUDGETS_TOLD);
    est->budgets = names;
    est->n_budgets = n < BUDGETS_TOLD ? n : BUDGETS_TOLD;
    est->refused = !est->cached && !budgets_fit(budgets, &wish);
}

static void tell(struct estimation *s, const struct cache_item *it)
{
    const struct route_world w = engine_world(s->engine);
    struct estimate est;
    const char *names[BUDGETS_TOLD];
    fill(&w, s, &est);
    est.conversation = s->conversation;
    est.keyed = s->lookup.n > 0;
    if (est.keyed)
        est.key = it ? item_facts(it)->key : lookup_keys(&s->lookup)[0];
    est.hit = it;
    est.cached = it && s->req->cache != CACHE_REFRESH;
    est.age_ms = it ? item_age_ms(it) : -1;
    find_budgets(&w, s, names, &est);
    finish(s, &est, NULL);
}

static void on_fetched(void *data, struct cache_item **items, size_t n)
{
    struct estimation *s = data;
    s->fetch = NULL;
    tell(s, lookup_first(items, n));
}

static void on_settled(void *data, const struct error *err);

static void estimate(struct estimation *s)
{
    struct lookup *l = &s->lookup;
    if (attach_unsettled(s->req)) {
        s->attach = attach_settle(s->engine, s->req, on_settled, s);
        return;
    }
    if (s->plan.n > 0) {
        windows_make(s->engine->catalog, &s->plan, s->req, &s->engine->opt.windows, &s->said.summary, &s->windows);
        lookup_make(s->engine, &(struct lookup_question){&s->plan, s->req, &s->windows}, s->who.uid, l);
    }
    struct cache_item *it = lookup_find(s->engine, l);
    if (!it && l->n > 0)
        s->fetch = cache_fetch(s->engine->cache, l->scope, lookup_keys(l), l->n, l->max_age_ms, on_fetched, s);
    if (!s->fetch)
        tell(s, it);
}

static void on_settled(void *data, const struct error *err)
{
    struct estimation *s = data;
    s->attach = NULL;
    if (err)
        finish(s, NULL, err);
    else
        estimate(s);
}

static void on_read(void *data, struct store_job *job)
{
    struct estimation *s = data;
    struct error err = job->error;
    if (!s) { /* the engine is gone */
        store_job_free(job);
        return;
    }
    s->reading = NULL;
    if (job->code == ERR_NONE) {
        size_t n = s->req->n_messages;
        context_apply(s->req, &job->path);
        memcpy(s->conversation, job->path.conversation, sizeof(s->conversation));
        context_said_take(&s->said, &job->path, s->req->n_messages - n);
        estimate(s);
    } else {
        finish(s, NULL, &err);
    }
    store_job_free(job);
}

static void begin(struct estimation *s)
{
    struct engine *e = s->engine;
    struct error err = ERROR_INIT;
    if (!s->req->conversation || strcmp(s->req->conversation, CONVERSATION_NEW) == 0) {
        estimate(s);
        return;
    }
    s->reading = context_path(s->req, s->who.uid, store_opt(e->store)->last_within_ms, on_read, s);
    if (engine_submit(e, s->reading, &err) != ERR_NONE)
        finish(s, NULL, &err);
}

static void on_prepared(void *data, const struct error *err)
{
    struct estimation *s = data;
    s->attach = NULL;
    if (err)
        finish(s, NULL, err);
    else
        begin(s);
}

/* In the order in which ask.c goes, so that what is looked up is what would be sent. */
void estimate_start(struct engine *e, struct chat_request *req, const struct spend_who *who,
                    void (*done)(void *data, const struct estimate *est, const struct error *err), void *data)
{
    const struct route_world w = engine_world(e);
    struct estimation *s = NEW(struct estimation);
    struct error err = ERROR_INIT;
    *s = (struct estimation){.engine = e, .req = req, .done = done, .data = data};
    spend_begin(&s->who, "", clock_wall_us(), who);
    TAILQ_INSERT_TAIL(&e->estimates, s, link);
    if (route_model(&w, req->model, req, &s->plan, &err) != ERR_NONE || engine_check_ids(req, &err) != ERR_NONE)
        finish(s, NULL, &err);
    else if (attach_needed(req))
        s->attach = attach_start(e, req, &s->plan, false, on_prepared, s);
    else
        begin(s);
}

void estimates_give_up_all(struct engine *e)
{
    struct estimation *s;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    while ((s = TAILQ_FIRST(&e->estimates))) {
        if (s->attach) {
            s->attach = attach_cancel(s->attach);
            s->req = NULL;
        }
        if (s->reading)
            s->reading->data = NULL;
        if (s->fetch)
            cache_fetch_cancel(s->fetch);
        finish(s, NULL, &err);
    }
}
