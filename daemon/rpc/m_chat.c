/* chat */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "lib/base/alloc.h"
#include "lib/proto/codec.h"

enum error_code m_read_notify(const msgpack_object_map *params, msgpack_object_map *notify, bool *present,
                              struct error *err)
{
    const msgpack_object *o = mp_get(params, "notify"), *method, *args;
    const char *s;
    size_t len;
    msgpack_object_array a;
    *present = o != NULL;
    if (!o)
        return ERR_NONE;
    mp_map(o, notify);
    if (!(method = mp_get(notify, "method")) || !mp_str(method, &s, &len) || len == 0)
        return error_set_param(err, "notify.method", "notify.method must be the name of a method");
    if ((args = mp_get(notify, "args")) && !mp_array(args, &a))
        return error_set_param(err, "notify.args", "notify.args must be an array");
    if (!stream_notify_fits(notify))
        return error_set_param(err, "notify", "notify is larger than %d bytes", STREAM_NOTIFY_MAX);
    return ERR_NONE;
}

void call_add_context(const struct call *c, struct chat_request *req)
{
    const struct peer *p = c->peer;
    if (!req->directory && !req->terminal) {
        req->directory = xstrdup(p->directory);
        req->terminal = xstrdup(p->terminal);
    }
}

enum error_code m_chat(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    msgpack_object_map notify;
    bool has_notify;
    struct chat_request *req;
    struct answer *a;
    enum error_code code = m_read_notify(&c->params, &notify, &has_notify, err);
    if (code == ERR_NONE)
        code = codec_chat_request(&c->params, &req, err);
    if (code != ERR_NONE)
        return code;
    bool detach = req->detach, stream = req->stream;
    call_add_context(c, req);
    struct answer_asker asker = {.uid = server_scope(s, c->peer), .request = c->msgid, .keep = detach};
    code = engine_ask(s->engine, req, &asker, NULL, &a, err);
    if (code != ERR_NONE)
        return code;
    struct stream_setup setup = {
        .msgid = c->msgid, .events = stream, .owner = true, .notify = has_notify ? &notify : NULL};
    if (detach)
        setup = (struct stream_setup){.msgid = c->msgid, .reply = STREAM_ACCEPTED};
    stream_open(c->peer, a, &setup);
    answer_unref(a);
    return ERR_NONE;
}
