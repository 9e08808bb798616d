/* How long to wait before the next try. Pure. */
#ifndef ASKD_HTTP_RETRY_H
#define ASKD_HTTP_RETRY_H

#include <stdint.h>

#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 8000

/* Full jitter: a random share of min(cap, base * 2^attempt), attempt counted from 0; never less than retry_after
 * (seconds, negative: not told). `random` is 32 uniform bits. In milliseconds. */
int64_t retry_delay_ms(unsigned attempt, double retry_after, uint32_t random);

#endif
