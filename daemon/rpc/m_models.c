/* models.list */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "lib/proto/mp.h"
#include <string.h>

static bool wanted(const struct call *c, const struct provider *p)
{
    const msgpack_object *o = mp_get(&c->params, "provider");
    const char *s;
    size_t len;
    return p->model && !mp_get(&c->params, "tag") &&
           (!o || (mp_str(o, &s, &len) && strlen(p->name) == len && memcmp(p->name, s, len) == 0));
}

enum error_code m_models_list(struct call *c, struct error *err)
{
    (void)err;
    struct providers *ps = engine_providers(c->peer->server->engine);
    uint32_t n = 0;
    for (size_t i = 0; i < providers_count(ps); i++)
        n += wanted(c, providers_at(ps, i));
    struct buf *b = call_begin(c);
    mp_put_array(b, n);
    for (size_t i = 0; i < providers_count(ps); i++) {
        const struct provider *p = providers_at(ps, i);
        if (!wanted(c, p))
            continue;
        mp_put_map(b, 4);
        mp_put_cstr(b, "id");
        mp_put_cstr(b, p->model);
        mp_put_cstr(b, "provider");
        mp_put_cstr(b, p->name);
        mp_put_cstr(b, "name");
        mp_put_cstr(b, p->model);
        mp_put_cstr(b, "available");
        mp_put_bool(b, provider_ready(p));
    }
    call_end(c);
    return ERR_NONE;
}
