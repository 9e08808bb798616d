/* A reader's position in an answer: sequence 0 is the answer's own start event, 1 and on are its log's. A cursor holds
 * no queue and no copy: one that lags costs nothing and delays nobody.
 *
 * Use: cursor_next until it says CURSOR_WAIT (then `wake` is called once, from log_pool_flush, when there is more) or
 * CURSOR_END. A cursor whose owner cannot take more simply is not asked. */
#ifndef ASKD_ANSWER_CURSOR_H
#define ASKD_ANSWER_CURSOR_H

#include "daemon/answer/answer.h"

struct cursor {
    struct log_waiter waiter; /* first: wake gets it back */
    struct answer *answer;    /* reference */
    struct log *log;          /* reference: where pos is a place, which may not be the answer's any more */
    struct log_pos pos;
    uint64_t from;            /* the first sequence number wanted */
    bool started;             /* event 0 was given, or is not wanted */
    void (*wake)(void *data); /* may close the cursor */
    void *data;
};

enum cursor_status { CURSOR_EVENT, CURSOR_WAIT, CURSOR_END };

struct cursor_event {
    uint64_t seq;
    const uint8_t *data; /* lives as long as the answer (event 0), or the cursor's log (the others) */
    size_t len;
};

/* Takes a reference of its own to the answer. */
void cursor_open(struct cursor *c, struct answer *a, uint64_t from, void (*wake)(void *data), void *data);
void cursor_close(struct cursor *c); /* fine on a zeroed or closed one */

/* CURSOR_END: the answer has ended and every event of it was given. */
enum cursor_status cursor_next(struct cursor *c, struct cursor_event *ev);

#endif
