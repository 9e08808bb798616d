/* The windows that budgets are counted in: hours, days, weeks and months, all of UTC. Pure. */
#ifndef ASKD_LEDGER_PERIOD_H
#define ASKD_LEDGER_PERIOD_H

#include <stdint.h>

enum period { PERIOD_HOUR, PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_COUNT };
extern const char *const period_names[PERIOD_COUNT + 1]; /* "hour" …, NULL-ended */

struct window {
    int64_t start_us, end_us; /* since 1970; the end is not part of it */
};

/* The window around a time of the years up to 9999. A week begins on Monday, as in ISO 8601. */
struct window period_window(enum period p, int64_t at_us);

#endif
