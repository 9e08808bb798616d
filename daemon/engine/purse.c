#include "daemon/engine/purse.h"
#include "daemon/engine/figures.h"
#include "daemon/engine/premium.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct held { /* of one request */
    char provider[64], model[128];
    struct budget_hold *hold;
    int64_t max_tokens;
    bool over;    /* it was sent, and came to nothing */
    bool counted; /* and costs nothing else than being a request */
};

static int64_t images_in(const struct chat_request *r)
{
    int64_t n = 0;
    for (size_t i = 0; r && i < r->n_messages; i++)
        for (size_t j = 0; j < r->messages[i].n_parts; j++)
            n += r->messages[i].parts[j].kind == PART_IMAGE;
    return n;
}

struct budget_wish purse_wish(const struct catalog *c, const struct purse_question *q, const struct route *r,
                              int64_t now_us)
{
    const struct facts f = catalog_facts(c, r->provider->name, r->provider->kind, r->model);
    return (struct budget_wish){.subject = {.uid = q->who->uid,
                                            .client = q->who->client,
                                            .directory = q->who->directory,
                                            .host = q->who->host,
                                            .label = q->who->label,
                                            .provider = r->provider->name,
                                            .model = r->model,
                                            .model_id = f.model ? f.model->id : NULL},
                                .now_us = now_us,
                                .input_tokens = q->input_tokens,
                                .max_tokens = !q->chat                  ? 0
                                              : q->chat->has_max_tokens ? q->chat->max_tokens
                                                                        : -1,
                                .model_max = facts_max_output(&f),
                                .images = images_in(q->chat),
                                .premium_nano = q->chat ? premium_of(&f, q->chat, now_us) : 0,
                                .price = facts_price(&f, now_us, q->input_tokens)};
}

static bool is_at(const struct held *h, const char *provider, const char *model)
{
    return strcmp(h->provider, provider) == 0 && strcmp(h->model, model) == 0;
}

/* That of the request which is next or under way. */
static struct held *find(const struct purse *p, const struct route *r)
{
    for (size_t i = 0; i < p->n; i++)
        if (!p->list[i].over && is_at(&p->list[i], r->provider->name, r->model))
            return &p->list[i];
    return NULL;
}

/* -- what would still fit -- */

struct least {    /* what it costs at least */
    int64_t nano; /* -1: no price is known */
    const char *currency;
};

static struct least least_of(const struct catalog *c, const struct route *r, const struct purse_question *q)
{
    struct usage u = USAGE_INIT;
    struct least l = {0};
    u.input_tokens = q->input_tokens;
    u.output_tokens = q->chat && q->chat->has_max_tokens ? q->chat->max_tokens : ROUTE_OUTPUT_TOKENS;
    if (!figures_cost(c, r, &u, clock_wall_us(), &l.nano, &l.currency))
        l.nano = -1;
    return l;
}

/* As the policy `cheapest` has it: what has no price comes last, and what is in another currency is not compared. */
static bool is_cheaper(const struct least *a, const struct least *than)
{
    if (a->nano < 0 || than->nano < 0)
        return a->nano >= 0;
    return strcmp(a->currency, than->currency) == 0 && a->nano < than->nano;
}

static void name_what_fits(struct budgets *b, const struct catalog *c, const struct purse_question *q,
                           const struct plan *plan, struct error *err)
{
    const struct route *best = NULL;
    struct least least = {.nano = -1};
    for (size_t i = 0; i < plan->n; i++) {
        const struct route *r = &plan->routes[i];
        const struct budget_wish w = purse_wish(c, q, r, clock_wall_us());
        const struct least cost = least_of(c, r, q);
        if (!r->model[0] || !budgets_fit(b, &w) || (best && !is_cheaper(&cost, &least)))
            continue;
        best = r;
        least = cost;
    }
    size_t len = strlen(err->message);
    if (best)
        snprintf(err->message + len, sizeof err->message - len, "; %s/%s would still fit", best->provider->name,
                 best->model);
}

/* -- holding -- */

enum error_code purse_reserve(struct purse *p, struct budgets *b, const struct catalog *c,
                              const struct purse_question *q, const struct plan *plan, const struct route *r,
                              int64_t *max_tokens, struct error *err)
{
    const struct held *there = find(p, r);
    struct held held = {.hold = NULL};
    *max_tokens = there ? there->max_tokens : -1;
    if (there || !q->who)
        return ERR_NONE;
    const struct budget_wish w = purse_wish(c, q, r, clock_wall_us());
    enum error_code code = budgets_reserve(b, &w, &held.hold, max_tokens, err);
    if (code != ERR_NONE) {
        name_what_fits(b, c, q, plan, err);
        return code;
    }
    if (!held.hold)
        return ERR_NONE;
    error_text(held.provider, sizeof held.provider, r->provider->name, strlen(r->provider->name));
    error_text(held.model, sizeof held.model, r->model, strlen(r->model));
    held.max_tokens = *max_tokens;
    p->list = grow_one(p->list, p->n, sizeof *p->list);
    p->list[p->n++] = held;
    return ERR_NONE;
}

bool purse_warned(const struct purse *p, struct budgets *b, const struct route *r, char *text, size_t size)
{
    const struct held *h = find(p, r);
    return h && budgets_warned(b, h->hold, text, size);
}

static const struct ledger_row a_request = {.requests = 1, .usage = USAGE_INIT, .cost_nano = -1, .saved_nano = -1};

void purse_put_by(struct purse *p, struct budgets *b, const struct route *r, bool sent, bool billed)
{
    struct held *h = find(p, r);
    if (!h)
        return;
    h->over = sent;
    h->counted = sent && !billed;
    if (h->counted)
        budgets_shrink(b, h->hold);
    if (sent)
        return;
    budgets_release(b, h->hold);
    memmove(h, h + 1, (size_t)(p->list + --p->n - h) * sizeof *h);
}

/* The row after so many others of that model; NULL: there is none. *requests: what all of them count. */
static const struct ledger_row *row_of(const struct spend *spend, const struct held *h, size_t nth, int64_t *requests)
{
    const struct ledger_row *found = NULL;
    *requests = 0;
    for (size_t i = 0; i < spend->n; i++) {
        const struct ledger_row *row = &spend->rows[i];
        if (!is_at(h, row->provider, row->model))
            continue;
        *requests += row->requests;
        if (nth-- == 0)
            found = row;
    }
    return found;
}

/* Rows and requests of a model are as many as were sent there, or billed: which is whose makes no difference. */
static void settle(struct purse *p, size_t at, struct budgets *b, const struct spend *spend)
{
    const struct held *h = &p->list[at];
    size_t before = 0, held_before = 0;
    int64_t requests;
    for (size_t i = 0; i < at; i++) {
        before += is_at(h, p->list[i].provider, p->list[i].model);
        held_before += is_at(h, p->list[i].provider, p->list[i].model) && !p->list[i].counted;
    }
    const struct ledger_row *row = row_of(spend, h, held_before, &requests);
    struct ledger_row one = row && !h->counted ? *row : a_request;
    one.requests = 1; /* the others of the row have holds of their own */
    if ((int64_t)before < requests)
        budgets_settle(b, h->hold, &one);
    else
        budgets_release(b, h->hold);
}

void purse_settle(struct purse *p, struct budgets *b, const struct spend *spend)
{
    for (size_t i = 0; i < p->n; i++)
        settle(p, i, b, spend);
    p->n = 0;
}

void purse_done(struct purse *p, struct budgets *b)
{
    purse_settle(p, b, &(struct spend){0});
    free(p->list);
    *p = (struct purse){0};
}
