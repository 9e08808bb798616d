#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

struct later {
    struct call call; /* without its parameters; its peer is NULL once that has gone */
    uid_t scope;
    bool begun;
    void (*gone)(void *data); /* NULL if there is nothing to do */
    void *gone_data;
    TAILQ_ENTRY(later) link;
};

struct later *later_new(const struct call *c)
{
    struct later *l = NEW(struct later);
    l->call = *c;
    l->call.params = (msgpack_object_map){0};
    l->scope = server_scope(c->peer->server, c->peer);
    TAILQ_INSERT_TAIL(&c->peer->laters, l, link);
    c->peer->n_laters++;
    c->peer->in_flight++;
    return l;
}

static void leave(struct later *l)
{
    TAILQ_REMOVE(&l->call.peer->laters, l, link);
    l->call.peer->n_laters--;
    l->call.peer->in_flight--;
    l->call.peer = NULL;
}

struct peer *later_peer(const struct later *l)
{
    return l->call.peer;
}

uid_t later_scope(const struct later *l)
{
    return l->scope;
}

void later_on_gone(struct later *l, void (*gone)(void *data), void *data)
{
    l->gone = gone;
    l->gone_data = data;
}

struct buf *later_begin(struct later *l)
{
    l->begun = l->call.peer && !l->call.notification;
    return l->begun ? call_begin(&l->call) : NULL;
}

void later_end(struct later *l)
{
    if (l->begun)
        call_end(&l->call);
    later_free(l);
}

void later_fail(struct later *l, const struct error *err)
{
    if (l->call.peer && !l->call.notification)
        dispatch_error(l->call.peer, l->call.msgid, err, NULL);
    later_free(l);
}

void later_free(struct later *l)
{
    struct peer *p = l->call.peer;
    if (p) {
        leave(l);
        peer_wake(p);
        p->server->setup.activity(p->server->setup.data);
    }
    free(l);
}

void later_hang_up(struct peer *p)
{
    struct later *l;
    while ((l = TAILQ_FIRST(&p->laters))) {
        leave(l);
        if (l->gone)
            l->gone(l->gone_data);
    }
}
