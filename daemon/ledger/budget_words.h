/* What is said of budgets: why one refuses, and that one is nearly used up. Pure. */
#ifndef ASKD_LEDGER_BUDGET_WORDS_H
#define ASKD_LEDGER_BUDGET_WORDS_H

#include "daemon/ledger/budget_need.h"

/* Both return ERR_BUDGET_EXCEEDED, with "budget" as the field at fault. err: NULL is fine. */
enum error_code budget_refuses(const struct budget_report *r, int64_t need, struct error *err);
/* why: not NEED_KNOWN */
enum error_code budget_cannot_tell(const struct budget_rule *r, enum need why, const struct budget_wish *w,
                                   struct error *err);

/* Per cent of the limit that are used, rounded down; of a limit of 0, all. */
int64_t budget_share(const struct budget_report *r);
void budget_warns(const struct budget_report *r, char *text, size_t size);

#endif
