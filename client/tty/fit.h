/* How wide the columns of a table may be. Pure. Widths are in cells of the terminal. */
#ifndef CLIENT_TTY_FIT_H
#define CLIENT_TTY_FIT_H

#include <stdbool.h>
#include <stddef.h>

struct fit_column {
    size_t width;  /* in: what its widest cell takes; out: what it gets */
    size_t least;  /* what it is cut to before another column is left out; its width where it may not be cut */
    unsigned drop; /* the highest is left out first; 0 stays */
    bool dropped;  /* out */
};

/* Makes n columns fit into `total`, with `gap` between them: leaves columns out until the rest can fit, cuts the widest
 * that may be cut, and where even that is too much, the widest of all. */
void fit(struct fit_column *columns, size_t n, size_t gap, size_t total);

#endif
