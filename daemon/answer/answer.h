/* An answer: one asker's handle on a log. It has an id, an owner, a start event of its own (sequence 0), and a life
 * that may end before its log's: cancelling is an act of one answer, and when the last answer on a log has gone,
 * whoever runs the provider request is told (answer_hooks.abandoned).
 *
 * Reference counted: the table holds one reference while the answer can be found by its id, each cursor one, the engine
 * one while it works for it. */
#ifndef ASKD_ANSWER_ANSWER_H
#define ASKD_ANSWER_ANSWER_H

#include "daemon/answer/log.h"
#include "lib/base/id.h"
#include <sys/types.h>

struct answer;
struct flight;

/* A flight is a log with the answers on it, and what is to happen when the last of them goes. */
struct flight_hooks {
    void (*abandoned)(void *data); /* no answer is left on a log that runs; may end it before it returns */
};
/* Takes over the caller's reference to the log. The reference to the flight is the caller's. */
struct flight *flight_new(struct log *log, const struct flight_hooks *hooks, void *data);
struct flight *flight_ref(struct flight *f);
struct flight *flight_unref(struct flight *f); /* always returns NULL */
struct log *flight_log(const struct flight *f);
/* How its log ends is settled, though it has not yet: cancelling does nothing any more, and the hooks are silent. */
void flight_settle(struct flight *f);
/* Every answer on it; each may cancel or drop it. */
void flight_each(struct flight *f, void (*each)(void *data, struct answer *a), void *data);

struct answer_asker {
    uid_t uid;
    uint64_t request; /* msgid of the chat */
    bool keep;        /* kept though its client vanishes: detach, or a conversation */
    bool store;       /* it reaches the store */
};

/* The reference is the caller's. */
struct answer *answer_new(struct flight *f, const struct answer_asker *asker);
struct answer *answer_ref(struct answer *a);
struct answer *answer_unref(struct answer *a); /* always returns NULL */

/* One that the store brings back: with the id and time it had. Its log is to be ended by the caller. */
struct answer *answer_restore(struct flight *f, const struct answer_asker *asker, const char *id, int64_t started_us);

const char *answer_id(const struct answer *a);
struct log *answer_log(const struct answer *a);
uid_t answer_uid(const struct answer *a);
uint64_t answer_request(const struct answer *a);
bool answer_kept(const struct answer *a);
bool answer_stored(const struct answer *a); /* it reaches, or has reached, the store */
/* Where it is kept in a conversation, "" for none. Its start event tells what was set before; that it is in none after
 * all (deleted meanwhile, or not stored for now), the answer map alone. */
void answer_set_message(struct answer *a, const char *conversation, const char *message);
const char *answer_conversation(const struct answer *a);
const char *answer_message(const struct answer *a);
/* Its question is accepted: what can be refused at once was not, and it is stored as far as it will be. Wakes readers.
 */
void answer_accept(struct answer *a);
bool answer_accepted(const struct answer *a);
int64_t answer_started_us(const struct answer *a);    /* wall clock */
int64_t answer_idle_since_us(const struct answer *a); /* monotonic; since when nobody reads it */
unsigned answer_readers(const struct answer *a);
const char *answer_provider(const struct answer *a); /* whom it goes to, "" before that is known */
const char *answer_model(const struct answer *a);
const char *answer_preview(const struct answer *a); /* the question's first words, "" if none */
void answer_set_preview(struct answer *a, const char *text, size_t len);

/* The encoded start event; before it is set, cursors wait. Set once. */
void answer_set_start(struct answer *a, const char *provider, const char *model, const void *event, size_t len);
bool answer_start(const struct answer *a, const uint8_t **event, size_t *len);
/* From now on it goes to this one, as a `retry` event tells. */
void answer_set_turn(struct answer *a, const char *provider, const char *model);

/* running, or how it ended: its log's state, or cancelled. */
enum log_state answer_state(const struct answer *a);
/* What went wrong, NULL while it runs or where it is done. */
const struct error *answer_error(const struct answer *a);

/* Ends this answer alone as cancelled. Does nothing to one that has ended. The last one on a flight ends when its log
 * does: whoever runs it is told (abandoned) and ends it as cancelled, at once or once that is stored. */
void answer_cancel(struct answer *a);

#endif
