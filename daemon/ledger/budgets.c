#include "daemon/ledger/budgets.h"
#include "daemon/ledger/budget_need.h"
#include "daemon/ledger/budget_words.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

__extension__ typedef __int128 total; /* of amounts, however many */

struct budget {
    const struct budget_rule *rule;
    struct window window;
    total used, reserved;
    total recalled;  /* of used: by the recall that is under way; 0 where it is not incomplete, likewise: */
    total unsure;    /* of used: settled meanwhile, which the store may tell of too */
    bool incomplete; /* the store is still to tell of what was before */
    bool warned;
};

/* What a hold has in one budget. Where that has begun another window since, it has nothing there any more. */
struct share {
    struct budget *budget;
    int64_t window_us; /* the beginning of that */
    int64_t amount;
};

struct budget_hold {
    LIST_ENTRY(budget_hold) link;
    struct budget_wish wish; /* of our own, as are price and the texts: budgets that begin later reserve by it too */
    struct price price;
    int64_t output; /* tokens that it may get; -1: no budget had to say */
    struct share *shares;
    size_t n;
};

struct budgets {
    struct budget_rules *rules; /* NULL before the first configure */
    struct budget **list;       /* in the order of the rules */
    size_t n;
    LIST_HEAD(, budget_hold) holds;
};

