/* models.list */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "lib/proto/mp.h"
#include <string.h>

/* The provider's model that a question without a name would go to, NULL if none is known. */
static const char *model_of(const struct engine *e, const struct provider *p, char name[ENGINE_MODEL_MAX])
{
    size_t n = strlen(p->name);
    engine_default_model(e, name);
    return strncmp(name, p->name, n) == 0 && name[n] == '/' ? name + n + 1 : p->model;
}

static bool wanted(const struct call *c, const struct provider *p)
{
    const msgpack_object *o = mp_get(&c->params, "provider");
    const char *s;
    size_t len;
    char name[ENGINE_MODEL_MAX];
    return model_of(c->peer->server->engine, p, name) && !mp_get(&c->params, "tag") &&
           (!o || (mp_str(o, &s, &len) && strlen(p->name) == len && memcmp(p->name, s, len) == 0));
}

enum error_code m_models_list(struct call *c, struct error *err)
{
    (void)err;
    struct engine *e = c->peer->server->engine;
    struct providers *ps = engine_providers(e);
    uint32_t n = 0;
    for (size_t i = 0; i < providers_count(ps); i++)
        n += wanted(c, providers_at(ps, i));
    struct buf *b = call_begin(c);
    mp_put_array(b, n);
    for (size_t i = 0; i < providers_count(ps); i++) {
        const struct provider *p = providers_at(ps, i);
        char name[ENGINE_MODEL_MAX];
        if (!wanted(c, p))
            continue;
        const char *model = model_of(e, p, name);
        mp_put_map(b, 4);
        mp_put_entry(b, "id", model);
        mp_put_entry(b, "provider", p->name);
        mp_put_entry(b, "name", model);
        mp_put_cstr(b, "available");
        mp_put_bool(b, provider_ready(p));
    }
    call_end(c);
    return ERR_NONE;
}
