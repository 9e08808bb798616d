/* A run: one provider request and the log that it fills, with everybody who reads that log from its beginning. The
 * first asker starts it; those who ask the same while it runs come aboard (single flight). When the last has left, it
 * ends.
 *
 * Words. A *rider* is an asker's place on a run. It *boards* and, once, *lands*: with all others when the run ends, or
 * alone, cancelled or out of time, with a copy of what it saw; the run goes on for the others.
 *
 * States: idle (nobody was asked yet; it has one rider), trying, landed; run_end is the one place that ends it. */
#ifndef ASKD_ENGINE_RUN_H
#define ASKD_ENGINE_RUN_H

#include "daemon/answer/fold.h"
#include "daemon/engine/lookup.h"

struct run;

struct run_outcome { /* borrowed for the call of landed */
    enum log_state state;
    const struct error *err;     /* NULL where done */
    const struct fold *fold;     /* of the log that the answer reads now */
    const struct buf *attempts;  /* the encoded entry "attempts" of the answer map */
    const struct cache_key *key; /* under which it is cached, or was looked for; NULL: none */
    int64_t asked_us, first_us;  /* monotonic: the provider was asked, its first token came; 0: not */
};

struct rider;
struct rider_hooks {
    /* Whom it goes to is known: the start event is set. Once; not where it lands before. */
    void (*first)(struct rider *r);
    /* It is off the run, which may be gone when this returns. Its log has ended. */
    void (*landed)(struct rider *r, const struct run_outcome *o);
};

struct rider { /* embedded in its owner */
    const struct rider_hooks *hooks;
    struct answer *answer; /* borrowed of the owner */
    int64_t deadline_us;   /* monotonic, 0: none. A run tries for as long as any of its riders waits */
    struct run *run;       /* NULL: on none */
    TAILQ_ENTRY(rider) link;
};

struct run *run_new(struct engine *e); /* with an empty log */
struct log *run_log(const struct run *run);
/* Idle, and nobody is on it; NULL is fine; always returns NULL. */
struct run *run_free(struct run *run);

/* The answer reads the run's log from now on; its start event is set as soon as it is known whom it goes to. */
void run_board(struct run *run, struct rider *r);
/* The rider goes without landing; the run was idle, and is gone. */
void run_disembark(struct rider *r);

struct run_question { /* what it holds is taken over */
    struct chat_request *req;
    struct plan plan;
    struct lookup lookup;
};
/* Asks. It may land before this returns. */
void run_start(struct run *run, struct run_question *q);

/* One that runs and can be joined by whoever asks this, NULL if none. */
struct run *run_find(const struct engine *e, const struct lookup *k, const struct chat_request *req);
/* Its answer may be kept on disk too. */
void run_persist(struct run *run);

/* The rider lands alone, in this state; the run ends with it if it was the last. */
void run_leave(struct rider *r, enum log_state state, const struct error *err);
/* All land. provider, model: who is told to have been asked, where nobody was yet. */
void run_end(struct run *run, enum log_state state, const struct error *err);
void run_name(struct run *run, const char *provider, const char *model);

/* Sets the answer's start event, where it has none. */
void run_set_start(struct engine *e, struct answer *a, const char *provider, const char *model);

#endif