static int64_t clamp(total n)
{
    return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* -- one budget -- */

static void begin_window(struct budget *b, int64_t now_us)
{
    b->window = period_window(b->rule->per, now_us);
    b->used = b->reserved = b->recalled = b->unsure = 0;
    b->warned = false;
}

static void turn(struct budget *b, int64_t now_us)
{
    if (now_us >= b->window.end_us)
        begin_window(b, now_us);
}

static int64_t rest_of(const struct budget *b)
{
    total rest = b->rule->limit.value - b->used - b->reserved;

    return rest > 0 ? (int64_t)rest : 0;
}

static struct budget_report report_of(const struct budget *b)
{
    return (struct budget_report){.rule = b->rule,
                                  .used = clamp(b->used),
                                  .reserved = clamp(b->reserved),
                                  .left = rest_of(b),
                                  .resets_us = b->window.end_us};
}

static struct budget *budget_new(const struct budget_rule *rule, int64_t now_us)
{
    struct budget *b = NEW(struct budget);

    b->rule = rule;
    b->incomplete = true;
    begin_window(b, now_us);
    return b;
}

/* -- holds -- */

static void subject_copy(struct budget_subject *to, const struct budget_subject *from)
{
    *to = (struct budget_subject){.uid = from->uid,
                                  .client = xstrdup(from->client),
                                  .directory = xstrdup(from->directory),
                                  .host = xstrdup(from->host),
                                  .label = xstrdup(from->label),
                                  .provider = xstrdup(from->provider),
                                  .model = xstrdup(from->model),
                                  .model_id = xstrdup(from->model_id)};
}

static void subject_done(struct budget_subject *s)
{
    free((char *)s->client);
    free((char *)s->directory);
    free((char *)s->host);
    free((char *)s->label);
    free((char *)s->provider);
    free((char *)s->model);
    free((char *)s->model_id);
}

static struct budget_hold *hold_new(struct budgets *b, const struct budget_wish *w, int64_t output)
{
    struct budget_hold *h = NEW(struct budget_hold);

    h->wish = *w;
    subject_copy(&h->wish.subject, &w->subject);
    h->price = (struct price)PRICE_INIT;
    if (w->price) {
        price_copy(&h->price, w->price);
        h->wish.price = &h->price;
    }
    h->output = output;
    LIST_INSERT_HEAD(&b->holds, h, link);
    return h;
}

static void hold_free(struct budget_hold *h)
{
    LIST_REMOVE(h, link);
    subject_done(&h->wish.subject);
    price_done(&h->price);
    free(h->shares);
    free(h);
}

static bool is_open(const struct share *s)
{
    return s->window_us == s->budget->window.start_us;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What it may get as far as this budget says. */
static int64_t usual_output(const struct budget_rule *r, const struct budget_wish *w)
{
    int64_t output = w->max_tokens < 0 ? r->reserve_output : w->max_tokens;

    return w->model_max > 0 ? least(output, w->model_max) : output;
}

/* Reserves in one budget what the hold's wish comes to there. */
static void take_share(struct budget_hold *h, struct budget *b, int64_t output, const struct rates *rates)
{
    int64_t amount = 0;

    (void)need_of(b->rule, rates, &h->wish, output, &amount); /* of what has no price nothing */
    h->shares = grow_one(h->shares, h->n, sizeof(*h->shares));
    h->shares[h->n++] = (struct share){b, b->window.start_us, amount};
    b->reserved += amount;
}

/* -- reserving -- */

/* What becomes of a wish. */
struct plan {
    int64_t output;      /* tokens that it may get */
    bool bounded;        /* they have to be told to the provider */
    struct budget *over; /* the budget that refuses it, NULL: none */
    enum need why;       /* it does: what is not known; NEED_KNOWN: this is too much */
    int64_t need;
};

static bool applies(const struct budgets *b, size_t i, const struct budget_wish *w)
{
    return budget_rule_applies(b->list[i]->rule, &w->subject);
}

/* The most output that is thought of before any budget's rest is looked at. */
static int64_t first_output(const struct budgets *b, const struct budget_wish *w, bool *bounded)
{
    int64_t output = INT64_MAX;

    for (size_t i = 0; i < b->n; i++) {
        if (!applies(b, i, w) || !need_grows(b->list[i]->rule, w))
            continue;
        *bounded = true;
        output = least(output, usual_output(b->list[i]->rule, w));
    }
    return *bounded ? output : 0;
}

/* Lowers the plan's output to what this budget's rest pays for, but not below `enough`. */
static void shrink(const struct budgets *b, const struct budget *budget, const struct budget_wish *w, int64_t enough,
                   struct plan *p)
{
    int64_t output;

    if (!need_grows(budget->rule, w))
        return;
    output = need_output(budget->rule, budget_rules_rates(b->rules), w, rest_of(budget), p->output);
    p->output = output < enough ? enough : output;
}

static bool check(const struct budgets *b, struct budget *budget, const struct budget_wish *w, struct plan *p)
{
    p->why = need_of(budget->rule, budget_rules_rates(b->rules), w, p->output, &p->need);
    if (p->why == NEED_KNOWN && p->need <= rest_of(budget))
        return true;
    p->over = budget;
    return false;
}

static struct plan plan_of(struct budgets *b, const struct budget_wish *w)
{
    struct plan p = {0};

    for (size_t i = 0; i < b->n; i++)
        turn(b->list[i], w->now_us);
    p.output = first_output(b, w, &p.bounded);
    const int64_t enough = least(p.output, BUDGET_OUTPUT_MIN);
    for (size_t i = 0; w->max_tokens < 0 && i < b->n; i++)
        if (applies(b, i, w))
            shrink(b, b->list[i], w, enough, &p);
    for (size_t i = 0; i < b->n; i++)
        if (applies(b, i, w) && !check(b, b->list[i], w, &p))
            break;
    return p;
}

static enum error_code refuse(const struct plan *p, const struct budget_wish *w, struct error *err)
{
    const struct budget_report r = report_of(p->over);

    return p->why == NEED_KNOWN ? budget_refuses(&r, p->need, err) : budget_cannot_tell(r.rule, p->why, w, err);
}

enum error_code budgets_reserve(struct budgets *b, const struct budget_wish *w, struct budget_hold **ret,
                                int64_t *max_tokens, struct error *err)
{
    const struct plan p = plan_of(b, w);

    *ret = NULL;
    if (p.over)
        return refuse(&p, w, err);
    *max_tokens = p.bounded && w->max_tokens < 0 ? p.output : w->max_tokens;
    if (b->n == 0)
        return ERR_NONE;
    *ret = hold_new(b, w, p.bounded ? p.output : -1);
    for (size_t i = 0; i < b->n; i++)
        if (applies(b, i, w))
            take_share(*ret, b->list[i], p.output, budget_rules_rates(b->rules));
    return ERR_NONE;
}

bool budgets_fit(struct budgets *b, const struct budget_wish *w)
{
    return !plan_of(b, w).over;
}

size_t budgets_applying(struct budgets *b, const struct budget_wish *w, const char **names, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (!applies(b, i, w))
            continue;
        if (n < max)
            names[n] = b->list[i]->rule->name;
        n++;
    }
    return n;
}

/* -- settling -- */

/* Gives the shares back; row: what of them is used, NULL: nothing. */
static void give_back(struct budgets *b, struct budget_hold *h, const struct ledger_row *row)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct share *s = &h->shares[i];
        int64_t spent = 0;
        if (!is_open(s))
            continue;
        if (row && !need_spent(s->budget->rule, budget_rules_rates(b->rules), row, &spent))
            spent = s->amount;
        assert(s->budget->reserved >= s->amount);
        s->budget->reserved -= s->amount;
        s->budget->used += spent;
        if (s->budget->incomplete)
            s->budget->unsure += spent;
    }
    hold_free(h);
}

