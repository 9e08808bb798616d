/* What is in a block, read by md4c: a paragraph or a heading as runs, a table as cells. */
#ifndef CLIENT_TTY_MD_LEAF_H
#define CLIENT_TTY_MD_LEAF_H

#include "client/tty/md_split.h"
#include "client/tty/runs.h"

enum md_align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

/* Bytes of the text of the runs. */
struct md_cell {
    size_t from, to;
};

struct md_leaf_text {
    struct runs runs;
    struct buf cells; /* struct md_cell, row by row, the head first; none where it is no table */
    size_t columns;
    enum md_align align[MD_TABLE_COLUMNS_MAX];
    bool heading; /* a line that underlined it was found */
};

struct md_leaf_style {
    bool colour; /* else marks stand where colours would tell */
    bool links;
};

void md_leaf_init(struct md_leaf_text *t);
void md_leaf_done(struct md_leaf_text *t);

/* Reads a leaf: LEAF_TEXT, LEAF_TABLE or LEAF_HEADING. What was in t is gone. False: out of memory, and over a bound.
 */
bool md_leaf_read(struct md_leaf_text *t, enum md_leaf leaf, const char *s, size_t len,
                  const struct md_leaf_style *style);

size_t md_leaf_rows(const struct md_leaf_text *t);
const struct md_cell *md_leaf_cell(const struct md_leaf_text *t, size_t row, size_t column);

#endif
