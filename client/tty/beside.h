/* Blocks of lines beside each other, as columns of one width with a line between them. Lines are as those of md.h: of
 * escapes they hold SGR and OSC 8 alone, closed before their \n. Pure; needs a locale of UTF-8. */
#ifndef CLIENT_TTY_BESIDE_H
#define CLIENT_TTY_BESIDE_H

#include "lib/base/buf.h"

enum {
    BESIDE_LEAST = 38, /* cells of a column: two of them fit into a terminal of 80 */
    BESIDE_GAP = 3,    /* between two of them */
    BESIDE_MAX = 16    /* columns in a row */
};

struct beside {
    unsigned columns; /* of the terminal */
    unsigned per_row; /* blocks beside each other; what is more of them stands below */
};

/* So that n > 0 columns fit into a terminal of so many: as many beside each other as can be, but no row with many fewer
 * than the one before it. One alone has the whole width, however little that is. */
struct beside beside_fit(unsigned n, unsigned columns);

/* Cells of each of n blocks that stand beside each other, which have the whole width together. */
unsigned beside_width(const struct beside *b, unsigned n);

/* Cells that a line takes: len bytes, without its \n. */
size_t beside_cells(const char *line, size_t len);

/* Appends n blocks, per_row at most, beside each other, as many lines as the tallest has. colour: the line between them
 * may have one. */
void beside_put(struct buf *lines, const struct beside *b, const struct buf *blocks, unsigned n, bool colour);

#endif
