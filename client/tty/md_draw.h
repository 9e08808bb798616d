/* Blocks, as md_split tells them, to lines: what a list's mark, a quotation's bar and a frame about code look like, and
 * where lines are empty. The sink of an md_split. */
#ifndef CLIENT_TTY_MD_DRAW_H
#define CLIENT_TTY_MD_DRAW_H

#include "client/tty/highlight.h"
#include "client/tty/md.h"
#include "client/tty/md_table.h"

/* A table that has grown beyond these keeps its columns as they are, and its rows settle as they come. */
enum { MD_TABLE_BYTES_MAX = 8192, MD_TABLE_ROWS_MAX = 200 };

enum { MD_MARK_SIZE = 24 };

/* A container. */
struct md_level {
    bool item;
    bool marked; /* its mark was drawn */
    unsigned cells;
    char mark[MD_MARK_SIZE];
};

/* What changes while blocks come, without what is in buffers: a copy of it is where to return to. */
struct md_place {
    struct md_level levels[MD_DEPTH_MAX];
    unsigned depth;
    unsigned common; /* of the containers of the last line, how many are still open */
    bool begun;      /* there was a line */
    enum md_leaf leaf, last;
    size_t text_from; /* where the text of the leaf begins */
    unsigned lines;   /* of the leaf */
    size_t head_len;  /* of a table whose columns stay: its first two lines; else 0 */
    struct md_table table;
    struct highlight highlight;
};

struct md_draw {
    struct md_style style;
    struct buf *out; /* borrowed: where the lines go */
    bool trial;      /* the place is returned to: what has been gathered stays */
    bool failed;     /* out of memory */
    struct md_place place;
    struct buf text;   /* of the leaf, as md4c takes it */
    struct buf closed; /* the same while it is tried, with what it has open closed */
    struct md_leaf_text leaf;
    struct runs code;
};

extern const struct md_sink md_draw_sink;

void md_draw_init(struct md_draw *d, const struct md_style *style);
void md_draw_done(struct md_draw *d);

/* Columns of a table that is drawn already take part in it. */
void md_draw_resize(struct md_draw *d, unsigned columns);

#endif
