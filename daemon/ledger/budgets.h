/* Budgets: what was used of each in the window that is open, and what is reserved for requests under way. A request
 * reserves the worst that it can come to before it is sent, and settles at what it came to; so nothing is sent that
 * could go over a limit.
 *
 * Owned by the engine, not thread safe, and knows no clock: times are given. A budget whose window has run over begins
 * the next one by itself, at 0: what was reserved in the old one settles there, and nowhere else. It never goes back to
 * an earlier window, whatever becomes of the clock. */
#ifndef ASKD_LEDGER_BUDGETS_H
#define ASKD_LEDGER_BUDGETS_H

#include "daemon/ledger/budget_room.h"
#include "lib/chat/ledger_row.h"
#include "lib/chat/price.h"

struct budgets;
struct budget_hold; /* what one request has reserved; owned by whoever reserved until it is settled or released */

/* Fewer tokens of output than this are no answer: where a budget's rest pays for less, nothing is sent. */
#define BUDGET_OUTPUT_MIN 16

struct budget_wish { /* one request to one provider; all borrowed for the call */
    struct budget_subject subject;
    int64_t now_us;
    int64_t input_tokens; /* estimated */
    int64_t max_tokens;   /* of output, as it was asked for; -1: not told */
    int64_t model_max;    /* most that the model gives; 0: not known */
    int64_t images;
    int64_t premium_nano;
    const struct price *price; /* that holds for it; NULL: none is known */
};

struct budgets *budgets_new(void); /* without any budget */
/* Holds that are still there are given up. */
struct budgets *budgets_free(struct budgets *b); /* NULL is fine; always returns NULL */

/* From now on these rules hold; a reference is taken. A budget that counts the same as before keeps what is used and
 * reserved, and whether it has warned. Any other begins with what the holds that are there come to, and has to be told
 * of what was used before: of all since *since_us (0: there is none such), by budgets_recall, up to budgets_recalled.
 * Where an earlier recall is still under way, it is given up, and what it was for is in this one. Holds stay valid. */
void budgets_configure(struct budgets *b, struct budget_rules *rules, int64_t now_us, int64_t *since_us);

/* Reserves the worst case in every budget that applies, or nothing. Where there are no budgets, *ret is NULL.
 * *max_tokens: what has to be sent as max_tokens so that the worst case is that; -1: nothing has to be. It is
 * w->max_tokens where that was told.
 * ERR_BUDGET_EXCEEDED: the message names the budget, what is left of it, what this would take and when it resets, or
 * what is not known; err->param is "budget". */
enum error_code budgets_reserve(struct budgets *b, const struct budget_wish *w, struct budget_hold **ret,
                                int64_t *max_tokens, struct error *err);
bool budgets_fit(struct budgets *b, const struct budget_wish *w); /* would it? reserves nothing */
/* The names of those that apply, up to max of them into names (borrowed until the next configure); how many apply. */
size_t budgets_applying(struct budgets *b, const struct budget_wish *w, const char **names, size_t max);

/* It came to what the row says, or was never sent. The hold is gone; NULL is fine. Where the row has tokens but no cost
 * in a currency that has a rate, what was reserved counts as used. */
void budgets_settle(struct budgets *b, struct budget_hold *h, const struct ledger_row *row);
void budgets_release(struct budgets *b, struct budget_hold *h);
/* It was sent, and comes to one request and nothing else, of which there is no row yet: the rest is free again. */
void budgets_shrink(struct budgets *b, struct budget_hold *h); /* NULL is fine */

/* What the store knows of a time before, but not what still runs: a row, or the sum of an hour with its beginning as
 * at_us. It is used in those budgets that have to be told and whose open window holds that time. model_id: the
 * catalogue's name of its model, NULL: none. A cost in a currency without a rate is not counted. */
void budgets_recall(struct budgets *b, const struct ledger_row *sum, const char *model_id);
void budgets_recalled(struct budgets *b); /* that was all */
/* Something has settled since the store was asked, so that nobody knows whether its sums have it too. */
bool budgets_unsure(const struct budgets *b);
/* The store has it now, and is asked anew: from the beginning, for all that have to be told. */
void budgets_recall_again(struct budgets *b);
bool budgets_any(const struct budgets *b); /* there are some */

/* Whether a budget that h has reserved in has used its warn share, in words. Once for each window and budget; several
 * may be told one after the other. */
bool budgets_warned(struct budgets *b, const struct budget_hold *h, char *text, size_t size);

struct budget_report {
    const struct budget_rule *rule;
    int64_t used, reserved, left; /* in the limit's unit; left is 0 where more was used */
    int64_t resets_us;
};
/* In the order of the configuration. */
void budgets_report(const struct budgets *b, int64_t now_us, void (*each)(void *data, const struct budget_report *r),
                    void *data);

#endif
