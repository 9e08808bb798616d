/* Rows of messages that paths were read through lately, so that a question behind a long conversation does not read it
 * all again. Pure, and of one thread; the least lately used go first. Whoever changes a row says so (rows_forget), and
 * what is not committed is not kept, as it may be rolled back. */
#ifndef ASKD_STORE_ROWS_H
#define ASKD_STORE_ROWS_H

#include "daemon/store/job.h"

struct row { /* bytes: as they stand in the table, NULL where there is none */
    int64_t num, parent, created_us;
    struct store_bytes id, role, state, text, parts, summary;
};

struct rows;

/* max: bytes of memory in all, 0: nothing is kept. */
struct rows *rows_new(size_t max);
struct rows *rows_free(struct rows *r); /* NULL is fine; always returns NULL */

/* NULL where it is not kept. Borrowed until the next rows_keep or rows_forget. */
const struct row *rows_find(struct rows *r, int64_t num);
void rows_keep(struct rows *r, const struct row *row); /* a copy, unless there is one; not what is over max alone */
void rows_forget(struct rows *r, int64_t num);
void rows_forget_all(struct rows *r);

#endif
