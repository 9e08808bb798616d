#include "daemon/catalog/catalog.h"
#include "daemon/catalog/index.h"
#include "daemon/catalog/lists.h"
#include "daemon/catalog/model.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What the files say. Shared by a catalogue and those made of it with newer lists. */
struct rows {
    atomic_uint refs;
    struct model *models;
    size_t n;
    struct index_entry *by_id, *by_name;
    size_t n_names;
};

struct catalog {
    atomic_uint refs;
    struct rows *rows;
    struct lists *lists;
};

/* -- the rows -- */

static struct rows *rows_unref(struct rows *r)
{
    if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        model_done(&r->models[i]);
    free(r->models);
    free(r->by_id);
    free(r->by_name);
    free(r);
    return NULL;
}

static enum error_code read_models(struct rows *r, const struct config *c, struct error *err)
{
    const char *id;

    for (size_t i = 0; (id = config_name(c, &model_room, i)); i++) {
        struct model m;
        enum error_code code = model_read(c, id, &m, err);
        if (code != ERR_NONE)
            return code;
        r->models = grow_one(r->models, r->n, sizeof(*r->models));
        r->models[r->n++] = m;
    }
    return ERR_NONE;
}

static void index_names(struct rows *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        r->n_names += r->models[i].n_names;
    r->by_id = xcalloc(r->n + 1, sizeof(*r->by_id));
    r->by_name = xcalloc(r->n_names + 1, sizeof(*r->by_name));
    for (size_t i = 0; i < r->n; i++) {
        const struct model *m = &r->models[i];
        r->by_id[i] = (struct index_entry){"", m->id, m};
        for (size_t k = 0; k < m->n_names; k++)
            r->by_name[n++] = (struct index_entry){m->names[k].provider, m->names[k].name, m};
    }
    index_sort(r->by_id, r->n);
    index_sort(r->by_name, r->n_names);
}

static enum error_code check_names(const struct rows *r, const struct config *c, struct error *err)
{
    const struct index_entry *twice = index_twice(r->by_name, r->n_names);

    if (!twice)
        return ERR_NONE;
    const struct model *first = twice[0].value, *second = twice[1].value;
    return config_complain(c, &model_room, second->id, "names", err, "'%s/%s' is a name of [model \"%s\"] already",
                           twice->group, twice->name, first->id);
}

static enum error_code rows_load(const char *const *paths, struct rows **ret, struct error *err)
{
    static const struct config_room *const rooms[] = {&model_room, NULL};
    struct rows *r = NEW(struct rows);
    struct config *c = NULL;
    enum error_code code = config_load(rooms, paths, false, &c, err);

    atomic_init(&r->refs, 1);
    if (code == ERR_NONE)
        code = read_models(r, c, err);
    if (code == ERR_NONE) {
        index_names(r);
        code = check_names(r, c, err);
    }
    config_free(c);
    *ret = code == ERR_NONE ? r : rows_unref(r);
    return code;
}

/* -- its life -- */

static struct catalog *catalog_new(struct rows *rows, struct lists *lists)
{
    struct catalog *c = NEW(struct catalog);

    atomic_init(&c->refs, 1);
    c->rows = rows;
    c->lists = lists;
    return c;
}

static struct lists *load_lists(const char *path, char **warning)
{
    struct error err = ERROR_INIT;
    struct lists *lists;
    enum error_code code = path ? lists_load(path, &lists, &err) : ERR_NOT_FOUND;

    if (code == ERR_NONE)
        return lists;
    if (code != ERR_NOT_FOUND)
        *warning = xstrdup(err.message);
    return lists_new();
}

enum error_code catalog_load(const char *const *paths, const char *lists, struct catalog **ret, char **warning,
                             struct error *err)
{
    struct rows *rows;
    enum error_code code = rows_load(paths, &rows, err);

    *warning = NULL;
    *ret = code == ERR_NONE ? catalog_new(rows, load_lists(lists, warning)) : NULL;
    return code;
}

struct catalog *catalog_with_list(const struct catalog *old, const char *section, struct listed *models, size_t n,
                                  int64_t fetched_us)
{
    atomic_fetch_add_explicit(&old->rows->refs, 1, memory_order_relaxed);
    return catalog_new(old->rows, lists_with(old->lists, section, models, n, fetched_us));
}

struct catalog *catalog_with_newest_lists(const struct catalog *loaded, const struct catalog *old)
{
    atomic_fetch_add_explicit(&loaded->rows->refs, 1, memory_order_relaxed);
    return catalog_new(loaded->rows, lists_newest(loaded->lists, old->lists));
}

enum error_code catalog_save_lists(const struct catalog *c, const char *path, struct error *err)
{
    return lists_save(c->lists, path, err);
}

struct catalog *catalog_ref(struct catalog *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

struct catalog *catalog_unref(struct catalog *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) > 1)
        return NULL;
    rows_unref(c->rows);
    lists_free(c->lists);
    free(c);
    return NULL;
}

/* -- looking things up -- */

size_t catalog_count(const struct catalog *c)
{
    return c->rows->n;
}

const struct model *catalog_at(const struct catalog *c, size_t i)
{
    return &c->rows->models[i];
}

const struct model *catalog_find(const struct catalog *c, const char *id, size_t len)
{
    const struct index_entry *e = index_find(c->rows->by_id, c->rows->n, "", id, len);

    return e ? e->value : NULL;
}

const struct model *catalog_named(const struct catalog *c, const char *kind, const char *name)
{
    const struct index_entry *e = index_find(c->rows->by_name, c->rows->n_names, kind, name, strlen(name));

    return e ? e->value : NULL;
}

const struct model *catalog_default(const struct catalog *c, const char *section, const char *kind)
{
    for (size_t i = 0; i < c->rows->n; i++)
        if (c->rows->models[i].is_default && model_name_for(&c->rows->models[i], section, kind))
            return &c->rows->models[i];
    return NULL;
}

const struct listed *catalog_list(const struct catalog *c, const char *section, size_t *n, int64_t *fetched_us)
{
    return lists_get(c->lists, section, n, fetched_us);
}

struct facts catalog_facts(const struct catalog *c, const char *section, const char *kind, const char *name)
{
    const struct model *own = catalog_named(c, section, name);
    const struct model *m = own ? own : catalog_named(c, kind, name);

    return (struct facts){m, lists_find(c->lists, section, name), own ? section : kind, name};
}
