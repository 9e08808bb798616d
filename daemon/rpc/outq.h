/* Bytes on their way to a peer: small frames gathered in memory of the queue's own, large ones (an event, an answer's
 tail)
 * pinned where they are, with a reference that is let go once they are sent. So a large answer costs a slow reader's
 queue nothing. The queue itself sets no bound: its owner looks at `unsent` before it adds. */
#ifndef ASKD_RPC_OUTQ_H
#define ASKD_RPC_OUTQ_H

#include "lib/base/buf.h"
#include <sys/queue.h>
#include <sys/uio.h>

#define OUTQ_IOV 64         /* runs per writev */
#define OUTQ_PIN (16 << 10) /* bytes from which a run is pinned, not copied */

struct outq_run;

/* Shared by all queues of a thread: the memory of runs that were sent, for the next ones. Zeroed at first. */
struct outq_spare {
    SLIST_HEAD(, outq_run) runs; /* owned */
    size_t bytes;                /* what they hold */
};
void outq_spare_done(struct outq_spare *s);

struct outq {
    struct outq_spare *spare; /* borrowed */
    TAILQ_HEAD(outq_runs, outq_run) runs;
    size_t unsent;           /* all bytes not yet sent */
    size_t unsent_in_flight; /* those of them that a write under way has */
};

void outq_init(struct outq *q, struct outq_spare *spare); /* spare outlives it */
void outq_done(struct outq *q);

/* A buf to append whole frames to; valid until the next call. outq_commit counts what was added. False (and nothing was
 * added) if it could not grow. */
struct buf *outq_begin(struct outq *q);
bool outq_commit(struct outq *q);
/* release(owner) is called once the bytes are sent or dropped. */
void outq_pin(struct outq *q, const void *p, size_t len, void (*release)(void *owner), void *owner);

int outq_iov(const struct outq *q, struct iovec iov[OUTQ_IOV]);
void outq_seal(struct outq *q); /* what is in it stays where it is, though more is added: a write is under way */
void outq_sent(struct outq *q, size_t n);

#endif
