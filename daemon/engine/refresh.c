#include "daemon/engine/refresh.h"
#include "daemon/catalog/lists.h"
#include "daemon/core/log.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/fetch.h"
#include "daemon/engine/route.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 64             /* of one list */
#define PUBLIC_LIST "openrouter" /* tells its list without a key, and prices with it */

/* One provider's list. */
struct reading {
    struct refresh *owner;
    struct provider *provider;
    struct key_use key;
    struct key_wait *key_wait;
    struct discover_search *search; /* a local server is trusted only once that has found it */
    struct fetch *fetch;
    unsigned pages;
    struct listed *models; /* owned */
    size_t n;
    bool cut; /* there is more than is taken */
    struct error error;
};

struct refresh {
    struct engine *engine;       /* NULL once that is closed */
    struct providers *providers; /* references: what the readings point into */
    struct providers *extra;
    bool named; /* one provider was asked for by its name */
    struct reading *readings;
    size_t n, left; /* left: those that are not over, and one more until all have begun */
    uv_work_t save;
    struct catalog *saving; /* reference */
    char *path;
    struct error save_error;
    refresh_done *done;
    void *data;
};

static void ask_page(struct reading *r, const char *page);

/* -- the end -- */

static void reading_done(struct reading *r)
{
    key_use_done(&r->key);
    for (size_t i = 0; r->models && i < r->n; i++)
        listed_done(&r->models[i]);
    free(r->models);
}

static void refresh_free(struct refresh *f)
{
    for (size_t i = 0; i < f->n; i++)
        reading_done(&f->readings[i]);
    free(f->readings);
    providers_unref(f->providers);
    providers_unref(f->extra);
    catalog_unref(f->saving);
    free(f->path);
    free(f);
}

/* A local server that is not there is nothing to tell of where nobody asked for it. */
static bool is_told(const struct refresh *f, const struct reading *r)
{
    return f->named || !r->provider->local || r->error.code == ERR_NONE;
}

static void tell(struct refresh *f)
{
    struct refreshed *list = xcalloc(f->n, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct reading *r = &f->readings[i];
        if (is_told(f, r))
            list[n++] =
                (struct refreshed){.provider = r->provider->name, .models = r->n, .cut = r->cut, .error = r->error};
    }
    f->done(f->data, list, n, NULL);
    free(list);
}

static void save(uv_work_t *work)
{
    struct refresh *f = work->data;
    catalog_save_lists(f->saving, f->path, &f->save_error);
}

static void on_saved(uv_work_t *work, int status)
{
    struct refresh *f = work->data;
    struct engine *e = f->engine;
    (void)status; /* nobody cancels it */
    if (f->save_error.code != ERR_NONE)
        log_warn("the lists of models hold until the daemon ends: %s", f->save_error.message);
    if (e) {
        e->refresh = NULL;
        tell(f);
    }
    refresh_free(f);
}

/* What was read takes its place in the catalogue that holds now, which a reload may have changed meanwhile. */
static void keep(struct refresh *f)
{
    struct engine *e = f->engine;
    int64_t now = clock_wall_us();
    for (size_t i = 0; i < f->n; i++) {
        struct reading *r = &f->readings[i];
        if (r->error.code != ERR_NONE)
            continue;
        struct catalog *old = e->catalog;
        e->catalog = catalog_with_list(old, r->provider->name, r->models, r->n, now);
        catalog_unref(old);
        r->models = NULL; /* n is told yet */
    }
}

static void one_over(struct refresh *f)
{
    if (--f->left > 0)
        return;
    keep(f);
    f->saving = catalog_ref(f->engine->catalog);
    f->save.data = f;
    uv_queue_work(f->engine->loop, &f->save, save, on_saved);
}

static void conclude(struct reading *r, const struct error *err)
{
    struct refresh *f = r->owner;
    if (err)
        r->error = *err;
    one_over(f);
}

/* -- one list -- */

