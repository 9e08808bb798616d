/* When the index of the search is brought up to what is stored: on the loop, some time after a write, in slices with
 * pauses between them, so that it delays nobody; and at once before a search, as far as that can wait for it. A
 * database that was there before its index is worked off the same way, its newest messages first. */
#ifndef ASKD_STORE_INDEXER_H
#define ASKD_STORE_INDEXER_H

#include "daemon/store/job.h"
#include <uv.h>

struct store;
struct indexer;

struct indexer *indexer_new(uv_loop_t *loop, struct store *store);
void indexer_close(struct indexer *x);           /* it submits nothing more; NULL is fine */
struct indexer *indexer_free(struct indexer *x); /* once its jobs are back; always returns NULL */

void indexer_wake(struct indexer *x); /* something was written */

/* Hands a search that was counted on to store_dispatch, once what was written before it is in the index, or after
 * INDEXER_WAIT_MS. */
#define INDEXER_WAIT_MS 300
void indexer_lead(struct indexer *x, struct store_job *search);

#endif
