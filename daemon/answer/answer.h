/* An answer: one asker's handle on a log. It has an id, an owner, a start event of its own (sequence 0), and an end of
 * its own: it ends as its log has, but not before its owner says so (answer_settle), since it may have to be stored
 * first. Several answers may read one log (single flight), and one may leave it for another log: answer_move.
 *
 * Reference counted: the table holds one reference while the answer can be found by its id, each cursor one, the engine
 * one while it works for it. */
#ifndef ASKD_ANSWER_ANSWER_H
#define ASKD_ANSWER_ANSWER_H

#include "daemon/answer/log.h"
#include "lib/base/buf.h"
#include "lib/base/id.h"
#include <sys/types.h>

struct answer;

struct answer_asker {
    uid_t uid;
    const char *client; /* the program, as hello told; NULL: it did not. Borrowed for the call */
    uint64_t request;   /* msgid of the chat */
    unsigned arm;       /* which of those of a compare it is, from 1; 0: of none */
    bool keep;          /* kept though its client vanishes: detach, or a conversation */
    bool store;         /* it reaches the store */
    bool fleeting;      /* whatever becomes of it, nobody comes back to it once it has ended */
    bool hidden;        /* the daemon asks for itself: nobody finds it */
};

/* How the question stood to the window of whom it went to. */
struct answer_context {
    int64_t window, estimated; /* tokens; window 0: there is nothing to tell */
    size_t left_out;           /* messages */
    bool summarized;
};

/* Where its time went, in milliseconds. Negative: not known, or not yet. total is from the question to the answer's
 * end, and has in it all but the last two, which come after. */
struct answer_times {
    double queued;   /* until a provider was asked */
    double retried;  /* from then until the one was asked who answered */
    double connect;  /* until its connection stood; negative also where one was there */
    double first;    /* from the question to the first token */
    double provider; /* from the connection to the answer's end */
    double total;
    double store;  /* until it was stored */
    double reader; /* from then until its asker had taken it all */
};
#define ANSWER_TIMES_INIT                                                                                              \
    {                                                                                                                  \
        -1, -1, -1, -1, -1, -1, -1, -1                                                                                 \
    }

/* What is told of an answer beside its log: in its start event, and in the head of its map. */
struct answer_facts {
    bool cached, shared;
    int64_t age_ms; /* where cached; else -1 */
    char key[65];   /* of the cache, in hex; "": none */
    struct answer_context context;
    struct answer_times times;
    int64_t settled_us; /* monotonic: it may be slow, and was not judged yet; 0: neither */
};
#define ANSWER_FACTS_INIT                                                                                              \
    {                                                                                                                  \
        .age_ms = -1, .times = ANSWER_TIMES_INIT                                                                       \
    }

/* Takes a reference of its own to the log. The reference to the answer is the caller's. */
struct answer *answer_new(struct log *log, const struct answer_asker *asker);
struct answer *answer_ref(struct answer *a);
struct answer *answer_unref(struct answer *a); /* always returns NULL */

/* One that the store brings back: with the id and time it had, settled. What is told of it stands in its log's tail. */
struct answer *answer_restore(struct log *log, const struct answer_asker *asker, const char *id, int64_t started_us);

/* It goes on with another log: one that runs or has ended already, of which nothing was read yet, or one that begins
 * with what it saw. Its readers go on there behind the last event that they have. */
void answer_move(struct answer *a, struct log *to);

const char *answer_id(const struct answer *a);
struct log *answer_log(const struct answer *a);
uid_t answer_uid(const struct answer *a);
uint64_t answer_request(const struct answer *a);
unsigned answer_arm(const struct answer *a);
bool answer_kept(const struct answer *a);
bool answer_hidden(const struct answer *a);
bool answer_stored(const struct answer *a); /* it reaches, or has reached, the store */
void answer_unstore(struct answer *a);      /* it does not after all */
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

struct answer_facts *answer_facts(struct answer *a); /* to be filled in while it is not settled */
/* Appends the entries of the answer map that the facts tell, and returns how many. Of a restored one: none. */
uint32_t answer_put_facts(struct buf *out, const struct answer *a);

/* Nobody means to come back to it, or it cost nothing and nobody said that he does: it goes with those who read it. */
bool answer_is_passing(const struct answer *a);

/* running until it is settled, then its log's state. */
enum log_state answer_state(const struct answer *a);
/* What went wrong, NULL while it runs or where it is done. */
const struct error *answer_error(const struct answer *a);
/* It has ended: its log has, and what is to be stored is. Wakes readers. */
void answer_settle(struct answer *a);

/* Whoever works for it is told when it is to end early; NULL: nobody is any more. */
void answer_on_cancel(struct answer *a, void (*cancel)(void *data), void *data);
/* Ends this answer alone as cancelled, at once or once that is stored. Does nothing to one that has ended, or for which
 * nobody works. */
void answer_cancel(struct answer *a);

#endif
