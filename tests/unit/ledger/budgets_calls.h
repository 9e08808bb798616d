/* What the tests of budgets share: a time, a price, wishes and rows, and what to expect of reservations. */
#ifndef ASKD_TESTS_LEDGER_BUDGETS_CALLS_H
#define ASKD_TESTS_LEDGER_BUDGETS_CALLS_H

#include "daemon/ledger/budgets.h"
#include "tests/unit/ledger/ledger_files.h"

#define NOW INT64_C(1772366400000000) /* 2026-03-01 12:00:00 UTC, a Sunday */
#define HOUR (INT64_C(3600) * 1000000)
#define DAY (24 * HOUR)
#define NANO INT64_C(1000000000)

static inline struct budgets *begin(const char *text)
{
    struct budget_rules *rules = ledger_rules(text);
    struct budgets *b = budgets_new();
    int64_t since;

    budgets_configure(b, rules, NOW, &since);
    budgets_recalled(b);
    budget_rules_unref(rules);
    return b;
}

static inline int64_t reload(struct budgets *b, const char *text, int64_t now_us)
{
    struct budget_rules *rules = ledger_rules(text);
    int64_t since = -1;

    budgets_configure(b, rules, now_us, &since);
    budget_rules_unref(rules);
    return since;
}

/* A dollar for a million tokens of either kind: a token is 1000 billionths. */
static inline struct price dollar(void)
{
    struct price p = PRICE_INIT;

    p.input = p.output = NANO;
    strcpy(p.currency, "USD");
    return p;
}

static inline struct budget_wish wish(const struct price *p, int64_t input, int64_t max_tokens)
{
    return (struct budget_wish){.subject = {.uid = 1000, .provider = "lan", .model = "small"},
                                .now_us = NOW,
                                .input_tokens = input,
                                .max_tokens = max_tokens,
                                .price = p};
}

static inline struct ledger_row row_of(int64_t input, int64_t output, int64_t cost_nano)
{
    struct ledger_row r = LEDGER_ROW_INIT;

    r.uid = 1000;
    r.provider = (char *)"lan";
    r.model = (char *)"small";
    r.at_us = NOW;
    r.requests = 1;
    r.usage.input_tokens = input;
    r.usage.output_tokens = output;
    r.cost_nano = cost_nano;
    strcpy(r.currency, "USD");
    return r;
}

static inline struct budget_hold *reserve(struct budgets *b, const struct budget_wish *w)
{
    struct error err = ERROR_INIT;
    struct budget_hold *h = NULL;
    int64_t max;

    if (budgets_reserve(b, w, &h, &max, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    return h;
}

static inline void refuse(struct budgets *b, const struct budget_wish *w, const char *part)
{
    struct error err = ERROR_INIT;
    struct budget_hold *h = (struct budget_hold *)&err;
    int64_t max;

    assert_false(budgets_fit(b, w));
    assert_int_equal(budgets_reserve(b, w, &h, &max, &err), ERR_BUDGET_EXCEEDED);
    assert_int_equal(err.code, ERR_BUDGET_EXCEEDED);
    assert_string_equal(err.param, "budget");
    assert_null(h);
    if (!strstr(err.message, part))
        fail_msg("wanted %s; got %s", part, err.message);
    assert_int_equal(budgets_reserve(b, w, &h, &max, NULL), ERR_BUDGET_EXCEEDED);
}

static inline int64_t ceiling(struct budgets *b, const struct budget_wish *w)
{
    struct error err = ERROR_INIT;
    struct budget_hold *h;
    int64_t max = -2;

    assert_true(budgets_fit(b, w));
    if (budgets_reserve(b, w, &h, &max, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    budgets_release(b, h);
    return max;
}

struct wanted {
    int64_t used, reserved, left, resets_us;
    size_t seen;
};

static inline void on_report(void *data, const struct budget_report *r)
{
    struct wanted *w = data;

    *w = (struct wanted){r->used, r->reserved, r->left, r->resets_us, w->seen + 1};
}

/* Of the last budget. */
static inline struct wanted report(const struct budgets *b, int64_t now_us)
{
    struct wanted w = {0};

    budgets_report(b, now_us, on_report, &w);
    return w;
}

static inline void check(const struct budgets *b, int64_t used, int64_t reserved, int64_t left)
{
    struct wanted w = report(b, NOW);

    assert_int_equal(w.used, used);
    assert_int_equal(w.reserved, reserved);
    assert_int_equal(w.left, left);
}

#endif
