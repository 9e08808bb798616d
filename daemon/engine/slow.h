/* Tells of answers that took long, and of where their time went: a line of the log each, but on a slow day no more than
 * SLOW_LINES in SLOW_SPAN_US; the next one says how many were left out.
 *
 * It is judged once: when its asker has taken it, or, where nobody reads it, when it has ended. */
#ifndef ASKD_ENGINE_SLOW_H
#define ASKD_ENGINE_SLOW_H

#include <stdbool.h>
#include <stdint.h>

struct answer;
struct engine;

enum { SLOW_LINES = 10, SLOW_SPAN_US = 60 * 1000 * 1000 };

struct slow {         /* zeroed: nothing was told */
    int64_t since_us; /* monotonic: the span began */
    unsigned told;    /* in it */
    uint64_t untold;  /* since a line was written */
};

/* Pure: may a line be written now? Where it may, *untold is how many were not before it. */
bool slow_allow(struct slow *s, int64_t now_us, uint64_t *untold);

void slow_judge(struct engine *e, struct answer *a);

#endif
