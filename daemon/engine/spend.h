/* What an answer came to: rows of the ledger, made of whom was asked for it and how that went. Pure. */
#ifndef ASKD_ENGINE_SPEND_H
#define ASKD_ENGINE_SPEND_H

#include "daemon/answer/log.h"
#include "daemon/engine/tried.h"
#include "lib/chat/ledger_row.h"
#include "lib/chat/request.h"

struct spend_who { /* who asks, and where; borrowed */
    uid_t uid;
    const char *client; /* NULL where not told */
    const struct chat_place *place;
};
/* What the rows of an answer begin as. id: its own, or one that nothing else has. */
void spend_begin(struct ledger_row *row, const char *id, int64_t at_us, const struct spend_who *who);
/* The same of texts that stay who's: for a row that is copied at once. */
struct ledger_row spend_borrowed(const char *id, int64_t at_us, const struct spend_who *who);

/* What the tokens cost by that row, and its text, which is the caller's. False, and nothing set that counts, where
 * there is none or a rate is not told. */
bool spend_by(const struct price *p, const struct usage *u, int64_t *nano, char currency[8], char **text);
/* By the tokens of row->usage: cost, currency and price row, where one is known that holds at row->at_us. */
void spend_price(const struct catalog *c, const struct route *r, struct ledger_row *row);
/* It cost nothing, in the currency of what it would have cost. */
void spend_nothing(const struct catalog *c, const struct route *r, struct ledger_row *row);
/* What such a prompt takes of a subscription there, in billionths of a premium request. */
int64_t spend_premium(const struct catalog *c, const struct route *r, const struct chat_request *chat, int64_t at_us);

struct spend_end { /* how the last one who was asked did */
    const char *provider, *model;
    enum log_state state;
    const struct chat_request *chat; /* NULL: no prompt, which counts as no premium request */
    struct usage usage;              /* as told, -1 where not; cost_nano: by the provider itself */
    int64_t input_tokens;            /* of the question, estimated: they count where none are told, likewise: */
    int64_t shown_tokens;            /* of what was shown of the answer */
};

struct spend {
    struct ledger_row *rows; /* the first is the answer's own, the others its arms */
    size_t n;
};

/* Whether such a try costs anything. */
bool spend_is_billed(const struct tried *t);

/* who: the row that its asker's rows begin as: answer, time, uid, client and so on. What was never sent, and what a
 * provider refused, cost nothing; what was given up, or broke when some of it was shown, costs its input and what was
 * shown, as an estimate. t: NULL where nobody was asked. */
void spend_rows(const struct catalog *c, const struct tried_list *t, const struct ledger_row *who,
                const struct spend_end *end, struct spend *ret);
void spend_done(struct spend *s); /* works on a zeroed one */

enum ledger_outcome spend_outcome(enum log_state state); /* of one that has ended */

/* The row of one who reads what another pays for. */
void spend_shared(const struct ledger_row *who, const struct ledger_row *paid, struct ledger_row *ret);

#endif
