/* Keeps questions from a provider that fails: after several failures in a row nobody asks it for a while, then one
 * request probes it. Pure. Times are monotonic microseconds, given by the caller. Embedded.
 *
 *   CLOSED     all may ask; so many failures in a row open it
 *   OPEN       nobody may until the wait is over, then one may: the probe
 *   HALF_OPEN  the probe is out: its success closes the breaker, its failure opens it for twice as long; one that does
 *              not report in time is given up, and the next request is the probe
 *
 * Which faults are failures is for the caller to say: those that tell of the provider, not of the question. Requests
 * are not told apart. One that was sent before the breaker opened and succeeds now closes it, as the provider works;
 * one that fails is no news while it is OPEN. */
#ifndef ASKD_HTTP_BREAKER_H
#define ASKD_HTTP_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_STATE_MAP(X)                                                                                           \
    X(BREAKER_CLOSED, "closed")                                                                                        \
    X(BREAKER_OPEN, "open")                                                                                            \
    X(BREAKER_HALF_OPEN, "half-open")
enum breaker_state {
#define X(code, name) code,
    BREAKER_STATE_MAP(X)
#undef X
};

struct breaker_options {
    unsigned failures;            /* in a row that open it; 0: it never opens */
    int64_t wait_us, wait_max_us; /* before the first probe, and what doubling ends at */
    int64_t probe_us;             /* after which a probe is given up */
};
#define BREAKER_DEFAULTS                                                                                               \
    {                                                                                                                  \
        .failures = 5, .wait_us = INT64_C(30000000), .wait_max_us = INT64_C(300000000), .probe_us = INT64_C(60000000), \
    }

struct breaker {
    struct breaker_options options;
    enum breaker_state state;
    unsigned failures; /* in a row, while CLOSED */
    int64_t wait_us;   /* of the next time that it opens */
    int64_t until_us;  /* OPEN: of the wait; HALF_OPEN: when the probe is given up */
};

void breaker_init(struct breaker *b, const struct breaker_options *o); /* copies the options; CLOSED */
/* Other options from now on. A wait that has begun stays as long as it is. */
void breaker_configure(struct breaker *b, const struct breaker_options *o);

/* Whether a request may be sent now; else *wait_us is how long until one may, if nothing is heard before. */
bool breaker_allows(const struct breaker *b, int64_t now_us, int64_t *wait_us);

/* A request is sent, which breaker_allows allowed; each ends in one of the three below. */
void breaker_begin(struct breaker *b, int64_t now_us);
void breaker_succeed(struct breaker *b);
void breaker_fail(struct breaker *b, int64_t now_us);
/* It ended and told nothing of the provider. Where it was the probe, the next request is. */
void breaker_cancel(struct breaker *b);

const char *breaker_state_name(enum breaker_state state);

#endif
