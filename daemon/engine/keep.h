/* What of an answer reaches the store, and when: its question as it begins, its events at least once a second, all that
 * is left when it ends. One `keep` per stored answer, made by ask.c; it belongs to its room and outlives the ask.
 *
 * A fault of the store never ends an answer. What could not be stored is tried again: the question with the end, the
 * end for as long as there is memory for it (max_unstored).
 *
 * A question that nobody waits for is stored with the next events, or with its end: the time to the first token pays
 * nothing for it. Ends that come close together share a commit. */
#ifndef ASKD_ENGINE_KEEP_H
#define ASKD_ENGINE_KEEP_H

#include "daemon/answer/fold.h"
#include "daemon/answer/table.h"
#include "daemon/store/store.h"
#include <uv.h>

struct keep;
struct save;
TAILQ_HEAD(keep_list, keep);

struct keep_room {
    struct store *store;
    struct answer_table *table; /* tells how long answers are retained */
    struct timer *gap, *tick, *expire, *retry;
    struct keep_list live;     /* not ended, or with the store */
    struct keep_list unstored; /* ended; they wait for their next try, the first of them first */
    size_t unstored_bytes;
    int64_t retry_ms;           /* before the next try */
    bool at_once;               /* questions are handed over as they come: somebody waits for them */
    bool hurry;                 /* the daemon ends: no long waits */
    struct books *books;        /* borrowed: gets the ledger's rows of answers that are given up; NULL: nobody does */
    TAILQ_HEAD(, save) saves;   /* under way with the store */
    struct store_job *expiring; /* likewise, NULL for none */
};
void keep_room_init(struct keep_room *room, uv_loop_t *loop, struct store *store, struct answer_table *table);
/* Every answer has ended. What is unstored is tried a last time; the last jobs need nothing of the room. */
void keep_room_close(struct keep_room *room);
unsigned keep_unstored(const struct keep_room *room); /* answers that have ended and are not committed */
void keep_hurry(struct keep_room *room);              /* the daemon ends: what is unstored is tried often */
void keep_expire(struct keep_room *room);             /* at once what is else looked for once a minute */
/* Hands over all that still waits: for whoever is about to read. */
void keep_flush(struct keep_room *room);

struct keep_hooks {
    /* Once, unless it ends before: the question is committed, or cannot be for now. Where its conversation was deleted
     * meanwhile, the answer is in none from now on. */
    void (*begun)(void *data);
    /* Once, after keep_end: it is committed, or cannot be for now. gone: its conversation was deleted meanwhile. */
    void (*ended)(void *data, bool stored, bool gone);
};

/* The answer has begun: its start event is set. Takes over the job (STORE_BEGIN; all but what the answer itself tells
 * is filled in). at_once: somebody waits for it to be stored. The hooks are called later. */
struct keep *keep_begin(struct keep_room *room, struct answer *a, struct store_job *begin, bool at_once,
                        const struct keep_hooks *hooks, void *data);

struct keep_end {
    enum log_state state;
    const struct error *err; /* NULL where done */
    const struct fold *fold;
    const struct buf *extras; /* entries of the answer map that its events do not tell */
    uint32_t n_extras;
    struct ledger_row *rows; /* taken over */
    size_t n_rows;
    bool at_once; /* nothing else takes time: it does not wait for others to share a commit with */
};
/* Its log has its last event, and ends so. */
void keep_end(struct keep *k, const struct keep_end *how);
/* The hooks are called no more; the caller forgets it. NULL is fine; always returns NULL. */
struct keep *keep_release(struct keep *k);

/* A message of a question as the store has it, the assistant's, and who made that (keep_message.c). */
void keep_message(struct store_message *to, const struct message *from, int64_t created_us);
void keep_reply(struct store_reply *r, const struct fold *f);
void keep_origin(struct store_reply *r, const struct fold *f);

/* For store_new: how an answer that a dead daemon left is told as a message. */
const struct store_recovery *keep_recovery(void);

#endif
