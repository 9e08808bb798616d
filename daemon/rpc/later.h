/* A call whose handler has returned and whose answer comes once a job is done: a value, not a stream. It counts as in
 * flight like a stream does, and outlives its peer: when that goes, the job goes on and its reply is dropped.
 *
 * Whoever made one ends it once, by later_end, later_fail or later_free. The frame has gone by then: what the handler
 * needs of the parameters it copies. */
#ifndef ASKD_RPC_LATER_H
#define ASKD_RPC_LATER_H

#include "daemon/rpc/dispatch.h"

struct later;

/* Its row has METHOD_LATER, or call_may_wait has allowed it. */
struct later *later_new(const struct call *c);

struct peer *later_peer(const struct later *l); /* NULL once it has gone */
uid_t later_scope(const struct later *l);       /* server_scope of the call */

/* What to do once its peer goes, before the answer has come. It may end the later. */
void later_on_gone(struct later *l, void (*gone)(void *data), void *data);

/* Begins the response; one value is appended, then later_end. NULL where nobody waits for it: then later_end alone. */
struct buf *later_begin(struct later *l);
void later_end(struct later *l);
void later_fail(struct later *l, const struct error *err);
void later_free(struct later *l); /* without a word: a stream answers in its place */

/* For peer.c: its peer goes. */
void later_hang_up(struct peer *p);

#endif
