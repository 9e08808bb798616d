/* One try at one provider: adapter + transfer + clocks. Events come out as the parser finds them; of texts that are to
 * become vectors, the vectors once all have come.
 *
 * An attempt that has told its end, or was released, calls back no more. It frees itself once its transfer and timer
 * are closed: after `done` the transfer may run on for a moment, so that its connection stays usable. */
#ifndef ASKD_ENGINE_ATTEMPT_H
#define ASKD_ENGINE_ATTEMPT_H

#include "daemon/engine/fault.h"
#include "daemon/engine/providers.h"
#include "daemon/http/pool.h"
#include "lib/chat/event.h"
#include <sys/queue.h>

struct attempt;
struct gate;

/* All attempts, lingering ones too, so that none outlives the pool. */
struct attempt_room {
    uv_loop_t *loop;
    struct http_pool *pool;
    TAILQ_HEAD(attempt_list, attempt) list;
};
void attempt_room_init(struct attempt_room *room, uv_loop_t *loop, struct http_pool *pool);
void attempt_room_close(struct attempt_room *room); /* ends those that linger; the others must have been released */

struct attempt_callbacks {
    void (*on_event)(void *data, const struct chat_event *ev);
    /* For `embed` alone, before on_end: its vectors, one behind the other. They belong to the callee, to be freed. */
    void (*on_vectors)(void *data, double *numbers, size_t dimension);
    /* Once: EVENT_DONE was given (err NULL), or it failed. head: NULL where no response came. */
    void (*on_end)(void *data, enum fault_cause cause, const struct error *err, const struct response_head *head);
};

struct attempt_question { /* all borrowed for the call */
    struct provider *provider;
    const char *model; /* the provider's own name of it */
    const struct key_use *key;
    const struct chat_request *chat;   /* one of the two */
    const struct embed_request *embed; /* must live as long as the attempt */
    const char *conversation;          /* its id, "" if the question is in none */
    struct gate *gate; /* a place in it is taken; the attempt gives it back, also where it fails to start */
    bool fresh;        /* over a new connection */
};

/* Nothing is called before it returns. On failure (a request that cannot be built) *ret is not set. */
enum error_code attempt_start(struct attempt_room *room, const struct attempt_question *q,
                              const struct attempt_callbacks *cb, void *data, struct attempt **ret, struct error *err);

/* It asks for what goes into a gap in a form of its own, not in words. */
bool attempt_has_form(const struct attempt *a);

/* What the wire did for it so far; from a callback. */
void attempt_look(const struct attempt *a, struct http_wire *ret);

/* Ends it if it runs; the caller forgets it. Fine from inside a callback. Always returns NULL. */
struct attempt *attempt_release(struct attempt *a);

#endif