void budgets_settle(struct budgets *b, struct budget_hold *h, const struct ledger_row *row)
{
    if (h)
        give_back(b, h, row);
}

void budgets_release(struct budgets *b, struct budget_hold *h)
{
    if (h)
        give_back(b, h, NULL);
}

void budgets_shrink(struct budgets *b, struct budget_hold *h)
{
    (void)b;
    for (size_t i = 0; h && i < h->n; i++) {
        struct share *s = &h->shares[i];
        if (s->budget->rule->limit.unit == AMOUNT_REQUESTS)
            continue;
        if (is_open(s))
            s->budget->reserved -= s->amount;
        s->amount = 0;
    }
    if (!h)
        return;
    h->output = 0;
    h->wish.input_tokens = h->wish.max_tokens = h->wish.images = h->wish.premium_nano = 0;
}

static void recall(const struct budgets *b, struct budget *budget, const struct ledger_row *sum)
{
    int64_t spent;

    if (!need_spent(budget->rule, budget_rules_rates(b->rules), sum, &spent))
        return;
    budget->used += spent;
    budget->recalled += spent;
}

void budgets_recall(struct budgets *b, const struct ledger_row *sum, const char *model_id)
{
    const struct budget_subject subject = {.uid = sum->uid,
                                           .client = sum->client,
                                           .directory = sum->directory,
                                           .host = sum->host,
                                           .label = sum->label,
                                           .provider = sum->provider,
                                           .model = sum->model,
                                           .model_id = model_id};

    for (size_t i = 0; i < b->n; i++) {
        struct budget *budget = b->list[i];
        if (budget->incomplete && sum->at_us >= budget->window.start_us && sum->at_us < budget->window.end_us &&
            budget_rule_applies(budget->rule, &subject))
            recall(b, budget, sum);
    }
}

void budgets_recalled(struct budgets *b)
{
    for (size_t i = 0; i < b->n; i++) {
        b->list[i]->incomplete = false;
        b->list[i]->recalled = b->list[i]->unsure = 0;
    }
}

bool budgets_unsure(const struct budgets *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i]->unsure > 0)
            return true;
    return false;
}

/* The store is asked anew for all who wait for it. */
static void begin_recall(struct budget *b)
{
    b->used -= b->recalled;
    b->recalled = 0;
}

void budgets_recall_again(struct budgets *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct budget *budget = b->list[i];
        begin_recall(budget);
        budget->used -= budget->unsure;
        budget->unsure = 0;
    }
}

/* -- rules -- */

struct budgets *budgets_new(void)
{
    struct budgets *b = NEW(struct budgets);

    LIST_INIT(&b->holds);
    return b;
}

struct budgets *budgets_free(struct budgets *b)
{
    struct budget_hold *h;

