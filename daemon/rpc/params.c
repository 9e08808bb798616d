/* Parameters that several families of methods take. */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/notify.h"
#include "lib/base/alloc.h"
#include "lib/base/host.h"
#include "lib/proto/codec.h"
#include <stdlib.h>

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
    if (!notify_fits(notify))
        return error_set_param(err, "notify", "notify is larger than %d bytes", NOTIFY_MAX);
    return ERR_NONE;
}

enum error_code m_read_limit(const struct call *c, uint32_t absent, uint32_t *ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "limit");
    int64_t n = absent;
    if (o)
        mp_int(o, &n);
    if (n < 1 || n > LIST_MAX)
        return error_set_param(err, "limit", "limit must be between 1 and %d", LIST_MAX);
    *ret = (uint32_t)n;
    return ERR_NONE;
}

enum error_code m_read_timeout(const struct call *c, double *ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "timeout");
    *ret = 0;
    if (o && (!mp_double(o, ret) || !(*ret > 0 && *ret <= CODEC_TIMEOUT_MAX)))
        return error_set_param(err, "timeout", "timeout must be over 0 and at most 1e9 seconds");
    return ERR_NONE;
}

/* The daemon's own machine has no name here, so that what was asked on it stays there when it gets another one. */
static void forget_own_host(struct chat_place *p)
{
    if (!p->host || !host_is_ours(p->host))
        return;
    free(p->host);
    p->host = NULL;
}

enum error_code call_read_place(const struct call *c, struct chat_place *ret, struct error *err)
{
    enum error_code code = codec_context(&c->params, ret, err);
    forget_own_host(ret);
    return code;
}

void call_add_context(const struct call *c, struct chat_request *req)
{
    const struct chat_place *p = &c->peer->place;
    struct chat_place *of = &req->place;
    if (!of->directory && !of->terminal && !of->host) {
        of->directory = xstrdup(p->directory);
        of->terminal = xstrdup(p->terminal);
        of->host = xstrdup(p->host);
        if (!of->label)
            of->label = xstrdup(p->label);
    }
    forget_own_host(of);
}
