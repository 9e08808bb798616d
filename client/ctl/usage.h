/* What the views of askctl usage share: the groups that are asked for, and what a group's map has. Values are text for
 * whoever looks on; sums are integers, money in billionths. */
#ifndef CLIENT_CTL_USAGE_H
#define CLIENT_CTL_USAGE_H

#include "client/ctl/ctl.h"
#include "lib/base/buf.h"

#define USAGE_WORDS "model, provider, client, uid, day, hour, directory, conversation, label, host, none"

struct usage_by { /* what rows may be grouped by */
    const char *name, *head;
    enum usage_kind { USAGE_TEXT, USAGE_NUMBER, USAGE_DAY, USAGE_HOUR } kind;
    unsigned width; /* to which a text may be cut where the terminal is narrow */
};

const struct usage_by *usage_find_by(const char *name, size_t len); /* NULL: nothing is called so */

enum { USAGE_BYS = 10, USAGE_VALUE = 512 };

struct usage_query {
    const struct usage_by *by[USAGE_BYS];
    size_t n_by;
    double since, until; /* seconds since 1970; 0: no bound */
    bool everybody;
};

/* Reads the options; EXIT_OK, or how to exit after what is wrong was told. The beginning is that of its day or hour
 * where there is a row for each. */
int usage_query_read(struct usage_query *q, const struct ctl *c);
void usage_query_put(struct buf *b, const struct usage_query *q); /* the params */
bool usage_query_has(const struct usage_query *q, enum usage_kind kind);

/* A group's value as text; "" where it is not known. In days and hours of UTC. */
void usage_value(char out[USAGE_VALUE], const msgpack_object_map *row, const struct usage_by *by);
/* A figure of a group, 0 where it has none. */
int64_t usage_figure(const msgpack_object_map *row, const char *field);
int64_t usage_sum(int64_t a, int64_t b); /* the greatest number instead of one that does not fit */
/* Its currency, "" where no price is known. */
void usage_currency(char out[16], const msgpack_object_map *row);
/* The first row of its currency? */
bool usage_first_of_currency(const msgpack_object_array *rows, uint32_t i);
bool usage_same_currency(const msgpack_object *a, const msgpack_object *b);
/* A provider's own figure is too far off ours for the same answers. */
bool usage_disagrees(const msgpack_object_map *row);
/* In what time all this was, as one line: "2026-11-01 00:00 to 2026-11-27 08:12 UTC". */
void usage_span(char out[USAGE_VALUE], const struct usage_query *q, double now);

/* The views, of the rows of a reply. Each returns the exit status. */
int usage_table(struct ctl *c, const struct usage_query *q, const msgpack_object_array *rows);
int usage_plot(struct ctl *c, const struct usage_query *q, const msgpack_object_array *rows);
int usage_csv(struct ctl *c, const struct usage_query *q, const msgpack_object_array *rows);

#endif
