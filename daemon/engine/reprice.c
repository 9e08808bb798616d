#include "daemon/engine/reprice.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/spend.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

struct section { /* a provider */
    char *name, *kind;
};

struct reprice {
    struct catalog *catalog;  /* reference */
    struct section *sections; /* owned */
    size_t n;
};

struct reprice *reprice_new(const struct engine *e)
{
    struct reprice *r = NEW(struct reprice);
    r->catalog = catalog_ref(e->catalog);
    r->n = providers_count(e->providers);
    r->sections = xcalloc(r->n + 1, sizeof *r->sections);
    for (size_t i = 0; i < r->n; i++) {
        const struct provider *p = providers_at(e->providers, i);
        r->sections[i] = (struct section){xstrdup(p->name), xstrdup(p->kind)};
    }
    return r;
}

struct reprice *reprice_free(struct reprice *r)
{
    if (!r)
        return NULL;
    for (size_t i = 0; i < r->n; i++) {
        free(r->sections[i].name);
        free(r->sections[i].kind);
    }
    free(r->sections);
    catalog_unref(r->catalog);
    free(r);
    return NULL;
}

/* One that is not configured any more is taken to be what its section was called. */
static const char *kind_of(const struct reprice *r, const char *section)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->sections[i].name, section) == 0)
            return r->sections[i].kind;
    return section;
}

bool reprice_row(void *data, const struct ledger_row *row, int64_t *nano, char currency[8], char **price)
{
    const struct reprice *r = data;
    if (row->how != LEDGER_FRESH || row->requests == 0 || !row->provider || !row->model || !usage_known(&row->usage))
        return false;
    const struct facts f = catalog_facts(r->catalog, row->provider, kind_of(r, row->provider), row->model);
    return spend_by(facts_price(&f, row->at_us, row->usage.input_tokens), &row->usage, nano, currency, price);
}
