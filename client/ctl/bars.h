/* Bars for a terminal, of blocks that are an eighth of a cell wide. Pure. */
#ifndef CLIENT_CTL_BARS_H
#define CLIENT_CTL_BARS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BAR_CELLS_MAX = 1000,
    BAR_SIZE = BAR_CELLS_MAX * 3 + 1 /* bytes of the longest bar, with its NUL */
};

/* A bar that is to `cells` (up to BAR_CELLS_MAX of them count) as value is to max, as UTF-8. It is not empty for a
 * value over 0, and not longer than `cells` for one over max. Returns the cells that it takes. */
size_t bar_draw(char out[BAR_SIZE], int64_t value, int64_t max, size_t cells);

#endif
