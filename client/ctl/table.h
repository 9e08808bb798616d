/* A table: a verb's columns as rows of a constant array, and a row for each map of a reply. On a terminal ask-tty draws
 * it; without ask-tty its columns are padded. Elsewhere it is for cut and awk: a line for each row, tabs between the
 * cells, no head. What is not known is "-" everywhere. */
#ifndef CLIENT_CTL_TABLE_H
#define CLIENT_CTL_TABLE_H

#include "client/ctl/ctl.h"
#include "lib/base/buf.h"

struct table;

struct table_column {
    const char *name;
    /* Puts the cell by one table_cell or table_printf; it is not known where it puts none. */
    void (*put)(struct table *t, const msgpack_object_map *row, const char *field);
    const char *field; /* of the row, for put */
    bool right;        /* for figures */
    bool trunc;        /* may be cut to `width` characters where the terminal is narrow */
    unsigned width;
    unsigned drop; /* may be left out there, the highest first; 0: never */
};

struct table { /* embedded by the verb */
    const struct table_column *columns;
    size_t n_columns, n_cells;
    bool for_people;  /* to be read on a terminal: figures may be rounded */
    struct buf cells; /* row by row, each with a NUL */
};

void table_init(struct table *t, const struct ctl *c, const struct table_column *columns, size_t n);
void table_done(struct table *t);
void table_add(struct table *t, const msgpack_object_map *row); /* by the columns */

/* For a column's put. A cell is one line: controls become spaces, what is over some hundred characters is cut. */
void table_cell(struct table *t, const char *s, size_t len);
void table_printf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_put_str(struct table *t, const msgpack_object_map *row, const char *field); /* a string as it is */

int table_print(struct table *t, struct ctl *c); /* the exit status; the output is flushed */

/* All that a verb does with a reply that is a list of maps: a row for each, or with --json the list as it is. */
int table_show(struct ctl *c, const msgpack_object *list, const struct table_column *columns, size_t n);

/* The same; somebody at a terminal is told by `empty` that there is nothing, and how something comes there. */
int table_show_or_say(struct ctl *c, const msgpack_object *list, const struct table_column *columns, size_t n,
                      const char *empty);

#endif
