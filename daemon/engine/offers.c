#include "daemon/engine/offers.h"
#include <stdio.h>
#include <string.h>

struct walk {
    const struct route_world *w;
    const char *only; /* a provider, NULL: all */
    void (*each)(void *data, const struct offer *o);
    void *data;
};

/* A local server is known to be there once its list was read. */
static bool is_ready(const struct route_world *w, const struct provider *p)
{
    size_t n = 0;
    if (provider_ready(p))
        return true;
    return p->local && catalog_list(w->catalog, p->name, &n, NULL) && n > 0;
}

static struct offer at_provider(const struct route_world *w, const struct provider *p, const char *name)
{
    struct facts f = catalog_facts(w->catalog, p->name, p->kind, name);
    return (struct offer){.model = f.model,
                          .provider = p->name,
                          .section = p,
                          .name = name,
                          .facts = f,
                          .available = is_ready(w, p) && !(f.model && model_is_retired(f.model, w->now_us))};
}

/* At a provider that has neither a section nor a key here. */
static struct offer elsewhere(const struct route_world *w, const struct model *m, const struct model_name *at)
{
    struct offer o = {.model = m, .provider = at ? at->provider : "", .name = at ? at->name : ""};
    o.facts = at ? catalog_facts(w->catalog, at->provider, at->provider, at->name) : (struct facts){.model = m};
    return o;
}

/* The member stands in an alias already, or in this one before. */
static bool stands_before(const struct aliases *as, size_t alias, size_t member)
{
    const char *name = aliases_at(as, alias)->models[member];
    for (size_t i = 0; i <= alias; i++) {
        const struct alias *a = aliases_at(as, i);
        for (size_t m = 0; m < (i == alias ? member : a->n_models); m++)
            if (strcmp(a->models[m], name) == 0)
                return true;
    }
    return false;
}

/* One that only the configuration names, as provider/name. */
static void walk_if_new(const struct walk *walk, const struct provider *p, const char *full_name)
{
    size_t len = strlen(p->name);
    if (!full_name || strncmp(full_name, p->name, len) != 0 || full_name[len] != '/')
        return;
    struct offer o = at_provider(walk->w, p, full_name + len + 1);
    if (!facts_known(&o.facts))
        walk->each(walk->data, &o);
}

static bool is_default(const struct route_world *w, const char *full_name)
{
    return w->default_model && strcmp(w->default_model, full_name) == 0;
}

/* The default, and then members of aliases; each once. */
static void walk_named(const struct walk *walk, const struct provider *p)
{
    const struct aliases *as = walk->w->aliases;
    walk_if_new(walk, p, walk->w->default_model);
    for (size_t i = 0; i < aliases_count(as); i++) {
        const struct alias *a = aliases_at(as, i);
        for (size_t m = 0; m < a->n_models; m++)
            if (!is_default(walk->w, a->models[m]) && !stands_before(as, i, m))
                walk_if_new(walk, p, a->models[m]);
    }
}

static void walk_section(const struct walk *walk, const struct provider *p)
{
    const struct catalog *c = walk->w->catalog;
    size_t n = 0;
    for (size_t i = 0; i < catalog_count(c); i++) {
        const char *name = model_name_for(catalog_at(c, i), p->name, p->kind);
        struct offer o = name ? at_provider(walk->w, p, name) : (struct offer){0};
        if (name)
            walk->each(walk->data, &o);
    }
    const struct listed *list = catalog_list(c, p->name, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        struct offer o = at_provider(walk->w, p, list[i].id);
        if (!o.model && o.facts.listed == &list[i]) /* some tell of a model twice */
            walk->each(walk->data, &o);
    }
    walk_named(walk, p);
}

static bool has_section(const struct route_world *w, const char *kind)
{
    for (size_t i = 0; i < providers_count(w->providers); i++)
        if (strcmp(providers_at(w->providers, i)->kind, kind) == 0 ||
            strcmp(providers_at(w->providers, i)->name, kind) == 0)
            return true;
    return false;
}

/* The first place that one could get a key for, else the first of all. */
static const struct model_name *best_name(const struct model *m)
{
    for (size_t i = 0; i < m->n_names; i++)
        if (provider_builtin_find(m->names[i].provider, strlen(m->names[i].provider)))
            return &m->names[i];
    return m->n_names ? m->names : NULL;
}

