#include "daemon/rpc/watch.h"
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/notify.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

struct watch {
    struct peer *peer;
    int64_t id; /* of this connection; no other has it while the daemon runs */
    uid_t uid;
    char conversation[STORE_ID]; /* "": all */
    bool listed;                 /* else it is not known yet whether there is such a conversation */
    bool lost;                   /* its peer had no room, and was not told so yet */
    struct buf before;           /* what each notification begins with, up to the conversation */
    TAILQ_ENTRY(watch) link, peer_link;
};

static struct watch *watch_new(struct peer *p, const msgpack_object_map *notify)
{
    struct watch *w = NEW(struct watch);
    w->peer = p;
    w->id = ++p->server->last_watch;
    w->uid = server_scope(p->server, p);
    buf_init(&w->before, NOTIFY_MAX);
    notify_begin(&w->before, "conversation.changed", notify, 3);
    mp_put_int(&w->before, w->id);
    TAILQ_INSERT_TAIL(&p->watches, w, peer_link);
    p->n_watches++;
    return w;
}

static void watch_list(struct watch *w)
{
    struct server *s = w->peer->server;
    TAILQ_INSERT_TAIL(&s->watches, w, link);
    w->listed = true;
    engine_store_at_once(s->engine, true);
}

static void watch_free(struct watch *w)
{
    struct server *s = w->peer->server;
    if (w->listed)
        TAILQ_REMOVE(&s->watches, w, link);
    TAILQ_REMOVE(&w->peer->watches, w, peer_link);
    w->peer->n_watches--;
    engine_store_at_once(s->engine, !TAILQ_EMPTY(&s->watches));
    buf_done(&w->before);
    free(w);
}

/* -- what is told -- */

/* One change, as it is told to several. */
struct change {
    struct server *server;
    uid_t uid;
    const char *conversation;
    struct buf map;
};

static void put_change(struct watch *w, const char *conversation, const struct buf *map)
{
    struct buf *b = peer_begin(w->peer);
    buf_append(b, w->before.data, w->before.len);
    if (*conversation)
        mp_put_str(b, conversation, strlen(conversation));
    else
        mp_put_nil(b);
    buf_append(b, map->data, map->len);
    w->lost = !peer_commit(w->peer);
}

static void tell(struct change *ch)
{
    struct watch *w;
    TAILQ_FOREACH (w, &ch->server->watches, link) {
        if (w->uid != ch->uid || (w->conversation[0] && strcmp(w->conversation, ch->conversation) != 0))
            continue;
        if (w->peer->state != PEER_OPEN || w->lost)
            continue;
        if (peer_has_room(w->peer))
            put_change(w, ch->conversation, &ch->map);
        else
            w->lost = true;
    }
    buf_clear(&ch->map);
}

static struct buf *begin(struct change *ch, const char *type, uint32_t more)
{
    mp_put_map(&ch->map, 1 + more);
    mp_put_entry(&ch->map, "type", type);
    return &ch->map;
}

static void tell_word(struct change *ch, const char *type)
{
    begin(ch, type, 0);
    tell(ch);
}

static void tell_text(struct change *ch, const char *type, const char *key, const char *value)
{
    mp_put_entry(begin(ch, type, 1), key, value);
    tell(ch);
}

/* A question: the conversation that it made, the title that it gave, itself, and who answers. What it names was read
 * out of the job, which is the store's, and what its answer is. */
static void tell_begin(struct change *ch, const struct store_begin *q)
{
    ch->uid = q->uid;
    ch->conversation = q->conversation;
    if (q->made)
        tell_text(ch, "created", "title", q->titled ? q->title : NULL);
    else if (q->titled)
        tell_text(ch, "title", "title", q->title);
    if (q->added > 0) {
        struct buf *b = begin(ch, "message", 2);
        mp_put_entry(b, "message", q->messages[q->n_messages - 1].id);
        mp_put_entry(b, "parent", q->parent[0] ? q->parent : NULL);
        tell(ch);
    }
    struct buf *b = begin(ch, "answer", 4);
    mp_put_entry(b, "answer", q->answer);
    mp_put_entry(b, "message", q->message);
    mp_put_entry(b, "parent", q->n_messages > 0 ? q->messages[q->n_messages - 1].id : q->parent);
    mp_put_entry(b, "model", q->model);
    tell(ch);
}

static void tell_end(struct change *ch, const struct store_end *e)
{
    ch->uid = e->uid;
    ch->conversation = e->conversation;
    struct buf *b = begin(ch, "ended", 4);
    mp_put_entry(b, "answer", e->answer);
    mp_put_entry(b, "message", e->message);
    mp_put_entry(b, "state", e->state);
    mp_put_cstr(b, "head");
    mp_put_bool(b, e->head);
    tell(ch);
}

static void tell_tags(struct change *ch, const struct buf *tags)
{
    struct buf *b = begin(ch, "tags", 1);
    mp_put_cstr(b, "tags");
    buf_append(b, tags->data, tags->len);
    tell(ch);
}

static void tell_pin(struct change *ch, bool pinned)
{
    struct buf *b = begin(ch, "pinned", 1);
    mp_put_cstr(b, "pinned");
    mp_put_bool(b, pinned);
    tell(ch);
}

/* Whose conversation a small change is of. */
#define OF(change, what) ((change)->uid = (what).uid, (change)->conversation = (what).conversation)

