/* The gate of a provider: how many requests may be under way to it, and how soon the next may go by what its rate-limit
 * headers tell. Who has to wait stands in a queue, interactive questions before the rest, and in each kind the clients
 * take turns (turns.h); but whoever waits for the limit of one model does not hold up those who ask another. While it
 * waits, it is told its place (place.h).
 *
 * Providers count for each model and each key, and so does a gate: it has a bucket (bucket.h) for each. It is kept
 * under the provider's name and outlives a reload of the configuration. */
#ifndef ASKD_ENGINE_GATE_H
#define ASKD_ENGINE_GATE_H

#include "daemon/engine/place.h"
#include "daemon/http/bucket.h"
#include "lib/base/error.h"
#include "lib/base/exchange.h"
#include <sys/types.h>
#include <uv.h>

struct gate_room;
struct gate;
struct gate_ticket; /* somebody waits */

struct gate_room *gate_room_new(uv_loop_t *loop);
struct gate_room *gate_room_free(struct gate_room *room);           /* nobody waits any more; always returns NULL */
struct gate *gate_of(struct gate_room *room, const char *provider); /* made where it is not there */

struct gate_wish {
    const char *model;       /* borrowed for the call */
    uid_t uid;               /* whose it is, */
    const char *client;      /* and from which program, NULL: not told; borrowed for the call */
    unsigned key;            /* which of the provider's */
    struct bucket_cost cost; /* estimated */
    bool interactive;
    int64_t max_active, max_waiting; /* of the provider's section */
};

struct gate_hooks { /* called later, from the loop, while it waits */
    /* Once: err NULL where its turn has come and the place is taken; then mark is for gate_hear. The ticket is gone by
     * then. */
    void (*opened)(void *data, const struct bucket_mark *mark, const struct error *err);
    void (*place)(void *data, const struct place *p); /* it waits, and stands there; it may cancel */
};

/* ERR_NONE: with *ret NULL the place is taken at once and *mark is set, else it waits. ERR_OVERLOADED: max_waiting
 * others wait already. ERR_RATE_LIMITED: it would wait for longer than GATE_WAIT_MAX_MS; retry_after tells how long. */
enum error_code gate_enter(struct gate *g, const struct gate_wish *wish, const struct gate_hooks *hooks, void *data,
                           struct gate_ticket **ret, struct bucket_mark *mark, struct error *err);
void gate_cancel(struct gate_ticket *t);
void gate_leave(struct gate *g); /* its connection is free again: gives the place back */

#define GATE_WAIT_MAX_MS 120000

/* What the response to a request of that mark told of limits by its head, and by its error. head, err: NULL where there
 * is none. */
void gate_hear(struct gate *g, const char *model, unsigned key, const struct bucket_mark *mark,
               const struct response_head *head, const struct error *err);

struct gate_report {
    unsigned active, waiting;
};
void gate_report(const struct gate *g, struct gate_report *ret);
/* Every limit that is known. */
void gate_each_limit(const struct gate *g, void (*each)(void *data, const char *model, const struct limit *limit),
                     void *data);

#endif
