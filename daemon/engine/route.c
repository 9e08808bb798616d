#include "daemon/engine/route.h"
#include "daemon/engine/figures.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

/* -- plans -- */

void plan_done(struct plan *p)
{
    providers_unref(p->providers);
    free(p->routes);
    *p = (struct plan){0};
}

static enum error_code add(struct plan *plan, const struct route_world *w, struct provider *p, const char *model,
                           struct error *err)
{
    struct route r = {.provider = p};
    if (strlen(model) >= sizeof r.model)
        return error_set_param(err, "model", "the model's name is longer than %zu bytes", sizeof r.model - 1);
    memcpy(r.model, model, strlen(model) + 1);
    if (w) {
        struct facts f = catalog_facts(w->catalog, p->name, p->kind, model);
        r.window = facts_context_window(&f);
    }
    plan->routes = xrealloc(plan->routes, (plan->n + 1) * sizeof r);
    plan->routes[plan->n++] = r;
    return ERR_NONE;
}

void plan_found(struct plan *p, struct provider *found, const char *model)
{
    add(p, NULL, found, model, NULL);
}

size_t plan_larger(const struct plan *p, size_t than, size_t from)
{
    int64_t window = p->routes[than].window;
    while (from < p->n && (window == 0 || p->routes[from].window <= window))
        from++;
    return from;
}

/* -- provider/name -- */

static enum error_code no_usual_key(const struct provider_builtin *b, struct error *err)
{
    return error_set(err, ERR_NO_PROVIDER,
                     "provider %s has no key: askctl keys import %s, or set %s where the daemon starts", b->name,
                     b->name, b->env);
}

enum error_code route_no_key(const struct provider *p, struct error *err)
{
    if (p->key_missing)
        return error_set(err, ERR_NO_PROVIDER, "provider %s has no key: %s", p->name, p->key_missing);
    if (p->builtin && p->builtin->env)
        return no_usual_key(p->builtin, err);
    return error_set(err, ERR_NO_PROVIDER,
                     "provider %s has no key: askctl keys import %s, or give key_file in its section", p->name,
                     p->name);
}

static struct provider *provider_of(const struct route_world *w, const char *name, const char **model)
{
    const char *slash = strchr(name, '/');
    *model = slash ? slash + 1 : NULL;
    return slash ? providers_find(w->providers, name, (size_t)(slash - name)) : NULL;
}

/* A local server may turn out to be there. */
static bool may_ask(const struct provider *p)
{
    return p->local || provider_ready(p);
}

/* -- a catalogue id, or a provider's own name that one knows -- */

/* What a provider calls it, NULL where it does not have it. */
static const char *name_at(const struct route_world *w, const struct provider *p, const struct model *m)
{
    const char *name = model_name_for(m, p->name, p->kind);
    if (name)
        return name;
    size_t n;
    const struct listed *list = catalog_list(w->catalog, p->name, &n, NULL);
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].id, m->id) == 0)
            return list[i].id;
    return NULL;
}

/* The providers that have it, in their order: the first ready one, or with `all` every one of them. A local server
 * comes behind those that are ready. */
static enum error_code by_model(const struct route_world *w, const struct model *m, bool all, struct plan *plan,
                                struct error *err)
{
    const struct provider *keyless = NULL;
    struct provider *local = NULL;
    size_t before = plan->n;
    for (size_t i = 0; i < providers_count(w->providers); i++) {
        struct provider *p = providers_at(w->providers, i);
        const char *name = name_at(w, p, m);
        if (!name)
            continue;
        if (provider_ready(p)) {
            enum error_code code = add(plan, w, p, name, err);
            if (code != ERR_NONE || !all)
                return code;
        } else if (p->local) {
            local = local ? local : p;
        } else {
            keyless = keyless ? keyless : p;
        }
    }
    if (local)
        return add(plan, w, local, name_at(w, local, m), err);
    if (plan->n > before)
        return ERR_NONE;
    if (keyless)
        return route_no_key(keyless, err);
    if (m->n_names == 0)
        return error_set(err, ERR_NO_PROVIDER, "no provider is known to have %s", m->id);
    const struct provider_builtin *b = provider_builtin_find(m->names[0].provider, strlen(m->names[0].provider));
    if (!b || !b->env)
        return error_set(err, ERR_NO_PROVIDER, "no provider that has %s has a key: a section for %s would do", m->id,
                         m->names[0].provider);
    return error_set(err, ERR_NO_PROVIDER,
                     "no provider that has %s has a key: askctl keys import %s, or set %s where the daemon starts",
                     m->id, b->name, b->env);
}

/* "gpt-4o-2024-08-06": what a ready provider, or else a local server, calls a model that is known. */
static struct provider *by_own_name(const struct route_world *w, const char *name)
{
    struct provider *local = NULL;
    for (size_t i = 0; i < providers_count(w->providers); i++) {
        struct provider *p = providers_at(w->providers, i);
        struct facts f = catalog_facts(w->catalog, p->name, p->kind, name);
        if (!facts_known(&f))
            continue;
        if (provider_ready(p))
            return p;
        if (p->local && !local)
            local = p;
    }
    return local;
}