static char *copy(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

static void on_model(void *data, const struct listed *l)
{
    struct reading *r = data;
    if (r->n == LIST_MODELS_MAX) {
        r->cut = true;
        return;
    }
    r->models = xrealloc(r->models, (r->n + 1) * sizeof *r->models);
    struct listed *to = &r->models[r->n++];
    *to = *l;
    to->id = copy(l->id);
    to->title = copy(l->title);
    to->prices = l->n_prices ? xcalloc(l->n_prices, sizeof *to->prices) : NULL;
    for (size_t i = 0; i < l->n_prices; i++)
        price_copy(&to->prices[i], &l->prices[i]);
}

static void finish_list(struct reading *r, bool more)
{
    r->cut = r->cut || more;
    if (r->cut)
        log_event(LOG_LEVEL_WARN, &(struct log_fields){.provider = r->provider->name},
                  "%s has a longer list of models than %d of them on %d pages: the rest is left out", r->provider->name,
                  LIST_MODELS_MAX, PAGES_MAX);
    conclude(r, NULL);
}

static void on_page(void *data, const struct fetch_reply *reply, const struct error *why)
{
    struct reading *r = data;
    struct error err = ERROR_INIT;
    char *next = NULL;
    r->fetch = NULL;
    if (!reply) {
        conclude(r, why);
        return;
    }
    if (fetch_read_models(r->provider, &r->key, reply, on_model, r, &next, &err) != ERR_NONE)
        conclude(r, &err);
    else if (next && r->pages < PAGES_MAX && r->n < LIST_MODELS_MAX)
        ask_page(r, next);
    else
        finish_list(r, next != NULL);
    free(next);
}

static void ask_page(struct reading *r, const char *page)
{
    struct engine *e = r->owner->engine;
    struct error err = ERROR_INIT;
    r->pages++;
    r->fetch = fetch_models(e->loop, e->pool, r->provider, &r->key, page, on_page, r, &err);
    if (!r->fetch)
        conclude(r, &err);
}

static void begin(struct reading *r);

static void on_key(void *data, const struct error *err)
{
    struct reading *r = data;
    r->key_wait = NULL;
    if (err)
        conclude(r, err);
    else
        begin(r);
}

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct reading *r = data;
    (void)model;
    r->search = NULL;
    if (p)
        ask_page(r, NULL);
    else
        conclude(r, err);
}

static bool is_public(const struct provider *p)
{
    return strcmp(p->name, PUBLIC_LIST) == 0;
}

static void begin(struct reading *r)
{
    struct engine *e = r->owner->engine;
    struct provider *p = r->provider;
    struct error err = ERROR_INIT;
    if (!p->local && !provider_ready(p) && !is_public(p)) {
        route_no_key(p, &err);
        conclude(r, &err);
        return;
    }
    if (!keys_now(p->keys, &r->key))
        r->key_wait = keys_wait(e->keys, p->keys, on_key, r);
    else if (p->local)
        r->search = discover_start(e->discovery, p->owner, p->name, strlen(p->name), on_found, r);
    else
        ask_page(r, NULL);
}

/* -- all of them -- */

static bool is_wanted(const struct provider *p, const char *only)
{
    if (only)
        return strcmp(p->name, only) == 0;
    return provider_ready(p) || p->local || is_public(p);
}

static void add(struct refresh *f, struct provider *p)
{
    f->readings = xrealloc(f->readings, (f->n + 1) * sizeof *f->readings);
    f->readings[f->n++] = (struct reading){.owner = f, .provider = p, .error = ERROR_INIT};
}

static void add_wanted(struct refresh *f, const char *only)
{
    for (size_t i = 0; i < providers_count(f->providers); i++)
        if (is_wanted(providers_at(f->providers, i), only))
            add(f, providers_at(f->providers, i));
    if (providers_find(f->providers, PUBLIC_LIST, strlen(PUBLIC_LIST)) || (only && strcmp(only, PUBLIC_LIST) != 0))
        return;
    f->extra = providers_keyless(PUBLIC_LIST);
    add(f, providers_at(f->extra, 0));
}

enum error_code refresh_start(struct engine *e, const char *provider, refresh_done *done, void *data, struct error *err)
{
    if (e->refresh || e->draining)
        return error_set(err, ERR_OVERLOADED, "%s",
                         e->draining ? "the daemon is ending" : "the lists of models are being asked for already");
    struct refresh *f = NEW(struct refresh);
    *f = (struct refresh){.engine = e,
                          .providers = providers_ref(e->providers),
                          .named = provider != NULL,
                          .path = xstrdup(e->lists_path),
                          .done = done,
                          .data = data};
    add_wanted(f, provider);
    if (f->n == 0) {
        refresh_free(f);
        error_set_param(err, "provider", "there is no provider %.100s; askctl status lists all", provider);
        return err->code = ERR_NOT_FOUND;
    }
    e->refresh = f;
    f->left = f->n + 1;
    for (size_t i = 0; i < f->n; i++)
        begin(&f->readings[i]);
    one_over(f);
    return ERR_NONE;
}

static void stop(struct reading *r)
{
    key_wait_cancel(r->key_wait);
    if (r->search)
        discover_cancel(r->search);
    r->fetch = fetch_cancel(r->fetch);
}

void refresh_close(struct engine *e)
{
    struct refresh *f = e->refresh;
    struct error err = ERROR_INIT;
    if (!f)
        return;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    f->done(f->data, NULL, 0, &err);
    e->refresh = NULL;
    f->engine = NULL;
    if (f->saving)
        return; /* the worker has it */
    for (size_t i = 0; i < f->n; i++)
        stop(&f->readings[i]);
    refresh_free(f);
}
