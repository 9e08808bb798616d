/* What was asked since the start, counted for metrics: answers by how they ended, and for each model at a provider what
 * it was asked, said and cost, and how long that took. In memory, and lost with the daemon, as whoever collects such
 * figures expects.
 *
 * The models have a bound: what is asked of one beyond it counts for the one that is called "other". */
#ifndef ASKD_ENGINE_METER_H
#define ASKD_ENGINE_METER_H

#include "daemon/answer/log.h"
#include "lib/chat/ledger_row.h"
#include <stddef.h>
#include <stdint.h>

enum {
    METER_MODELS_MAX = 64, /* "other" is one more */
    METER_CURRENCIES = 8,  /* of a model; what it costs in more is not counted */
    METER_STEPS = 12,      /* of a histogram, at most */
};

/* Seconds. counts[i]: how many lay between the bounds i - 1 and i; the one behind the last bound has all above it. */
struct histogram {
    const double *bounds; /* static, ascending */
    size_t n;             /* of bounds */
    uint64_t counts[METER_STEPS + 1];
    double sum;
};

struct meter_cost {
    char currency[8];
    int64_t nano;
};

/* Tokens as the ledger has them: what is told of a part is in the whole too. */
struct meter_tokens {
    uint64_t input, cached_input, cache_write, output, reasoning;
};

struct meter_model {
    char provider[64], model[128];
    uint64_t outcomes[LEDGER_INTERRUPTED + 1]; /* answers, and texts turned into vectors, for which it was asked */
    uint64_t requests, retries;                /* sent to it; of those, not the first for a question */
    struct meter_tokens tokens;
    struct meter_cost costs[METER_CURRENCIES];
    size_t n_costs;
    struct histogram first, total; /* to the first token, and to the end */
};

struct meter {
    int64_t started_us;                    /* wall clock: when it began to count */
    uint64_t answers[LOG_INTERRUPTED + 1]; /* that have ended, by their state */
    uint64_t slow;                         /* those of them that took longer than slow_question */
    struct histogram commit;               /* from an answer's end to its being stored */
    struct meter_model *models;            /* owned */
    size_t n;
};

void meter_init(struct meter *m);
void meter_done(struct meter *m);

/* A row of the ledger as it is made. One that runs, is cached or shared counts for no model. */
void meter_add(struct meter *m, const struct ledger_row *row);
void meter_retry(struct meter *m, const char *provider, const char *model); /* it is asked once more */
void meter_end(struct meter *m, enum log_state state);
void meter_commit(struct meter *m, double ms);

void histogram_add(struct histogram *h, double seconds);

#endif
