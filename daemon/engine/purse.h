/* What one question has reserved of budgets: for each request of it that was sent, and the one that is to be. */
#ifndef ASKD_ENGINE_PURSE_H
#define ASKD_ENGINE_PURSE_H

#include "daemon/engine/route.h"
#include "daemon/engine/spend.h"
#include "daemon/ledger/budgets.h"
#include "lib/chat/request.h"

struct purse { /* zeroed: empty */
    struct held *list;
    size_t n;
};

struct purse_question {
    const struct ledger_row *who;    /* NULL: nobody pays, and no budget applies */
    const struct chat_request *chat; /* what is sent; NULL: texts for vectors */
    int64_t input_tokens;            /* estimated */
};

/* Reserves for a request to that route, where that was not done already. *max_tokens: to be sent as such, -1: nothing.
 * ERR_BUDGET_EXCEEDED: names the budget, and which of the plan's routes would still fit. */
enum error_code purse_reserve(struct purse *p, struct budgets *b, const struct catalog *c,
                              const struct purse_question *q, const struct plan *plan, const struct route *r,
                              int64_t *max_tokens, struct error *err);
/* A budget of that route's that has used its share for warnings: in words, once each. */
bool purse_warned(const struct purse *p, struct budgets *b, const struct route *r, char *text, size_t size);
/* It came to nothing there, and is tried again, or elsewhere, for which is reserved anew. sent: the request went out,
 * and counts as one; billed: it costs more than that, and all that is reserved waits for its row. */
void purse_put_by(struct purse *p, struct budgets *b, const struct route *r, bool sent, bool billed);
/* All that is held is settled by its row, or was never sent. */
void purse_settle(struct purse *p, struct budgets *b, const struct spend *spend);
void purse_done(struct purse *p, struct budgets *b); /* what is held still is given back */

/* What a budget is asked of such a request. The texts are borrowed of the arguments. */
struct budget_wish purse_wish(const struct catalog *c, const struct purse_question *q, const struct route *r,
                              int64_t now_us);

#endif
