/* What one who waits at a gate is told of it: its place, or for how long the provider's rate limit holds it up. And
 * when: not of a short wait, not where nothing has changed, not too often. Pure. Times are monotonic microseconds. */
#ifndef ASKD_ENGINE_PLACE_H
#define ASKD_ENGINE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define PLACE_AFTER_US INT64_C(500000)  /* of waiting: before that nothing is told */
#define PLACE_EVERY_US INT64_C(1000000) /* from one telling to the next, at least */

struct place {
    unsigned nth, of; /* 1: the next */
    int64_t until_us; /* its model's rate limit holds it up so long, 0: it does not */
};

struct place_told { /* embedded in whoever waits; told_us 0 and since_us set at first */
    struct place place;
    int64_t since_us, told_us; /* waits since; told last, 0: never */
};

/* Is this to be told now? Then it is noted as told. */
bool place_due(struct place_told *told, const struct place *p, int64_t now_us);

#define PLACE_SAID_MAX 192

/* "waiting for openai: 3rd of 12", or "waits 4 s for the rate limit of openai". */
void place_say(const struct place *p, const char *provider, int64_t now_us, char said[PLACE_SAID_MAX]);

#endif
