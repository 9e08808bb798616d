#include "daemon/engine/route.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

void plan_done(struct plan *p)
{
    providers_unref(p->providers);
    free(p->routes);
    free(p->local);
    *p = (struct plan){0};
}

static enum error_code add(struct plan *plan, struct provider *p, const char *model, struct error *err)
{
    struct route r = {.provider = p};
    if (strlen(model) >= sizeof r.model)
        return error_set_param(err, "model", "the model's name is longer than %zu bytes", sizeof r.model - 1);
    memcpy(r.model, model, strlen(model) + 1);
    plan->routes = xrealloc(plan->routes, (plan->n + 1) * sizeof r);
    plan->routes[plan->n++] = r;
    return ERR_NONE;
}

void plan_found(struct plan *p, struct provider *found, const char *model)
{
    const char *slash = p->local ? strchr(p->local, '/') : NULL;
    add(p, found, slash ? slash + 1 : model, NULL);
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
static enum error_code by_name(const struct providers *ps, const char *name, struct plan *plan, struct error *err)
{
    const char *slash = strchr(name, '/');
    if (slash) {
        struct provider *p = providers_find(ps, name, (size_t)(slash - name));
        if (p && p->local) {
            plan->local = xstrdup(name);
            return ERR_NONE;
        }
        if (p)
            return provider_ready(p) ? add(plan, p, slash + 1, err) : no_key(p, err);
        const struct provider_builtin *b = provider_builtin_find(name, (size_t)(slash - name));
        if (b)
            return error_set(err, ERR_NO_PROVIDER, "provider %s has no key: set %s where the daemon starts", b->name,
                             b->env);
    }
    for (size_t i = 0; i < providers_count(ps); i++) {
        struct provider *p = providers_at(ps, i);
        if (provider_ready(p) && p->model && strcmp(p->model, name) == 0)
            return add(plan, p, name, err);
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

static enum error_code by_default(const struct providers *ps, struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < providers_count(ps); i++) {
        struct provider *p = providers_at(ps, i);
        if (provider_ready(p))
            return add(plan, p, p->model ? p->model : "", err);
    }
    return ERR_NONE; /* a local server may be there */
}

enum error_code route_model(struct providers *ps, const char *name, struct plan *ret, struct error *err)
{
    struct plan plan = {.providers = providers_ref(ps)};
    enum error_code code = name && *name ? by_name(ps, name, &plan, err) : by_default(ps, &plan, err);
    if (code == ERR_NONE)
        *ret = plan;
    else
        plan_done(&plan);
    return code;
}
