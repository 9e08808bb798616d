#include "daemon/ledger/budget_need.h"

static int64_t known(int64_t count)
{
    return count > 0 ? count : 0;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t dearer(int64_t rate, int64_t other)
{
    return rate >= 0 && other > rate ? other : rate;
}

/* Of what kind the tokens will be is not known yet: each costs what the dearest kind does. */
static bool worst_cost(const struct budget_wish *w, int64_t output, int64_t *ret)
{
    struct usage u = USAGE_INIT;

    if (!w->price)
        return false;
    struct price p = *w->price;
    p.input = dearer(dearer(p.input, p.cache_write), p.input_audio);
    p.output = dearer(p.output, p.output_audio);
    p.cache_write = p.input_audio = p.output_audio = PRICE_UNKNOWN;
    u.input_tokens = known(w->input_tokens);
    u.output_tokens = output;
    u.images = known(w->images);
    return price_cost(&p, &u, ret);
}

static enum need need_money(const struct budget_rule *r, const struct rates *rates, const struct budget_wish *w,
                            int64_t output, int64_t *ret)
{
    int64_t cost;

    *ret = 0;
    if (!worst_cost(w, output, &cost))
        return r->allow_unpriced ? NEED_KNOWN : NEED_NO_PRICE;
    return rates_convert(rates, cost, w->price->currency, r->limit.currency, ret) ? NEED_KNOWN : NEED_NO_RATE;
}

enum need need_of(const struct budget_rule *r, const struct rates *rates, const struct budget_wish *w, int64_t output,
                  int64_t *ret)
{
    switch (r->limit.unit) {
    case AMOUNT_MONEY: return need_money(r, rates, w, output, ret);
    case AMOUNT_TOKENS: *ret = plus(known(w->input_tokens), output); break;
    case AMOUNT_REQUESTS: *ret = 1; break;
    case AMOUNT_PREMIUM: *ret = known(w->premium_nano); break;
    }
    return NEED_KNOWN;
}

bool need_grows(const struct budget_rule *r, const struct budget_wish *w)
{
    int64_t cost;

    return r->limit.unit == AMOUNT_TOKENS ||
           (r->limit.unit == AMOUNT_MONEY && (!r->allow_unpriced || worst_cost(w, 1, &cost)));
}

/* By halves, since a price rounds up, and a rate once more. */
int64_t need_output(const struct budget_rule *r, const struct rates *rates, const struct budget_wish *w, int64_t rest,
                    int64_t most)
{
    int64_t fits = -1, over = most + 1, need;

    while (over - fits > 1) {
        int64_t middle = fits + (over - fits) / 2;
        if (need_of(r, rates, w, middle, &need) == NEED_KNOWN && need <= rest)
            fits = middle;
        else
            over = middle;
    }
    return fits;
}

bool need_spent(const struct budget_rule *r, const struct rates *rates, const struct ledger_row *row, int64_t *ret)
{
    *ret = 0;
    switch (r->limit.unit) {
    case AMOUNT_MONEY:
        if (row->cost_nano < 0)
            return !usage_known(&row->usage);
        return row->cost_nano == 0 || rates_convert(rates, row->cost_nano, row->currency, r->limit.currency, ret);
    case AMOUNT_TOKENS: *ret = plus(known(row->usage.input_tokens), known(row->usage.output_tokens)); break;
    case AMOUNT_REQUESTS: *ret = known(row->requests); break;
    case AMOUNT_PREMIUM: *ret = known(row->premium_nano); break;
    }
    return true;
}
