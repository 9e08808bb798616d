/* What a text is made of, counted in one pass over its bytes: words by their length, digits, runs of punctuation,
 * blanks, letters of other scripts. A family's coefficients (tokens_table.h) turn the counts into tokens. Pure. */
#ifndef ASKD_CATALOG_TOKENS_SCAN_H
#define ASKD_CATALOG_TOKENS_SCAN_H

#include "daemon/catalog/tokens_table.h"
#include <stddef.h>
#include <stdint.h>

struct token_counts {
    int64_t n[FEATURE_COUNT];
};

/* Adds to the counts. Any bytes will do: those that are no UTF-8 are counted as such. */
void tokens_scan(struct token_counts *c, const char *text, size_t len);

#endif
