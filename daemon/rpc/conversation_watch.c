#include "daemon/rpc/conversation_watch.h"
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

struct conversation_watch {
    struct watch watch; /* first */
    uid_t uid;
    char conversation[STORE_ID]; /* "": all */
    bool listed;                 /* else it is not known yet whether there is such a conversation */
    bool lost;                   /* its peer had no room, and was not told so yet */
    TAILQ_ENTRY(conversation_watch) link;
};

static const struct watch_kind kind;

static struct conversation_watch *watch_new(struct peer *p, const msgpack_object_map *notify)
{
    struct conversation_watch *w = NEW(struct conversation_watch);
    w->uid = server_scope(p->server, p);
    watch_begin(&w->watch, &kind, p, notify, 2);
    return w;
}

static void list(struct conversation_watch *w)
{
    struct server *s = w->watch.peer->server;
    TAILQ_INSERT_TAIL(&s->watches, w, link);
    w->listed = true;
    engine_store_at_once(s->engine, true);
}

static void free_watch(struct watch *watch)
{
    struct conversation_watch *w = (struct conversation_watch *)watch;
    struct server *s = watch->peer->server;
    if (w->listed)
        TAILQ_REMOVE(&s->watches, w, link);
    engine_store_at_once(s->engine, !TAILQ_EMPTY(&s->watches));
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

static void put_change(struct conversation_watch *w, const char *conversation, const struct buf *map)
{
    struct buf *b = watch_notify(&w->watch);
    if (*conversation)
        mp_put_str(b, conversation, strlen(conversation));
    else
        mp_put_nil(b);
    buf_append(b, map->data, map->len);
    w->lost = !watch_send(&w->watch);
}

static void tell(struct change *ch)
{
    struct conversation_watch *w;
    TAILQ_FOREACH (w, &ch->server->watches, link) {
        if (w->uid != ch->uid || (w->conversation[0] && strcmp(w->conversation, ch->conversation) != 0))
            continue;
        if (w->watch.peer->state != PEER_OPEN || w->lost)
            continue;
        if (watch_has_room(&w->watch))
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

void conversation_watch_written(void *data, const struct store_job *job)
{
    struct server *s = data;
    struct change ch = {.server = s};
    if (TAILQ_EMPTY(&s->watches))
        return;
    buf_init(&ch.map, SIZE_MAX / 2); /* a title's or all tags' size, which are bounded */
    tell_of(&ch, job);
    buf_done(&ch.map);
}

static void go_on(struct watch *watch)
{
    struct conversation_watch *w = (struct conversation_watch *)watch;
    struct buf map;
    if (!w->lost)
        return;
    buf_init(&map, 64);
    mp_put_map(&map, 1);
    mp_put_entry(&map, "type", "lost");
    put_change(w, w->conversation, &map);
    buf_done(&map);
}

static const struct watch_kind kind = {"conversation.changed", go_on, free_watch};

/* -- the methods -- */

static void reply(struct buf *b, struct conversation_watch *w)
{
    mp_put_map(b, 1);
    watch_put(b, &w->watch);
}

/* Of those that wait to know whether their conversation is there. */
static struct conversation_watch *find_waiting(struct peer *p, const char *conversation)
{
    struct watch *watch;
    TAILQ_FOREACH (watch, &p->watches, link) {
        struct conversation_watch *w = (struct conversation_watch *)watch;
        if (watch->kind == &kind && !w->listed && strcmp(w->conversation, conversation) == 0)
            return w;
    }
    return NULL;
}

/* The conversation is there, or is not. */
static void on_found(void *data, struct store_job *job)
{
    struct later *l = data;
    struct peer *p = later_peer(l);
    struct conversation_watch *w = p ? find_waiting(p, job->find.conversation) : NULL;
    struct error err = job->error;
    if (job->code != ERR_NONE) {
        if (w)
            watch_end(&w->watch);
        later_fail(l, &err);
    } else {
        struct buf *b = later_begin(l);
        if (w)
            list(w);
        if (b && w)
            reply(b, w);
        later_end(l);
    }
    store_job_free(job);
}

static enum error_code find(struct call *c, struct conversation_watch *w, struct error *err)
{
    struct later *l = later_new(c);
    struct store_job *job = store_job_new(STORE_FIND, on_found, l);
    job->find.uid = w->uid;
    memcpy(job->find.conversation, w->conversation, sizeof job->find.conversation);
    enum error_code code = engine_submit(c->peer->server->engine, job, err);
    if (code == ERR_NONE)
        return code;
    later_free(l);
    watch_end(&w->watch);
    return code;
}

enum error_code m_conversation_watch(struct call *c, struct error *err)
{
    char conversation[STORE_ID] = "";
    msgpack_object_map notify;
    bool has_notify;
    enum error_code code = conversation_read_id(c, "conversation", "conversation", conversation, err);
    if (code == ERR_NONE)
        code = watch_read(c, &notify, &has_notify, err);
    if (code != ERR_NONE)
        return code;
    struct conversation_watch *w = watch_new(c->peer, has_notify ? &notify : NULL);
    memcpy(w->conversation, conversation, sizeof w->conversation);
    if (conversation[0])
        return find(c, w, err);
    list(w);
    reply(call_begin(c), w);
    call_end(c);
    return ERR_NONE;
}

enum error_code m_conversation_unwatch(struct call *c, struct error *err)
{
    return watch_unwatch(c, &kind, err);
}
