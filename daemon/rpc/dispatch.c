#include "daemon/rpc/dispatch.h"
#include "daemon/core/log.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/templated.h"
#include "lib/proto/codec.h"
#include <string.h>

void dispatch_put_response(struct buf *b, uint64_t msgid)
{
    mp_put_array(b, 4);
    mp_put_int(b, RPC_RESPONSE);
    mp_put_uint(b, msgid);
    mp_put_nil(b);
}

void dispatch_error(struct peer *p, uint64_t msgid, const struct error *err, const char *answer)
{
    struct buf *b = peer_begin(p);
    mp_put_array(b, 4);
    mp_put_int(b, RPC_RESPONSE);
    mp_put_uint(b, msgid);
    codec_put_error(b, err, answer, p->errors_as_text);
    mp_put_nil(b);
    peer_commit(p);
}

struct buf *call_begin(struct call *c)
{
    struct buf *b = peer_begin(c->peer);
    dispatch_put_response(b, c->msgid);
    return b;
}

void call_end(struct call *c)
{
    if (peer_commit(c->peer))
        return;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TOO_LARGE, "the result does not fit into a reply");
    dispatch_error(c->peer, c->msgid, &err, NULL);
}

enum error_code call_may_wait(const struct call *c, struct error *err)
{
    int64_t max = c->peer->server->setup.opt.max_requests;
    return c->peer->in_flight < (unsigned)max
               ? ERR_NONE
               : error_set(err, ERR_OVERLOADED, "%lld requests are in flight on this connection (max_requests)",
                           (long long)max);
}

static const struct method *find(const char *name, size_t len)
{
    for (const struct method *m = methods; m->name; m++)
        if (len > 0 && m->name[0] == name[0] && strlen(m->name) == len && memcmp(m->name, name, len) == 0)
            return m;
    return NULL;
}

static enum error_code read_params(const msgpack_object *o, msgpack_object_map *params, struct error *err)
{
    msgpack_object_array a;
    *params = (msgpack_object_map){0};
    if (o->type == MSGPACK_OBJECT_NIL)
        return ERR_NONE;
    if (!mp_array(o, &a) || a.size > 1)
        return error_set(err, ERR_INVALID_REQUEST, "params must be an array that holds one map, or is empty");
    if (a.size == 1 && a.ptr[0].type != MSGPACK_OBJECT_NIL && !mp_map(&a.ptr[0], params))
        return error_set(err, ERR_INVALID_REQUEST, "params must be an array that holds one map, or is empty");
    return ERR_NONE;
}

static enum error_code run(struct call *c, const msgpack_object *name, const msgpack_object *params, struct error *err)
{
    const char *s;
    size_t len;
    if (!mp_clean(params) || !mp_str(name, &s, &len))
        return error_set(err, ERR_INVALID_REQUEST, "a string in the request is not UTF-8");
    const struct method *m = find(s, len);
    if (!m)
        return error_set(err, ERR_UNKNOWN_METHOD, "no method %.*s; hello lists them", (int)(len < 64 ? len : 64), s);
    struct server *srv = c->peer->server;
    enum error_code code = read_params(params, &c->params, err);
    if (code == ERR_NONE)
        code = schema_check(m->params, &c->params, err);
    if (code != ERR_NONE)
        return code;
    if (m->flags & METHOD_ADMIN && !server_is_admin(srv, c->peer))
        return error_set(err, ERR_PERMISSION_DENIED, "%s is for the daemon's owner and root", m->name);
    if (m->flags & METHOD_LATER && (code = call_may_wait(c, err)) != ERR_NONE)
        return code;
    if (c->notification && !(m->flags & METHOD_NOTIFY))
        return error_set(err, ERR_INVALID_REQUEST, "%s is no notification", m->name);
    return m->flags & METHOD_TEMPLATE ? templated_call(c, m, err) : m->handle(c, err);
}

static void refuse(struct peer *p, const struct call *c, bool has_msgid)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INVALID_REQUEST, "not a MessagePack-RPC frame");
    log_event(LOG_LEVEL_INFO, &(struct log_fields){.client = p->client}, "uid %u: malformed frame", (unsigned)p->uid);
    if (has_msgid)
        dispatch_error(p, c->msgid, &err, NULL);
    peer_close_after_write(p);
}

void dispatch_frame(struct peer *p, const uint8_t *frame, size_t len)
{
    struct server *s = p->server;
    msgpack_object o;
    size_t off = 0;
    struct call c = {.peer = p};
    int64_t type = -1, msgid = 0;
    msgpack_unpack_return r = msgpack_unpack((const char *)frame, len, &off, &s->zone, &o);
    bool ok = (r == MSGPACK_UNPACK_SUCCESS || r == MSGPACK_UNPACK_EXTRA_BYTES) && o.type == MSGPACK_OBJECT_ARRAY;
    const msgpack_object *e = ok ? o.via.array.ptr : NULL;
    uint32_t n = ok ? o.via.array.size : 0;
    ok = ok && mp_int(&e[0], &type);
    bool has_msgid = ok && type == RPC_REQUEST && mp_int(&e[1], &msgid);
    c.msgid = (uint64_t)msgid;
    c.notification = type == RPC_NOTIFICATION;
    s->requests++;
    if (ok && type == RPC_RESPONSE && n == 4) {
        /* We ask nothing of clients; Neovim answers stray notifications so. Nothing to do. */
    } else if (!ok || (type == RPC_REQUEST ? n != 4 || !has_msgid : n != 3) ||
               (e[n - 2].type != MSGPACK_OBJECT_STR && e[n - 2].type != MSGPACK_OBJECT_BIN)) {
        refuse(p, &c, has_msgid);
    } else {
        struct error err = ERROR_INIT;
        enum error_code code = run(&c, &e[n - 2], &e[n - 1], &err);
        if (code != ERR_NONE && !c.notification && p->state == PEER_OPEN)
            dispatch_error(p, c.msgid, &err, NULL);
    }
    msgpack_zone_clear(&s->zone);
}
