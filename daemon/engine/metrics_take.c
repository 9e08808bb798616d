#include "daemon/core/log.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/metrics.h"
#include "lib/base/alloc.h"
#include "lib/base/version.h"
#include <stdlib.h>
#include <string.h>

static void count_tripped(void *data, const struct health_item *item)
{
    struct metrics_snapshot *s = data;
    for (size_t i = 0; item->breaker != BREAKER_CLOSED && i < s->n_providers; i++)
        if (strcmp(s->providers[i].name, item->provider) == 0)
            s->providers[i].tripped++;
}

static void take_providers(const struct engine *e, struct metrics_snapshot *s)
{
    s->n_providers = providers_count(e->providers);
    s->providers = xcalloc(s->n_providers + 1, sizeof *s->providers);
    for (size_t i = 0; i < s->n_providers; i++) {
        s->providers[i].name = providers_at(e->providers, i)->name;
        gate_report(gate_of(e->gates, s->providers[i].name), &s->providers[i].gate);
    }
    health_each(e->health, count_tripped, s);
}

static void take_breakers(const struct engine *e, struct metrics_snapshot *s)
{
    const struct meter *m = &e->meter;
    s->breakers = xcalloc(m->n + 1, sizeof *s->breakers);
    for (size_t i = 0; i < m->n; i++)
        s->breakers[i] = health_breaker(e->health, m->models[i].provider, m->models[i].model);
}

void metrics_take(const struct engine *e, struct metrics_snapshot *ret)
{
    *ret = (struct metrics_snapshot){.version = askd_version,
                                     .log_lost = (double)log_lost(),
                                     .running = answer_table_running(e->table),
                                     .retained = answer_table_retained(e->table),
                                     .answer_bytes = (double)log_pool_bytes(answer_table_pool(e->table)),
                                     .unstored = engine_unstored(e),
                                     .meter = &e->meter};
    cache_get_stats(e->cache, &ret->cache);
    store_status(e->store, &ret->store);
    http_pool_stats(e->pool, &ret->http);
    process_look(&ret->process);
    take_providers(e, ret);
    take_breakers(e, ret);
}

void metrics_done(struct metrics_snapshot *s)
{
    free(s->providers);
    free(s->breakers);
    *s = (struct metrics_snapshot){0};
}
