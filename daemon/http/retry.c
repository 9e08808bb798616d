#include "daemon/http/retry.h"

#include <math.h>

/* The longest wait that can still be added to a clock in microseconds. */
#define WAIT_MAX_MS (INT64_MAX / 1000000)

static int64_t told_ms(double retry_after)
{
    if (!(retry_after > 0)) /* NaN too */
        return 0;
    double ms = ceil(retry_after * 1000);
    return ms < (double)WAIT_MAX_MS ? (int64_t)ms : WAIT_MAX_MS;
}

int64_t retry_delay_ms(unsigned attempt, double retry_after, uint32_t random)
{
    uint64_t top = RETRY_CAP_MS;
    if (attempt < 32 && ((uint64_t)RETRY_BASE_MS << attempt) < RETRY_CAP_MS)
        top = (uint64_t)RETRY_BASE_MS << attempt;
    int64_t jitter = (int64_t)(((top + 1) * random) >> 32); /* 0 to top, both within */
    int64_t told = told_ms(retry_after);
    return jitter > told ? jitter : told;
}
