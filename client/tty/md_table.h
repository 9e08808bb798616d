/* The cells of a table beside each other, or, where there is no room for that, one row below the other. */
#ifndef CLIENT_TTY_MD_TABLE_H
#define CLIENT_TTY_MD_TABLE_H

#include "client/tty/fit.h"
#include "client/tty/md_leaf.h"
#include "client/tty/wrap.h"

/* How wide its columns are. A plain value. */
struct md_table {
    size_t columns;
    size_t wanted[MD_TABLE_COLUMNS_MAX];
    size_t width[MD_TABLE_COLUMNS_MAX];
    bool stacked; /* each cell on lines of its own, below its column's name */
    bool ruled;   /* cells may have several lines: there is a rule between rows */
};

/* By what stands in the cells. width: cells that there are. */
void md_table_measure(struct md_table *t, const struct md_leaf_text *text, size_t width);

/* The same cells in another width. */
void md_table_fit(struct md_table *t, size_t width);

/* Draws the rows, the head first; width: cells that there are, as before. more: the head was drawn, and rows too: those
 * here follow. False: out of memory. */
bool md_table_draw(const struct md_table *t, const struct md_leaf_text *text, size_t width, bool more,
                   const struct wrap_style *style, wrap_line *emit, void *data);

#endif
