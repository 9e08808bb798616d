#include "daemon/engine/place.h"
#include <inttypes.h>
#include <stdio.h>

#define SECOND_US INT64_C(1000000)

/* How many others there are says nothing of one's own turn, and an end that moves by less than it is told in is none.
 */
static bool has_changed(const struct place *was, const struct place *is)
{
    if (!was->until_us != !is->until_us)
        return true;
    int64_t moved = is->until_us - was->until_us;
    return is->until_us ? moved >= SECOND_US || moved <= -SECOND_US : was->nth != is->nth;
}

bool place_due(struct place_told *told, const struct place *p, int64_t now_us)
{
    bool first = !told->told_us;
    if (first ? now_us - told->since_us < PLACE_AFTER_US
              : now_us - told->told_us < PLACE_EVERY_US || !has_changed(&told->place, p))
        return false;
    told->place = *p;
    told->told_us = now_us;
    return true;
}

/* 1st, 2nd, 3rd, 4th, 11th, 21st. */
static const char *ordinal(unsigned n)
{
    static const char *const ends[] = {"th", "st", "nd", "rd"};
    return n % 10 > 3 || n / 10 % 10 == 1 ? "th" : ends[n % 10];
}

void place_say(const struct place *p, const char *provider, int64_t now_us, char said[PLACE_SAID_MAX])
{
    int64_t seconds = p->until_us > now_us ? (p->until_us - now_us + SECOND_US - 1) / SECOND_US : 1;
    if (p->until_us)
        snprintf(said, PLACE_SAID_MAX, "waits %" PRId64 " s for the rate limit of %.100s", seconds, provider);
    else
        snprintf(said, PLACE_SAID_MAX, "waiting for %.100s: %u%s of %u", provider, p->nth, ordinal(p->nth), p->of);
}
