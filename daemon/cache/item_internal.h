/* What seals a blob; for item.c, and for tests that make blobs of their own. */
#ifndef ASKD_CACHE_ITEM_INTERNAL_H
#define ASKD_CACHE_ITEM_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#define ITEM_SEAL 10 /* bytes at the end of a blob: a bin of 8, the sum over all before it, little-endian */

/* Finds the faults of a disk, not those that somebody made. Bytes that differ within one run of 8 have different sums
 * for certain. */
uint64_t item_sum(const uint8_t *data, size_t len);

#endif