    if (!b)
        return NULL;
    while ((h = LIST_FIRST(&b->holds)))
        hold_free(h);
    for (size_t i = 0; i < b->n; i++)
        free(b->list[i]);
    free(b->list);
    budget_rules_unref(b->rules);
    free(b);
    return NULL;
}

/* Takes the budget that counts as the rule says out of the old list; NULL where there is none. */
static struct budget *take_over(struct budget **old, size_t n, const struct budget_rule *rule)
{
    for (size_t i = 0; i < n; i++)
        if (old[i] && strcmp(old[i]->rule->name, rule->name) == 0 && budget_rule_same(old[i]->rule, rule)) {
            struct budget *b = old[i];
            old[i] = NULL;
            b->rule = rule;
            return b;
        }
    return NULL;
}

static bool listed(const struct budgets *b, const struct budget *budget)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i] == budget)
            return true;
    return false;
}

static bool has_share(const struct budget_hold *h, const struct budget *budget)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->shares[i].budget == budget)
            return true;
    return false;
}

/* Drops the hold's shares in budgets that are gone, and has it reserve in those that have begun since, where it was
 * asked in their window. */
static void move_hold(const struct budgets *b, struct budget_hold *h)
{
    size_t n = 0;

    for (size_t i = 0; i < h->n; i++)
        if (listed(b, h->shares[i].budget))
            h->shares[n++] = h->shares[i];
    h->n = n;
    for (size_t i = 0; i < b->n; i++)
        if (!has_share(h, b->list[i]) && applies(b, i, &h->wish) && h->wish.now_us >= b->list[i]->window.start_us)
            take_share(h, b->list[i], h->output < 0 ? usual_output(b->list[i]->rule, &h->wish) : h->output,
                       budget_rules_rates(b->rules));
}

/* Makes the list of the rules, of old budgets and of new ones. What is left of the old ones is in `old`. */
static void renew(struct budgets *b, struct budget **old, size_t n, int64_t now_us, int64_t *since_us)
{
    b->n = budget_rules_count(b->rules);
    b->list = xcalloc(b->n ? b->n : 1, sizeof(*b->list));
    *since_us = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct budget_rule *rule = budget_rules_at(b->rules, i);
        struct budget *budget = take_over(old, n, rule);
        if (!budget)
            budget = budget_new(rule, now_us);
        turn(budget, now_us);
        if (budget->incomplete) {
            begin_recall(budget);
            if (*since_us == 0 || budget->window.start_us < *since_us)
                *since_us = budget->window.start_us;
        }
        b->list[i] = budget;
    }
}

void budgets_configure(struct budgets *b, struct budget_rules *rules, int64_t now_us, int64_t *since_us)
{
    struct budget_rules *old_rules = b->rules;
    struct budget **old = b->list;
    const size_t n = b->n;
    struct budget_hold *h;

    b->rules = budget_rules_ref(rules);
    renew(b, old, n, now_us, since_us);
    LIST_FOREACH (h, &b->holds, link)
        move_hold(b, h);
    for (size_t i = 0; i < n; i++)
        free(old[i]);
    free(old);
    budget_rules_unref(old_rules);
}

/* -- telling -- */

bool budgets_any(const struct budgets *b)
{
    return b->n > 0;
}

bool budgets_warned(struct budgets *b, const struct budget_hold *h, char *text, size_t size)
{
    (void)b;
    for (size_t i = 0; h && i < h->n; i++) {
        struct budget *budget = h->shares[i].budget;
        const struct budget_report r = report_of(budget);
        if (budget->warned || r.rule->warn == 0 || !is_open(&h->shares[i]) || budget_share(&r) < r.rule->warn)
            continue;
        budget_warns(&r, text, size);
        budget->warned = true;
        return true;
    }
    return false;
}

void budgets_report(const struct budgets *b, int64_t now_us, void (*each)(void *data, const struct budget_report *r),
                    void *data)
{
    for (size_t i = 0; i < b->n; i++) {
        struct budget now = *b->list[i]; /* a copy, so that looking changes nothing */
        turn(&now, now_us);
        const struct budget_report r = report_of(&now);
        each(data, &r);
    }
}
