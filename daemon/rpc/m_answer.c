/* answer.get, answer.attach, answer.cancel, answer.list. What memory has is answered at once; what only the store has,
 * later. */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/held.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

/* -- one answer -- */

static enum error_code set_unknown(struct error *err, const char *id, size_t len)
{
    error_set_param(err, "answer", "no answer %.*s; it never was, was another user's, or is no longer retained",
                    (int)(len < 64 ? len : 64), id);
    return err->code = ERR_NOT_FOUND;
}

/* *ret stays NULL where memory does not have it, but the store may. */
static enum error_code find(const struct call *c, struct answer **ret, struct error *err)
{
    struct server *s = c->peer->server;
    const char *id = "";
    size_t len = 0;
    mp_str(mp_get(&c->params, "answer"), &id, &len);
    *ret = answer_table_find(engine_table(s->engine), server_scope(s, c->peer), id, len);
    return *ret || id_valid(id, len) ? ERR_NONE : set_unknown(err, id, len);
}

/* A call that waits for its answer to come back from the store. */
struct recall {
    struct later *later;
    void (*go_on)(struct recall *r, struct answer *a); /* its peer is there; ends the later */
    char id[ID_LEN + 1];
    struct stream_setup setup; /* for attach */
    msgpack_sbuffer notify;    /* packed, empty: none */
};

static void on_recalled(void *data, struct answer *a, const struct error *err)
{
    struct recall *r = data;
    struct error unknown = ERROR_INIT;
    if (!later_peer(r->later)) {
        later_free(r->later);
    } else if (a) {
        r->go_on(r, a);
    } else if (err->code == ERR_NOT_FOUND) {
        set_unknown(&unknown, r->id, ID_LEN);
        later_fail(r->later, &unknown);
    } else {
        later_fail(r->later, err);
    }
    msgpack_sbuffer_destroy(&r->notify);
    free(r);
}

/* For a call that `find` let through without an answer. */
static struct recall *recall_new(const struct call *c, void (*go_on)(struct recall *r, struct answer *a))
{
    struct recall *r = NEW(struct recall);
    const char *id;
    size_t len;
    mp_str(mp_get(&c->params, "answer"), &id, &len);
    memcpy(r->id, id, ID_LEN);
    r->later = later_new(c);
    r->go_on = go_on;
    msgpack_sbuffer_init(&r->notify);
    return r;
}

/* It may be gone when this returns. */
static void recall_start(struct recall *r)
{
    struct engine *e = later_peer(r->later)->server->engine;
    engine_recall(e, later_scope(r->later), r->id, ID_LEN, on_recalled, r);
}

static void get_recalled(struct recall *r, struct answer *a)
{
    struct error err = ERROR_INIT;
    struct peer *p = later_peer(r->later);
    if (server_may_send(p->server, p, log_bytes(answer_log(a)), &err) != ERR_NONE) {
        later_fail(r->later, &err);
        return;
    }
    struct buf *b = later_begin(r->later);
    if (b)
        stream_put_answer(p, b, a);
    later_end(r->later);
}

enum error_code m_answer_get(struct call *c, struct error *err)
{
    struct answer *a;
    enum error_code code = find(c, &a, err);
    if (code != ERR_NONE)
        return code;
    if (!a) {
        if ((code = call_may_wait(c, err)) == ERR_NONE)
            recall_start(recall_new(c, get_recalled));
        return code;
    }
    stream_put_answer(c->peer, call_begin(c), a);
    call_end(c);
    return ERR_NONE;
}

static int sbuffer_writer(void *data, const char *bytes, size_t len)
{
    return msgpack_sbuffer_write(data, bytes, len);
}

/* Those two entries of it that a stream looks at: notify_fits has bounded them. */
static void keep_notify(struct recall *r, const msgpack_object_map *notify)
{
    static const char *const keys[] = {"method", "args"};
    msgpack_packer pk;
    msgpack_packer_init(&pk, &r->notify, sbuffer_writer);
    msgpack_pack_map(&pk, 2);
    for (size_t i = 0; i < 2; i++) {
        const msgpack_object *o = mp_get(notify, keys[i]);
        msgpack_pack_str_with_body(&pk, keys[i], strlen(keys[i]));
        if (o)
            msgpack_pack_object(&pk, *o);
        else
            msgpack_pack_nil(&pk);
    }
}

