#include "daemon/rpc/budget_map.h"
#include "daemon/ledger/budget_words.h"
#include "daemon/ledger/budgets.h"
#include "daemon/rpc/server.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"

struct list {
    const struct peer *caller;
    struct buf *b;
    bool names, counting;
    uint32_t n;
};

/* That of one user is no other's to see. */
static bool may_see(const struct peer *caller, const struct budget_rule *rule)
{
    const struct server *s = caller->server;
    return rule->any_uid || rule->uid == server_scope(s, caller) || server_is_admin(s, caller);
}

static bool is_near(const struct budget_report *r)
{
    return r->rule->warn > 0 && budget_share(r) >= r->rule->warn;
}

/* Money and premium requests are kept in billionths. */
static void put_amount(struct buf *b, const char *name, const struct budget_rule *rule, int64_t value)
{
    const bool billionths = rule->limit.unit == AMOUNT_MONEY || rule->limit.unit == AMOUNT_PREMIUM;
    mp_put_cstr(b, name);
    mp_put_double(b, (double)value / (billionths ? 1e9 : 1));
}

static void put_budget(struct buf *b, const struct budget_report *r)
{
    const struct budget_rule *rule = r->rule;
    mp_put_map(b, 9);
    mp_put_entry(b, "name", rule->name);
    mp_put_entry(b, "unit", amount_unit(&rule->limit));
    mp_put_entry(b, "per", period_names[rule->per]);
    put_amount(b, "limit", rule, rule->limit.value);
    put_amount(b, "used", rule, r->used);
    put_amount(b, "reserved", rule, r->reserved);
    put_amount(b, "left", rule, r->left);
    mp_put_entry_time(b, "resets", r->resets_us);
    mp_put_cstr(b, "near");
    mp_put_bool(b, is_near(r));
}

static void take(void *data, const struct budget_report *r)
{
    struct list *l = data;
    if (!may_see(l->caller, r->rule) || (l->names && !is_near(r)))
        return;
    l->n++;
    if (l->counting)
        return;
    if (l->names)
        mp_put_cstr(l->b, r->rule->name);
    else
        put_budget(l->b, r);
}

static void put_list(struct buf *b, const struct peer *caller, bool names)
{
    const struct budgets *budgets = engine_budgets(caller->server->engine);
    struct list count = {.caller = caller, .names = names, .counting = true},
                list = {.caller = caller, .b = b, .names = names};
    const int64_t now_us = clock_wall_us();
    budgets_report(budgets, now_us, take, &count);
    mp_put_array(b, count.n);
    budgets_report(budgets, now_us, take, &list);
}

void budget_map_put(struct buf *b, const struct peer *caller)
{
    put_list(b, caller, false);
}

void budget_map_put_near(struct buf *b, const struct peer *caller)
{
    put_list(b, caller, true);
}
