/* A flight: one provider request and the log that it fills, with everybody who reads that log from its beginning. The
 * first asker starts it; those who ask the same while it runs come aboard (single flight). When the last has left, it
 * ends.
 *
 * Words. A *rider* is an asker's place on a flight. It *boards* and, once, *lands*: with all others when the flight
 * ends, or alone, cancelled or out of time, with what it saw; the flight goes on for the others.
 *
 * States: idle (nobody was asked yet; it has one rider), trying, landed; flight_end is the one place that ends it. */
#ifndef ASKD_ENGINE_FLIGHT_H
#define ASKD_ENGINE_FLIGHT_H

#include "daemon/answer/fold.h"
#include "daemon/engine/lookup.h"
#include "daemon/engine/spend.h"
#include "daemon/engine/tries.h"

struct flight;

struct flight_outcome { /* borrowed for the call of landed */
    enum log_state state;
    const struct error *err;     /* NULL where done */
    const struct fold *fold;     /* of the log that the answer reads now; NULL where nobody finds it again, likewise */
    const struct buf *attempts;  /* the encoded entry "attempts" of the answer map */
    const struct cache_key *key; /* under which it is cached, or was looked for; NULL: none */
    struct tries_times times;    /* of its requests; zeroed: nobody was asked */
    int64_t first_us;            /* monotonic: its first token came; 0: not */
    /* What all that was asked came to. The rider who began the flight pays; where that left early, nobody aboard does,
     * and the rows are with the books. NULL: nobody was asked, or the flight goes on. */
    const struct spend *spend;
    const struct route *route; /* whom it goes to now, NULL: nobody yet */
};

struct rider;
struct rider_hooks {
    /* Whom it goes to is known: the start event is set. Once; not where it lands before. */
    void (*first)(struct rider *r);
    /* It is off the flight, which may be gone when this returns. Its log has ended. */
    void (*landed)(struct rider *r, const struct flight_outcome *o);
};

struct rider { /* embedded in its owner */
    const struct rider_hooks *hooks;
    struct answer *answer;        /* borrowed of the owner, likewise: */
    const struct ledger_row *who; /* what its rows of the ledger begin as */
    int64_t deadline_us;          /* monotonic, 0: none. A flight tries for as long as any of its riders waits */
    struct flight *flight;        /* NULL: on none */
    TAILQ_ENTRY(rider) link;
};

struct flight *flight_new(struct engine *e); /* with an empty log */
struct log *flight_log(const struct flight *flight);
/* Idle, and nobody is on it; NULL is fine; always returns NULL. */
struct flight *flight_free(struct flight *flight);

/* The answer reads the flight's log from now on; its start event is set as soon as it is known whom it goes to. */
void flight_board(struct flight *flight, struct rider *r);
/* The rider goes without landing; the flight was idle, and is gone. */
void flight_disembark(struct rider *r);

struct flight_question { /* what it holds is taken over */
    struct chat_request *req;
    struct plan plan;
    struct windows windows;
    struct lookup lookup;
};
/* Asks. It may land before this returns. */
void flight_start(struct flight *flight, struct flight_question *q);

/* The row of the rider's answer while it runs: what it costs at most, as far as that is known. The caller's, from the
 * heap; NULL where the rider does not pay. */
struct ledger_row *flight_expect(const struct flight *flight, const struct rider *r);

/* One that runs and can be joined by whoever asks this, NULL if none. */
struct flight *flight_find(const struct engine *e, const struct lookup *k);
/* Its answer may be cached beyond memory: one of those that ask for it lets it reach a disk. */
void flight_persist(struct flight *flight);

/* The rider lands alone, in this state; the flight ends with it if it was the last. */
void flight_leave(struct rider *r, enum log_state state, const struct error *err);
/* All land. provider, model: who is told to have been asked, where nobody was yet. */
void flight_end(struct flight *flight, enum log_state state, const struct error *err);
void flight_name(struct flight *flight, const char *provider, const char *model);

/* Sets the answer's start event, where it has none. */
void flight_set_start(struct engine *e, struct answer *a, const char *provider, const char *model);
/* What its map tells of the model's window; NULL: nothing. */
void flight_set_context(struct answer *a, const struct window_cut *cut);

#endif
