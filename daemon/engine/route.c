#include "daemon/engine/route.h"
#include <string.h>

static enum error_code to(struct route *r, size_t *n, struct provider *p, const char *model, struct error *err)
{
    if (strlen(model) >= sizeof r->model)
        return error_set_param(err, "model", "the model's name is longer than %zu bytes", sizeof r->model - 1);
    r->provider = p;
    memcpy(r->model, model, strlen(model) + 1);
    *n = 1;
    return ERR_NONE;
}

static enum error_code no_key(const struct provider *p, struct error *err)
{
    const char *env = p->builtin ? p->builtin->env : NULL;
    if (p->key_missing)
        return error_set(err, ERR_NO_PROVIDER, "provider %s has no key: %s", p->name, p->key_missing);
    return error_set(err, ERR_NO_PROVIDER, "provider %s has no key: %s%s%s give key_file in its section of askd.conf",
                     p->name, env ? "set " : "", env ? env : "", env ? " where the daemon starts, or" : "");
}

/* provider/name, or the default model of a ready provider by its bare name. */
static enum error_code by_name(const struct providers *ps, const char *name, struct route *r, size_t *n, bool *local,
                               struct error *err)
{
    const char *slash = strchr(name, '/');
    if (slash) {
        struct provider *p = providers_find(ps, name, (size_t)(slash - name));
        if (p && p->local) {
            *local = true;
            return ERR_NONE;
        }
        if (p)
            return provider_ready(p) ? to(r, n, p, slash + 1, err) : no_key(p, err);
        const struct provider_builtin *b = provider_builtin_find(name, (size_t)(slash - name));
        if (b)
            return error_set(err, ERR_NO_PROVIDER, "provider %s has no key: set %s where the daemon starts", b->name,
                             b->env);
    }
    for (size_t i = 0; i < providers_count(ps); i++) {
        struct provider *p = providers_at(ps, i);
        if (provider_ready(p) && p->model && strcmp(p->model, name) == 0)
            return to(r, n, p, name, err);
    }
    if (slash)
        error_set_param(err, "model", "there is no provider %.*s for the model %s; askctl status lists all",
                        (int)(slash - name), name, name);
    else
        error_set_param(err, "model", "no provider is known for the model %s; name it as provider/model", name);
    if (err)
        err->code = ERR_NOT_FOUND;
    return ERR_NOT_FOUND;
}

enum error_code route_model(const struct providers *ps, const char *name, struct route routes[ROUTE_MAX], size_t *n,
                            bool *local, struct error *err)
{
    *n = 0;
    *local = false;
    if (name && *name)
        return by_name(ps, name, routes, n, local, err);
    for (size_t i = 0; i < providers_count(ps); i++) {
        struct provider *p = providers_at(ps, i);
        if (provider_ready(p))
            return to(routes, n, p, p->model ? p->model : "", err);
    }
    *local = true;
    return ERR_NONE;
}
