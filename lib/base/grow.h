/* Arrays that keep no capacity beside their count: the memory behind n elements is the next power of two, so that a
 * grown array is copied a logarithmic number of times. For arrays of what a message holds, whose size the message
 * bounds. */
#ifndef ASKD_BASE_GROW_H
#define ASKD_BASE_GROW_H

#include "lib/base/alloc.h"
#include <string.h>

/* Makes room for one more behind n elements of `size` bytes, zeroes it and returns the array where it now is. */
static inline void *grow_one(void *array, size_t n, size_t size)
{
    if ((n & (n - 1)) == 0) /* 0 and the powers of two: all that there is is used */
        array = xrealloc(array, (n ? 2 * n : 1) * size);
    memset((char *)array + n * size, 0, size);
    return array;
}

#endif