static enum error_code not_found(const char *name, struct error *err)
{
    const char *slash = strchr(name, '/');
    if (slash)
        error_set_param(err, "model", "there is no provider %.*s for the model %s; askctl status lists all",
                        (int)(slash - name), name, name);
    else
        error_set_param(err, "model",
                        "no model is called %s; askctl models lists those that are known, and any other "
                        "is asked for as provider/model",
                        name);
    if (err)
        err->code = ERR_NOT_FOUND;
    return ERR_NOT_FOUND;
}

/* Anything but an alias. */
static enum error_code by_name(const struct route_world *w, const char *name, bool all, struct plan *plan,
                               struct error *err)
{
    const char *own;
    const struct model *m = catalog_find(w->catalog, name, strlen(name));
    if (m)
        return by_model(w, m, all, plan, err);
    struct provider *p = provider_of(w, name, &own);
    if (p)
        return may_ask(p) ? add(plan, w, p, own, err) : route_no_key(p, err);
    p = by_own_name(w, name);
    if (p)
        return add(plan, w, p, name, err);
    const struct provider_builtin *b = own ? provider_builtin_find(name, (size_t)(own - 1 - name)) : NULL;
    if (b)
        return no_usual_key(b, err);
    return not_found(name, err);
}

/* -- aliases -- */

static bool takes_all(enum alias_policy policy)
{
    return policy == ALIAS_CHEAPEST || policy == ALIAS_FASTEST || policy == ALIAS_BEST;
}

static void put_in_order(const struct route_world *w, const struct alias *a, const struct chat_request *question,
                         struct plan *plan)
{
    size_t n = plan->n;
    struct figures_question q = {.chat = question};
    struct alias_figures *figures = xcalloc(n, sizeof *figures);
    size_t *order = xcalloc(n, sizeof *order);
    struct route *routes = xcalloc(n, sizeof *routes);
    for (size_t i = 0; i < n; i++)
        figures_of_route(w, &plan->routes[i], &q, a->board, &figures[i]);
    alias_order(a->policy, figures, n, order);
    for (size_t i = 0; i < n; i++)
        routes[i] = plan->routes[order[i]];
    free(plan->routes);
    plan->routes = routes;
    free(order);
    free(figures);
}

/* A member that nobody can be asked for now is passed over; where that is true of all, the first one's error tells. */
static enum error_code by_alias(const struct route_world *w, const struct alias *a, const struct chat_request *question,
                                struct plan *plan, struct error *err)
{
    struct error first = ERROR_INIT;
    for (size_t i = 0; i < a->n_models; i++) {
        struct error why = ERROR_INIT;
        if (by_name(w, a->models[i], takes_all(a->policy), plan, &why) != ERR_NONE && first.code == ERR_NONE)
            first = why;
    }
    if (plan->n == 0) {
        if (err)
            *err = first;
        return first.code;
    }
    plan->race = a->policy == ALIAS_RACE;
    plan->race_delay_ms = a->race_delay_ms;
    if (takes_all(a->policy) && plan->n > 1)
        put_in_order(w, a, question, plan);
    return ERR_NONE;
}

/* -- the default, and all together -- */

static enum error_code by_default(const struct route_world *w, struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < providers_count(w->providers); i++) {
        struct provider *p = providers_at(w->providers, i);
        /* Somebody's own server may have none of the models whose dialect it speaks: it is asked for its first. */
        const char *kind = p->alike ? p->name : p->kind;
        const struct model *m = catalog_default(w->catalog, p->name, kind);
        if (provider_ready(p))
            return add(plan, w, p, m ? model_name_for(m, p->name, kind) : "", err);
    }
    return ERR_NONE; /* a local server may be there */
}

static enum error_code resolve(const struct route_world *w, const char *name, const struct chat_request *question,
                               struct plan *plan, struct error *err)
{
    if (!name || !*name)
        name = w->default_model;
    if (!name)
        return by_default(w, plan, err);
    const struct alias *a = aliases_find(w->aliases, name);
    return a ? by_alias(w, a, question, plan, err) : by_name(w, name, false, plan, err);
}

enum error_code route_model(const struct route_world *w, const char *name, const struct chat_request *question,
                            struct plan *ret, struct error *err)
{
    struct plan plan = {.providers = providers_ref(w->providers)};
    enum error_code code = resolve(w, name, question, &plan, err);
    if (code == ERR_NONE)
        *ret = plan;
    else
        plan_done(&plan);
    return code;
}

bool route_knows(const struct route_world *w, const char *name)
{
    const char *own;
    return catalog_find(w->catalog, name, strlen(name)) || provider_of(w, name, &own) || by_own_name(w, name) ||
           (own && provider_builtin_find(name, (size_t)(own - 1 - name)));
}