static void walk_elsewhere(const struct walk *walk, const struct model *m)
{
    const struct model_name *at = best_name(m);
    bool shown = false;
    for (size_t i = 0; i < m->n_names; i++)
        shown = shown || has_section(walk->w, m->names[i].provider);
    for (size_t i = 0; i < m->n_names; i++) {
        const struct model_name *name = &m->names[i];
        bool reachable = provider_builtin_find(name->provider, strlen(name->provider)) != NULL;
        bool alone = !shown && name == at;
        if (has_section(walk->w, name->provider) || (walk->only && strcmp(walk->only, name->provider) != 0) ||
            !(reachable || alone || walk->only))
            continue;
        struct offer o = elsewhere(walk->w, m, name);
        walk->each(walk->data, &o);
    }
    if (m->n_names == 0 && !walk->only) {
        struct offer o = elsewhere(walk->w, m, NULL);
        walk->each(walk->data, &o);
    }
}

void offers_each(const struct route_world *w, const char *provider, void (*each)(void *data, const struct offer *o),
                 void *data)
{
    const struct walk walk = {w, provider, each, data};
    for (size_t i = 0; i < providers_count(w->providers); i++) {
        const struct provider *p = providers_at(w->providers, i);
        if (!provider || strcmp(provider, p->name) == 0)
            walk_section(&walk, p);
    }
    for (size_t i = 0; i < catalog_count(w->catalog); i++)
        walk_elsewhere(&walk, catalog_at(w->catalog, i));
}

struct search {
    const struct model *model;
    struct offer *ret;
    bool found;
};

static void look_at(void *data, const struct offer *o)
{
    struct search *s = data;
    if (o->model != s->model || (s->found && (s->ret->available || !o->available)))
        return;
    *s->ret = *o;
    s->found = true;
}

static bool find_elsewhere(const struct route_world *w, const char *kind, size_t len, const char *name,
                           struct offer *ret)
{
    for (size_t i = 0; i < catalog_count(w->catalog); i++) {
        const struct model *m = catalog_at(w->catalog, i);
        for (size_t k = 0; k < m->n_names; k++) {
            const struct model_name *at = &m->names[k];
            if (strlen(at->provider) != len || memcmp(at->provider, kind, len) != 0 || strcmp(at->name, name) != 0)
                continue;
            *ret = elsewhere(w, m, at);
            return true;
        }
    }
    return false;
}

/* It stands in the configuration, whoever knows of it. */
static bool is_named(const struct route_world *w, const char *full_name)
{
    const struct aliases *as = w->aliases;
    for (size_t i = 0; i < aliases_count(as); i++)
        for (size_t m = 0; m < aliases_at(as, i)->n_models; m++)
            if (strcmp(aliases_at(as, i)->models[m], full_name) == 0)
                return true;
    return is_default(w, full_name);
}

/* What a provider calls a model that it is known to have. */
static bool find_by_own_name(const struct route_world *w, const char *name, struct offer *ret)
{
    bool found = false;
    for (size_t i = 0; i < providers_count(w->providers); i++) {
        struct offer o = at_provider(w, providers_at(w->providers, i), name);
        if (!facts_known(&o.facts) || (found && (ret->available || !o.available)))
            continue;
        *ret = o;
        found = true;
    }
    return found;
}

bool offers_find(const struct route_world *w, const char *name, struct offer *ret)
{
    const struct alias *a = aliases_find(w->aliases, name);
    if (a)
        name = a->models[0];
    struct search s = {.model = catalog_find(w->catalog, name, strlen(name)), .ret = ret};
    if (s.model) {
        offers_each(w, NULL, look_at, &s);
        return s.found;
    }
    const char *slash = strchr(name, '/');
    const struct provider *p = slash ? providers_find(w->providers, name, (size_t)(slash - name)) : NULL;
    if (p) {
        *ret = at_provider(w, p, slash + 1);
        return facts_known(&ret->facts) || is_named(w, name);
    }
    return find_by_own_name(w, name, ret) || (slash && find_elsewhere(w, name, (size_t)(slash - name), slash + 1, ret));
}

void offer_put_name(const struct offer *o, char *out, size_t size)
{
    if (o->name[0])
        snprintf(out, size, "%s/%s", o->provider, o->name);
    else
        snprintf(out, size, "%s", o->model ? o->model->id : "");
}
