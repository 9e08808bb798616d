/* chat */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "lib/proto/codec.h"

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
    struct answer_asker asker = {
        .uid = server_scope(s, c->peer), .client = c->peer->client, .request = c->msgid, .keep = detach};
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