static void attach_recalled(struct recall *r, struct answer *a)
{
    msgpack_unpacked u;
    msgpack_object_map notify;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    if (r->notify.size && msgpack_unpack_next(&u, r->notify.data, r->notify.size, &off) == MSGPACK_UNPACK_SUCCESS &&
        mp_map(&u.data, &notify))
        r->setup.notify = &notify;
    stream_open(later_peer(r->later), a, &r->setup); /* first: the call does not cease to be in flight */
    later_free(r->later);
    msgpack_unpacked_destroy(&u);
}

enum error_code m_answer_attach(struct call *c, struct error *err)
{
    struct answer *a;
    msgpack_object_map notify;
    bool has_notify, events = true;
    int64_t from = 0;
    const msgpack_object *o;
    enum error_code code = find(c, &a, err);
    if (code == ERR_NONE)
        code = m_read_notify(&c->params, &notify, &has_notify, err);
    if (code != ERR_NONE)
        return code;
    if ((o = mp_get(&c->params, "from")))
        mp_int(o, &from);
    if (from < 0)
        return error_set_param(err, "from", "from must not be negative");
    if ((o = mp_get(&c->params, "stream")))
        mp_bool(o, &events);
    struct stream_setup setup = {.msgid = c->msgid, .from = (uint64_t)from, .events = events};
    if (a) {
        setup.notify = has_notify ? &notify : NULL;
        stream_open(c->peer, a, &setup);
        return ERR_NONE;
    }
    struct recall *r = recall_new(c, attach_recalled);
    r->setup = setup;
    if (has_notify)
        keep_notify(r, &notify);
    recall_start(r);
    return ERR_NONE;
}

/* What comes back from the store has ended long since. */
static void cancel_recalled(struct recall *r, struct answer *a)
{
    (void)a;
    struct buf *b = later_begin(r->later);
    if (b)
        mp_put_map(b, 0);
    later_end(r->later);
}

/* All answers of a call that is under way. */
static enum error_code cancel_request(struct call *c, const msgpack_object *request, struct error *err)
{
    int64_t msgid;
    if (!mp_int(request, &msgid) || msgid < 0)
        return error_set_param(err, "request", "request must be the msgid of a call");
    stream_cancel(c->peer, (uint64_t)msgid);
    if (c->peer->state == PEER_OPEN)
        held_cancel(c->peer, (uint64_t)msgid);
    if (!c->notification) {
        mp_put_map(call_begin(c), 0);
        call_end(c);
    }
    return ERR_NONE;
}

enum error_code m_answer_cancel(struct call *c, struct error *err)
{
    struct answer *a;
    const msgpack_object *request = mp_get(&c->params, "request");
    if (request)
        return cancel_request(c, request, err);
    if (!mp_get(&c->params, "answer"))
        return error_set_param(err, "answer", "answer, or request, must say what is to end");
    enum error_code code = find(c, &a, err);
    if (code != ERR_NONE)
        return code;
    if (!a) {
        if ((code = call_may_wait(c, err)) == ERR_NONE)
            recall_start(recall_new(c, cancel_recalled));
        return code;
    }
    struct stream_setup setup = {.msgid = c->msgid, .reply = STREAM_ENDED, .from = UINT64_MAX};
    answer_ref(a);
    answer_cancel(a);
    if (!c->notification)
        stream_open(c->peer, a, &setup);
    answer_unref(a);
    return ERR_NONE;
}

/* -- answer.list -- */

struct item { /* a packed map, in `packed` of the listing or in the store's job */
    char id[ID_LEN + 1];
    bool stored;
    size_t at, len;
};

struct listing {
    struct later *later; /* NULL where the store was not asked */
    bool by_state;
    enum log_state state;
    struct buf packed;
    struct item *items;
    size_t n;
};

static void add_item(struct listing *l, const char *id, bool stored, size_t at, size_t len)
{
    l->items = grow_one(l->items, l->n, sizeof *l->items);
    struct item *it = &l->items[l->n++];
    memcpy(it->id, id, sizeof it->id);
    it->stored = stored;
    it->at = at;
    it->len = len;
}

