/* A watch: what a connection asked to be told of by notifications, until it says otherwise or ends. What is watched is
 * its kind's: conversation_watch.h, log_watch.h. Each counts in max_watches of its connection.
 *
 * A watch holds no queue: it writes while its peer has room, and is asked to go on when there is room again. */
#ifndef ASKD_RPC_WATCH_H
#define ASKD_RPC_WATCH_H

#include "daemon/rpc/dispatch.h"

struct watch;
struct watch_kind {
    const char *notification;       /* as it is usually called */
    void (*go_on)(struct watch *w); /* its peer has room */
    void (*free)(struct watch *w);  /* it has ended, and is off its peer */
};

struct watch { /* embedded, first, in its kind's struct */
    const struct watch_kind *kind;
    struct peer *peer;
    int64_t id;        /* no other has it while the daemon runs */
    bool told;         /* its client knows the id */
    struct buf before; /* what each notification begins with, the id among it */
    TAILQ_ENTRY(watch) link;
};

/* Reads `notify`. The error where the connection may have no further watch. */
enum error_code watch_read(const struct call *c, msgpack_object_map *notify, bool *has_notify, struct error *err);
/* w is the peer's from now on, from the heap. n: how many values follow in a notification. notify: NULL for the usual
 * name. */
void watch_begin(struct watch *w, const struct watch_kind *kind, struct peer *p, const msgpack_object_map *notify,
                 uint32_t n);
void watch_end(struct watch *w);                /* and frees it */
void watch_put(struct buf *b, struct watch *w); /* the entry {watch: id} of a reply */

/* A notification: what `watch_notify` has begun, n values, then watch_send. False: no memory for it. */
struct buf *watch_notify(const struct watch *w);
bool watch_send(struct watch *w);
bool watch_has_room(const struct watch *w);

/* The method that ends one of that kind. */
enum error_code watch_unwatch(struct call *c, const struct watch_kind *kind, struct error *err);

/* For peer.c: there is room again, or it goes. */
void watch_resume(struct peer *p);
void watch_hang_up(struct peer *p);

#endif
