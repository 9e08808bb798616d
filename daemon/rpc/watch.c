#include "daemon/rpc/watch.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/notify.h"
#include "daemon/rpc/server.h"
#include "lib/proto/mp.h"

enum error_code watch_read(const struct call *c, msgpack_object_map *notify, bool *has_notify, struct error *err)
{
    int64_t max = c->peer->server->setup.opt.max_watches;
    enum error_code code = m_read_notify(&c->params, notify, has_notify, err);
    if (code == ERR_NONE && c->peer->n_watches >= max)
        code = error_set(err, ERR_OVERLOADED, "this connection has %lld watches already (max_watches)", (long long)max);
    return code;
}

void watch_begin(struct watch *w, const struct watch_kind *kind, struct peer *p, const msgpack_object_map *notify,
                 uint32_t n)
{
    w->kind = kind;
    w->peer = p;
    w->id = ++p->server->last_watch;
    buf_init(&w->before, NOTIFY_MAX);
    notify_begin(&w->before, kind->notification, notify, 1 + n);
    mp_put_int(&w->before, w->id);
    TAILQ_INSERT_TAIL(&p->watches, w, link);
    p->n_watches++;
}

void watch_end(struct watch *w)
{
    TAILQ_REMOVE(&w->peer->watches, w, link);
    w->peer->n_watches--;
    buf_done(&w->before);
    w->kind->free(w);
}

void watch_put(struct buf *b, struct watch *w)
{
    mp_put_entry_int(b, "watch", w->id);
    w->told = true;
}

struct buf *watch_notify(const struct watch *w)
{
    struct buf *b = peer_begin(w->peer);
    buf_append(b, w->before.data, w->before.len);
    return b;
}

bool watch_send(struct watch *w)
{
    return peer_commit(w->peer);
}

bool watch_has_room(const struct watch *w)
{
    return w->peer->state == PEER_OPEN && peer_has_room(w->peer);
}

enum error_code watch_unwatch(struct call *c, const struct watch_kind *kind, struct error *err)
{
    struct watch *w;
    int64_t id = 0;
    mp_int(mp_get(&c->params, "watch"), &id);
    TAILQ_FOREACH (w, &c->peer->watches, link)
        if (w->id == id && w->kind == kind && w->told)
            break;
    if (!w) {
        error_set_param(err, "watch", "this connection has no watch %lld", (long long)id);
        return err->code = ERR_NOT_FOUND;
    }
    watch_end(w);
    mp_put_map(call_begin(c), 0);
    call_end(c);
    return ERR_NONE;
}

void watch_resume(struct peer *p)
{
    struct watch *w;
    TAILQ_FOREACH (w, &p->watches, link)
        if (watch_has_room(w))
            w->kind->go_on(w);
}

void watch_hang_up(struct peer *p)
{
    struct watch *w;
    while ((w = TAILQ_FIRST(&p->watches)))
        watch_end(w);
}
