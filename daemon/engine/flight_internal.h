/* Inside of flight: flight.c has its riders, its end and what its tries tell; flight_spend.c what it costs, and who
 * pays.
 */
#ifndef ASKD_ENGINE_FLIGHT_INTERNAL_H
#define ASKD_ENGINE_FLIGHT_INTERNAL_H

#include "daemon/engine/engine_internal.h"
#include "daemon/engine/flight.h"
#include "daemon/engine/tries.h"
#define uthash_fatal(msg) abort()
#include <uthash.h>

enum flight_state { FLIGHT_IDLE, FLIGHT_TRYING, FLIGHT_LANDED };

struct flight {
    struct engine *engine;
    enum flight_state state;
    struct log *log; /* reference */
    struct flight_question q;
    bool persist;
    char conversation[ID_LEN + 1]; /* of the first rider: providers keep their caches by it */
    bool named;                    /* whom it goes to first is known: */
    char first_provider[64], first_model[128];
    char provider[64], model[128]; /* whom it goes to now: */
    size_t candidate;              /* of the plan */
    const struct route *route;     /* the tries', NULL: nobody yet */
    struct tries *tries;           /* NULL: not yet */
    struct bucket_cost cost;       /* of the question, estimated */
    struct ledger_row payer;       /* what the rows of whoever began it begin as */
    int64_t told_cost_nano;        /* by the provider itself, -1: not */
    int64_t begun_us, first_us;    /* monotonic; first_us 0: not yet */
    TAILQ_HEAD(, rider) riders;
    bool joinable; /* it is in the engine's flights */
    bool outdated; /* the same was asked anew meanwhile: that answer is the one to keep */
    UT_hash_handle hh;
};

/* -- flight_spend.c -- */

/* Of the answer that was shown, as its provider told, or else by its text. */
int64_t flight_shown_tokens(const struct fold *fold);
bool flight_pays(const struct flight *f, const struct rider *r); /* it began the flight */
bool flight_is_paid_aboard(const struct flight *f);              /* who pays is on it still */
/* What all that was asked came to. Where nobody aboard pays, it goes to the books: the answer's own row is there. */
void flight_settle(struct flight *f, enum log_state state, const struct fold *fold, struct spend *spend);
void flight_leave_reserved(struct flight *f);               /* who pays leaves: what is reserved stays known */
void flight_price_usage(struct flight *f, struct usage *u); /* as a provider tells it */
void flight_note_shown(struct flight *f);                   /* what is void from now on may be billed all the same */

#endif
