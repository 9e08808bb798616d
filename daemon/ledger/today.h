/* What each user has used since midnight UTC, in memory: sums of rows of the ledger, for who may not wait for the
 * store. Owned by the engine, not thread safe, and knows no clock: times are given. A row counts on the day on which it
 * was asked; the first one of a later day begins that, and those of an earlier one count no more. */
#ifndef ASKD_LEDGER_TODAY_H
#define ASKD_LEDGER_TODAY_H

#include "lib/chat/ledger_row.h"

#define TODAY_USERS_MAX 65536 /* further ones have no figures that day */

struct today;

struct today_sum { /* of a currency, in billionths */
    char currency[8];
    int64_t cost_nano, saved_nano;
};
struct today_figures {
    int64_t requests, answers, cache_hits, shared, input_tokens, output_tokens, premium_nano;
    struct today_sum *sums; /* owned, by currency */
    size_t n_sums;
};

struct today *today_new(void);
struct today *today_free(struct today *t); /* NULL is fine; always returns NULL */

int64_t today_begins(int64_t now_us); /* the midnight before */
void today_add(struct today *t, const struct ledger_row *row);
/* The same with what the ledger already has of a user's day, at_us. */
void today_recall(struct today *t, uid_t uid, int64_t at_us, const struct today_figures *sum);
/* Valid until the next call of any of these. All 0 for who has used nothing. */
const struct today_figures *today_of(struct today *t, uid_t uid, int64_t now_us);

#endif
