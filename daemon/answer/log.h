/* The log: an append-only list of encoded events with a state. The heart of the daemon; see doc/architecture.md.
 *
 * Words. A *log* is what one provider request produced. An *answer* (answer.h) is one asker's handle on a log. A
 * *cursor* (cursor.h) is a reader's position. A *pool* counts the bytes of all logs.
 *
 * Sequence numbers of a log begin at 1: event 0 is an answer's own `start`. Events are bytes, encoded once by whoever
 * appends; a log never looks inside. An event's memory never moves and lives as long as the log, so a reader that holds
 * a reference may keep pointers.
 *
 * States: running, then exactly one of the others, for good (log_end is the one place that changes it). Nothing is
 * appended to a log that has ended; the append is refused, not lost silently.
 *
 * Who is told: a log that changed is noted in its pool, and log_pool_flush, called once per turn of the loop, wakes the
 * readers that wait. So events that arrive together reach a reader together. Nothing is called inside log_append or
 * log_end. */
#ifndef ASKD_ANSWER_LOG_H
#define ASKD_ANSWER_LOG_H

#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* state, name on the wire */
#define LOG_STATE_MAP(X)                                                                                               \
    X(LOG_RUNNING, "running")                                                                                          \
    X(LOG_DONE, "done")                                                                                                \
    X(LOG_FAILED, "failed")                                                                                            \
    X(LOG_CANCELLED, "cancelled")                                                                                      \
    X(LOG_INTERRUPTED, "interrupted")
enum log_state {
#define X(code, name) code,
    LOG_STATE_MAP(X)
#undef X
};
const char *log_state_name(enum log_state s);
bool log_state_from_name(const char *s, size_t len, enum log_state *ret);

struct log;
struct log_pool;
struct log_block;

/* A waiting reader; embedded in a cursor. */
struct log_waiter {
    void (*wake)(struct log_waiter *w);
    LIST_ENTRY(log_waiter) link;
    bool waiting;
};

struct log_pool *log_pool_new(void);
struct log_pool *log_pool_free(struct log_pool *p); /* every log must be gone; always returns NULL */
size_t log_pool_bytes(const struct log_pool *p);    /* held by all logs, ended ones included */
/* Wakes the waiting readers of every log that changed since the last flush. A woken reader waits no more until it says
 * so. */
void log_pool_flush(struct log_pool *p);
bool log_pool_dirty(const struct log_pool *p);

/* max: bound on the bytes of all its events. The pool must outlive it. The reference is the caller's. */
struct log *log_new(struct log_pool *pool, size_t max);

/* A log that has ended as `done`, whose bytes are another's and stay where they are: a cached answer. */
struct log_whole {
    const uint8_t *runs; /* events as in struct log_run */
    size_t runs_len;
    uint32_t events;
    const uint8_t *tail; /* as in log_end */
    size_t tail_len;
    uint32_t n_tail;
    void (*release)(void *owner); /* called once, when the log goes */
    void *owner;
};
/* NULL where the bytes are not so many events; nothing is released then. The pool does not count it: its owner does. */
struct log *log_over(struct log_pool *pool, const struct log_whole *w);
#define LOG_OVER_BYTES 256 /* about, beside the bytes that it is over */
/* The owner does not any more, so the pool counts it from now on, with the bytes that it is over. Once. */
void log_take_over(struct log *l);

/* One that runs, and begins with what l has so far: the bytes stay where they are, held by a reference to l. */
struct log *log_fork(struct log *l);

struct log *log_ref(struct log *l);
struct log *log_unref(struct log *l); /* always returns NULL */

/* ERR_TOO_LARGE where the event would go over max (the log stays as it was), ERR_INTERNAL on a log that has ended. */
enum error_code log_append(struct log *l, const void *event, size_t len);

/* The event that says how it ended (`done`, `error`): taken though the bound is reached. */
enum error_code log_append_closing(struct log *l, const void *event, size_t len);

/* The only change of state. tail: the encoded entries of the answer map that all answers share, n_tail entries; copied.
 * err: what went wrong, for a state other than LOG_DONE. False where the log had ended before; then nothing changes. */
bool log_end(struct log *l, enum log_state state, const struct error *err, const void *tail, size_t tail_len,
             uint32_t n_tail);

enum log_state log_state(const struct log *l);
const struct error *log_failure(const struct log *l); /* of an ended log that is not done, else NULL */
const uint8_t *log_tail(const struct log *l, size_t *len, uint32_t *n); /* NULL while running */
uint64_t log_last(const struct log *l); /* sequence number of the last event, 0 for none */
size_t log_bytes(const struct log *l);  /* of its events */
size_t log_memory(const struct log *l); /* what it is charged for in its pool */

/* A place in a log, for reading on. Zeroed: before the first event. */
struct log_pos {
    const struct log_block *block;
    size_t offset;
    uint64_t seq; /* of the event last read */
};
/* The next event, false at the end. */
bool log_next(const struct log *l, struct log_pos *pos, const uint8_t **event, size_t *len);
/* Places pos so that log_next gives event `seq` (at least 1), or waits for it where it is not there yet. */
void log_seek(const struct log *l, struct log_pos *pos, uint64_t seq);

/* Events as they lie in memory, each behind its length (uint32_t, little-endian): what the store keeps. */
struct log_run {
    uint64_t seq; /* of its first event */
    uint32_t events;
    const uint8_t *data; /* lives as long as the log, and never changes */
    size_t len;
};
/* The next run behind pos, which moves on; false where nothing is there. */
bool log_next_run(const struct log *l, struct log_pos *pos, struct log_run *ret);
/* Appends a run's events. ERR_BAD_RESPONSE for bytes that are none: what came before the fault is appended. */
enum error_code log_append_run(struct log *l, const uint8_t *data, size_t len);

void log_wait(struct log *l, struct log_waiter *w); /* does nothing if it waits already */
void log_unwait(struct log_waiter *w);
/* Wakes this log's readers at the next flush though nothing was appended (an answer on it was cancelled). */
void log_touch(struct log *l);

#endif