static void put_item(struct buf *b, const struct answer *a)
{
    const struct error *err = answer_error(a);
    const char *conversation = answer_conversation(a);
    mp_put_map(b, 6u + (*conversation != '\0') + (err != NULL));
    mp_put_cstr(b, "answer");
    mp_put_str(b, answer_id(a), ID_LEN);
    mp_put_entry(b, "state", log_state_name(answer_state(a)));
    mp_put_entry(b, "model", answer_model(a));
    mp_put_entry_time(b, "started", answer_started_us(a));
    mp_put_entry(b, "preview", answer_preview(a));
    mp_put_entry_int(b, "readers", answer_readers(a));
    if (*conversation) {
        mp_put_entry(b, "conversation", conversation);
    }
    if (err) {
        mp_put_cstr(b, "error");
        codec_put_error(b, err, NULL, false);
    }
}

static bool add_from_memory(void *data, struct answer *a)
{
    struct listing *l = data;
    if (l->by_state && answer_state(a) != l->state)
        return true;
    size_t at = l->packed.len;
    put_item(&l->packed, a);
    add_item(l, answer_id(a), false, at, l->packed.len - at);
    return true;
}

/* Memory knows better, also of those that it does not list because their state is another. */
static void add_from_store(struct listing *l, struct answer_table *t, uid_t uid, const struct store_answers *found)
{
    for (size_t i = 0; i < found->n_items; i++) {
        const struct store_answers_item *it = &found->items[i];
        if (!answer_table_find(t, uid, it->id, ID_LEN))
            add_item(l, it->id, true, it->at, it->len);
    }
}

/* Ids tell when they were made. */
static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct item *)b)->id, ((const struct item *)a)->id);
}

static void put_listing(struct buf *b, struct listing *l, const uint8_t *stored)
{
    if (l->n > 0)
        qsort(l->items, l->n, sizeof *l->items, newest_first);
    mp_put_array(b, (uint32_t)l->n);
    for (size_t i = 0; i < l->n; i++)
        buf_append(b, (l->items[i].stored ? stored : l->packed.data) + l->items[i].at, l->items[i].len);
}

static void listing_free(struct listing *l)
{
    buf_done(&l->packed);
    free(l->items);
    free(l);
}

/* A store that fails is told of by `status`; what memory has is still true. */
static void on_answers(void *data, struct store_job *job)
{
    struct listing *l = data;
    struct buf *b = later_begin(l->later);
    if (b) {
        struct answer_table *t = engine_table(later_peer(l->later)->server->engine);
        uid_t uid = later_scope(l->later);
        answer_table_each(t, uid, add_from_memory, l);
        if (job->code == ERR_NONE)
            add_from_store(l, t, uid, &job->answers);
        put_listing(b, l, job->out.data);
    }
    later_end(l->later);
    listing_free(l);
    store_job_free(job);
}

static enum error_code read_state(const struct call *c, struct listing *l, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "state");
    const char *name;
    size_t len;
    if (o && mp_str(o, &name, &len)) {
        if (!log_state_from_name(name, len, &l->state))
            return error_set_param(err, "state", "state must be running, done, failed, cancelled or interrupted");
        l->by_state = true;
    }
    return ERR_NONE;
}

static enum error_code list_from_store(struct call *c, struct listing *l)
{
    struct server *s = c->peer->server;
    struct error err = ERROR_INIT;
    struct store_job *job = store_job_new(STORE_ANSWERS, on_answers, l);
    job->answers.uid = server_scope(s, c->peer);
    job->answers.not_before_us = answer_table_not_before_us(engine_table(s->engine));
    job->answers.state = l->by_state ? log_state_name(l->state) : NULL;
    l->later = later_new(c);
    enum error_code code = engine_submit(s->engine, job, &err);
    if (code != ERR_NONE)
        later_free(l->later);
    return code;
}

enum error_code m_answer_list(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    struct listing *l = NEW(struct listing);
    buf_init(&l->packed, SIZE_MAX / 2); /* items of a bounded size, of as many answers as the table holds */
    enum error_code code = read_state(c, l, err);
    if (code == ERR_NONE && list_from_store(c, l) == ERR_NONE)
        return ERR_NONE;
    if (code == ERR_NONE) {
        answer_table_each(engine_table(s->engine), server_scope(s, c->peer), add_from_memory, l);
        put_listing(call_begin(c), l, NULL);
        call_end(c);
    }
    listing_free(l);
    return code;
}
