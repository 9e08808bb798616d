/* A row of the ledger: what one answer came to at one provider. A plain value.
 *
 * An answer has one row of its own. Where another provider was asked for it that bills all the same (the slower one of
 * a race, one whose stream broke), that has a row of its own beside it, an *arm*, with a number. */
#ifndef ASKD_CHAT_LEDGER_ROW_H
#define ASKD_CHAT_LEDGER_ROW_H

#include "lib/base/id.h"
#include "lib/chat/usage.h"
#include <sys/types.h>

enum ledger_how { LEDGER_FRESH, LEDGER_CACHED, LEDGER_SHARED };

enum ledger_outcome { LEDGER_RUNNING, LEDGER_DONE, LEDGER_FAILED, LEDGER_CANCELLED, LEDGER_INTERRUPTED };

struct ledger_row {
    char answer[ID_LEN + 1];
    unsigned arm;  /* 0: the answer's own row; else which of those beside it */
    int64_t at_us; /* when it was asked, wall clock */
    uid_t uid;
    char *client, *directory, *label; /* owned, NULL where not told; label: the project file's `budget` */
    char *host;                       /* owned; NULL: the daemon's machine */
    char conversation[ID_LEN + 1];    /* "": in none */
    char *provider, *model;           /* owned: the section's name, and the provider's name for the model */
    enum ledger_how how;
    enum ledger_outcome outcome; /* running: the figures are what was reserved */
    int64_t answers;             /* 1; of cached and shared ones: all that were alike within a moment */
    int64_t requests;            /* that went to the provider: 0 where cached or shared, else with those sent again */
    struct usage usage;          /* cost_nano of it is what the provider itself says */
    int64_t cost_nano;           /* by our price row, billionths of currency; -1: no price is known */
    char currency[8];            /* "" with it */
    char *price;                 /* owned: that row, as price_put writes it, which is what it is known by; NULL: none */
    int64_t premium_nano;        /* billionths of a premium request */
    int64_t saved_nano;          /* what being cached or shared saved, billionths of saved_currency; -1: not known */
    char saved_currency[8];
    double first_ms, total_ms; /* to the first token, and to the end; negative: not known */
};
#define LEDGER_ROW_INIT                                                                                                \
    {                                                                                                                  \
        .answers = 1, .usage = USAGE_INIT, .cost_nano = -1, .saved_nano = -1, .first_ms = -1, .total_ms = -1           \
    }

void ledger_row_done(struct ledger_row *r); /* frees what it owns */
void ledger_row_copy(struct ledger_row *to, const struct ledger_row *from);

#endif