static void tell_of(struct change *ch, const struct store_job *j)
{
    switch (j->kind) {
    case STORE_BEGIN:
        if (j->begin.conversation[0])
            tell_begin(ch, &j->begin);
        break;
    case STORE_END:
        if (j->end.conversation[0] && !j->end.gone)
            tell_end(ch, &j->end);
        break;
    case STORE_CREATE: OF(ch, j->create), tell_text(ch, "created", "title", j->create.title); break;
    case STORE_IMPORT:
        if (!j->import.known)
            OF(ch, j->import), tell_text(ch, "created", "title", j->import.title);
        break;
    case STORE_FORK: OF(ch, j->fork), tell_text(ch, "created", "title", NULL); break;
    case STORE_RENAME: OF(ch, j->rename), tell_text(ch, "title", "title", j->rename.title); break;
    case STORE_TITLE:
        if (j->title.set)
            OF(ch, j->title), tell_text(ch, "title", "title", j->title.title);
        break;
    case STORE_PIN: OF(ch, j->pin), tell_pin(ch, j->pin.pinned); break;
    case STORE_TAG: OF(ch, j->tag), tell_tags(ch, &j->out); break;
    case STORE_HEAD: OF(ch, j->head), tell_text(ch, "head", "message", j->head.message); break;
    case STORE_DELETE: OF(ch, j->delete), tell_word(ch, "deleted"); break;
    case STORE_RESTORE: OF(ch, j->restore), tell_word(ch, "restored"); break;
    case STORE_EXPIRE:
        for (size_t i = 0; i < j->expire.n_gone; i++)
            OF(ch, j->expire.gone[i]), tell_word(ch, "deleted");
        break;
    default: break;
    }
}

void watch_written(void *data, const struct store_job *job)
{
    struct server *s = data;
    struct change ch = {.server = s};
    if (TAILQ_EMPTY(&s->watches))
        return;
    buf_init(&ch.map, SIZE_MAX / 2); /* a title's or all tags' size, which are bounded */
    tell_of(&ch, job);
    buf_done(&ch.map);
}

void watch_resume(struct peer *p)
{
    struct buf map;
    struct watch *w;
    bool any = false;
    TAILQ_FOREACH (w, &p->watches, peer_link)
        any |= w->lost;
    if (!any)
        return;
    buf_init(&map, 64);
    mp_put_map(&map, 1);
    mp_put_entry(&map, "type", "lost");
    TAILQ_FOREACH (w, &p->watches, peer_link)
        if (w->lost && p->state == PEER_OPEN && peer_has_room(p))
            put_change(w, w->conversation, &map);
    buf_done(&map);
}

void watch_hang_up(struct peer *p)
{
    struct watch *w;
    while ((w = TAILQ_FIRST(&p->watches)))
        watch_free(w);
}

/* -- the methods -- */

static void put_watch(struct buf *b, const struct watch *w)
{
    mp_put_map(b, 1);
    mp_put_entry_int(b, "watch", w->id);
}

/* The conversation is there, or is not. */
static void on_found(void *data, struct store_job *job)
{
    struct later *l = data;
    struct peer *p = later_peer(l);
    struct watch *w = NULL;
    struct error err = job->error;
    if (p)
        TAILQ_FOREACH (w, &p->watches, peer_link)
            if (!w->listed && strcmp(w->conversation, job->find.conversation) == 0)
                break;
    if (job->code != ERR_NONE) {
        if (w)
            watch_free(w);
        later_fail(l, &err);
    } else {
        struct buf *b = later_begin(l);
        if (w)
            watch_list(w);
        if (b && w)
            put_watch(b, w);
        later_end(l);
    }
    store_job_free(job);
}

static enum error_code find(struct call *c, struct watch *w, struct error *err)
{
    struct later *l = later_new(c);
    struct store_job *job = store_job_new(STORE_FIND, on_found, l);
    job->find.uid = w->uid;
    memcpy(job->find.conversation, w->conversation, sizeof job->find.conversation);
    enum error_code code = engine_submit(c->peer->server->engine, job, err);
    if (code == ERR_NONE)
        return code;
    later_free(l);
    watch_free(w);
    return code;
}

enum error_code m_conversation_watch(struct call *c, struct error *err)
{
    int64_t max = c->peer->server->setup.opt.max_watches;
    char conversation[STORE_ID] = "";
    msgpack_object_map notify;
    bool has_notify;
    enum error_code code = m_read_notify(&c->params, &notify, &has_notify, err);
    if (code == ERR_NONE)
        code = conversation_read_id(c, "conversation", "conversation", conversation, err);
    if (code == ERR_NONE && c->peer->n_watches >= max)
        code = error_set(err, ERR_OVERLOADED, "this connection has %lld watches already (max_watches)", (long long)max);
    if (code != ERR_NONE)
        return code;
    struct watch *w = watch_new(c->peer, has_notify ? &notify : NULL);
    memcpy(w->conversation, conversation, sizeof w->conversation);
    if (conversation[0])
        return find(c, w, err);
    watch_list(w);
    put_watch(call_begin(c), w);
    call_end(c);
    return ERR_NONE;
}

enum error_code m_conversation_unwatch(struct call *c, struct error *err)
{
    struct watch *w;
    int64_t id = 0;
    mp_int(mp_get(&c->params, "watch"), &id);
    TAILQ_FOREACH (w, &c->peer->watches, peer_link)
        if (w->id == id && w->listed)
            break;
    if (!w) {
        error_set_param(err, "watch", "this connection has no watch %lld", (long long)id);
        return err->code = ERR_NOT_FOUND;
    }
    watch_free(w);
    mp_put_map(call_begin(c), 0);
    call_end(c);
    return ERR_NONE;
}
