/* answer.get, answer.attach, answer.cancel, answer.list */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "lib/proto/codec.h"

static enum error_code find(struct call *c, struct answer **ret, struct error *err)
{
    struct server *s = c->peer->server;
    const char *id;
    size_t len;
    mp_str(mp_get(&c->params, "answer"), &id, &len);
    *ret = answer_table_find(engine_table(s->engine), server_scope(s, c->peer), id, len);
    if (*ret)
        return ERR_NONE;
    error_set_param(err, "answer", "no answer %.*s; it never was, was another user's, or is no longer retained",
                    (int)(len < 64 ? len : 64), id);
    return err->code = ERR_NOT_FOUND;
}

enum error_code m_answer_get(struct call *c, struct error *err)
{
    struct answer *a;
    enum error_code code = find(c, &a, err);
    if (code != ERR_NONE)
        return code;
    stream_put_answer(c->peer, call_begin(c), a);
    call_end(c);
    return ERR_NONE;
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
    struct stream_setup setup = {
        .msgid = c->msgid, .from = (uint64_t)from, .events = events, .notify = has_notify ? &notify : NULL};
    stream_open(c->peer, a, &setup);
    return ERR_NONE;
}

enum error_code m_answer_cancel(struct call *c, struct error *err)
{
    struct answer *a;
    enum error_code code = find(c, &a, err);
    if (code != ERR_NONE)
        return code;
    struct stream_setup setup = {.msgid = c->msgid, .reply = STREAM_ENDED, .from = UINT64_MAX};
    answer_ref(a);
    engine_cancel(c->peer->server->engine, a);
    if (!c->notification)
        stream_open(c->peer, a, &setup);
    answer_unref(a);
    return ERR_NONE;
}

struct listing {
    struct buf *out;
    bool by_state;
    enum log_state state;
    uint32_t n;
};

static bool put_item(void *data, struct answer *a)
{
    struct listing *l = data;
    const struct error *err = answer_error(a);
    if (l->by_state && answer_state(a) != l->state)
        return true;
    struct buf *b = l->out;
    mp_put_map(b, err ? 7 : 6);
    mp_put_cstr(b, "answer");
    mp_put_str(b, answer_id(a), ID_LEN);
    mp_put_cstr(b, "state");
    mp_put_cstr(b, log_state_name(answer_state(a)));
    mp_put_cstr(b, "model");
    mp_put_cstr(b, answer_model(a));
    mp_put_cstr(b, "started");
    mp_put_double(b, (double)answer_started_us(a) / 1e6);
    mp_put_cstr(b, "preview");
    mp_put_cstr(b, answer_preview(a));
    mp_put_cstr(b, "readers");
    mp_put_int(b, answer_readers(a));
    if (err) {
        mp_put_cstr(b, "error");
        codec_put_error(b, err, NULL, false);
    }
    l->n++;
    return true;
}

enum error_code m_answer_list(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    struct listing l = {.out = &s->scratch};
    const msgpack_object *o = mp_get(&c->params, "state");
    const char *name;
    size_t len;
    if (o && mp_str(o, &name, &len)) {
        if (!log_state_from_name(name, len, &l.state))
            return error_set_param(err, "state", "state must be running, done, failed, cancelled or interrupted");
        l.by_state = true;
    }
    buf_clear(&s->scratch);
    answer_table_each(engine_table(s->engine), server_scope(s, c->peer), put_item, &l);
    struct buf *b = call_begin(c);
    mp_put_array(b, l.n);
    buf_append(b, s->scratch.data, s->scratch.len);
    call_end(c);
    buf_done(&s->scratch);
    return ERR_NONE;
}
