/* What a request may come to, and what it came to, in the unit of a budget's limit. Pure. */
#ifndef ASKD_LEDGER_BUDGET_NEED_H
#define ASKD_LEDGER_BUDGET_NEED_H

#include "daemon/ledger/budgets.h"

enum need {
    NEED_KNOWN,
    NEED_NO_PRICE, /* the limit is in money, and there is no price, or not for all of it */
    NEED_NO_RATE,  /* the price is in another currency than the limit */
};

/* The most that it takes of the limit if it gets `output` tokens. */
enum need need_of(const struct budget_rule *r, const struct rates *rates, const struct budget_wish *w, int64_t output,
                  int64_t *ret);
/* Whether output tokens count in it. */
bool need_grows(const struct budget_rule *r, const struct budget_wish *w);
/* The most tokens of output, up to `most`, for which that is at most `rest`; -1: not even for none. */
int64_t need_output(const struct budget_rule *r, const struct rates *rates, const struct budget_wish *w, int64_t rest,
                    int64_t most);
/* What the row takes of it. False where it has tokens but no cost, or one in a currency without a rate. */
bool need_spent(const struct budget_rule *r, const struct rates *rates, const struct ledger_row *row, int64_t *ret);

#endif
