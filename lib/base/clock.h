/* Time. Tests replace both clocks by clock_set. */
#ifndef ASKD_BASE_CLOCK_H
#define ASKD_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_us(void); /* microseconds, monotonic */
int64_t clock_wall_us(void); /* microseconds since 1970 */

/* From now on the clocks stand at these values (microseconds); a negative mono gives the real clocks back. For tests
 * only. */
void clock_set(int64_t mono_us, int64_t wall_us);

#endif
