/* What of an answer reaches the store, and when: its question as it begins, its events at least once a second, all that
 * is left when it ends. One `keep` per stored answer, made by ask.c.
 *
 * A fault of the store never ends an answer: what could not be stored is tried again with the end, and then the answer
 * ends without. */
#ifndef ASKD_ENGINE_KEEP_H
#define ASKD_ENGINE_KEEP_H

#include "daemon/answer/fold.h"
#include "daemon/answer/table.h"
#include "daemon/store/store.h"
#include <uv.h>

struct keep;

struct keep_room {
    struct store *store;
    struct answer_table *table; /* tells how long answers are retained */
    struct timer *tick, *expire;
    TAILQ_HEAD(keep_list, keep) list;
    struct save *saving;        /* under way with the store, NULL for none */
    struct store_job *expiring; /* likewise */
};
void keep_room_init(struct keep_room *room, uv_loop_t *loop, struct store *store, struct answer_table *table);
/* No keep is left. Its last jobs may still be with the store: they need nothing of the room. */
void keep_room_close(struct keep_room *room);

/* The answer has begun: its start event is set. Takes over the job (STORE_BEGIN; all but what the answer itself tells
 * is filled in). begun is called once: NULL where it is committed or cannot be stored for now, or ERR_NOT_FOUND where
 * the conversation has gone meanwhile: then nothing of it is kept. */
struct keep *keep_begin(struct keep_room *room, struct answer *a, struct store_job *begin,
                        void (*begun)(void *data, const struct error *err), void *data);

struct keep_end {
    enum log_state state;
    const struct error *err; /* NULL where done */
    const struct fold *fold;
    const struct buf *extras; /* entries of the answer map that its events do not tell */
    uint32_t n_extras;
};
/* Its log has its last event, and ends so. ended is called once, later, when that is committed, or cannot be. */
void keep_end(struct keep *k, const struct keep_end *how, void (*ended)(void *data, bool stored), void *data);
/* Calls back no more; the keep is gone as soon as the store is done with it. NULL is fine; always returns NULL. */
struct keep *keep_release(struct keep *k);

/* A message of a question as the store has it. */
void keep_message(struct store_message *to, const struct message *from, int64_t created_us);

/* For store_new: how an answer that a dead daemon left is told as a message. */
const struct store_recovery *keep_recovery(void);

#endif
