#include "daemon/engine/meter.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

#define OTHER "other"

static const double first_bounds[] = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
static const double total_bounds[] = {0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};
static const double commit_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5};
#define HISTOGRAM(bounds)                                                                                              \
    {                                                                                                                  \
        (bounds), sizeof(bounds) / sizeof((bounds)[0]), {0}, 0                                                         \
    }
_Static_assert(sizeof total_bounds / sizeof total_bounds[0] <= METER_STEPS, "METER_STEPS");
_Static_assert(sizeof first_bounds / sizeof first_bounds[0] <= METER_STEPS, "METER_STEPS");
_Static_assert(sizeof commit_bounds / sizeof commit_bounds[0] <= METER_STEPS, "METER_STEPS");

void histogram_add(struct histogram *h, double seconds)
{
    size_t i = 0;
    if (!(seconds >= 0)) /* not known */
        return;
    while (i < h->n && seconds > h->bounds[i])
        i++;
    h->counts[i]++;
    h->sum += seconds;
}

void meter_init(struct meter *m)
{
    *m = (struct meter){.started_us = clock_wall_us(), .commit = HISTOGRAM(commit_bounds)};
}

void meter_done(struct meter *m)
{
    free(m->models);
    *m = (struct meter){0};
}

static struct meter_model *find(struct meter *m, const char *provider, const char *model)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->models[i].model, model) == 0 && strcmp(m->models[i].provider, provider) == 0)
            return &m->models[i];
    return NULL;
}

static struct meter_model *add(struct meter *m, const char *provider, const char *model)
{
    struct meter_model new = {.first = HISTOGRAM(first_bounds), .total = HISTOGRAM(total_bounds)};
    memcpy(new.provider, provider, strlen(provider) + 1);
    memcpy(new.model, model, strlen(model) + 1);
    m->models = grow_one(m->models, m->n, sizeof *m->models);
    m->models[m->n] = new;
    return &m->models[m->n++];
}

/* Never NULL. A name that is cut stands for all that begin like it. */
static struct meter_model *model_of(struct meter *m, const char *provider, const char *model)
{
    char at[sizeof m->models->provider], name[sizeof m->models->model];
    error_text(at, sizeof at, provider, strlen(provider));
    error_text(name, sizeof name, model, strlen(model));
    struct meter_model *it = find(m, at, name);
    if (!it && m->n >= METER_MODELS_MAX)
        it = find(m, OTHER, OTHER);
    return it ? it : m->n >= METER_MODELS_MAX ? add(m, OTHER, OTHER) : add(m, at, name);
}

static void add_count(uint64_t *to, int64_t n)
{
    if (n > 0)
        *to += (uint64_t)n;
}

static void add_tokens(struct meter_tokens *to, const struct usage *u)
{
    add_count(&to->input, u->input_tokens);
    add_count(&to->cached_input, u->cached_input_tokens);
    add_count(&to->cache_write, u->cache_write_tokens);
    add_count(&to->output, u->output_tokens);
    add_count(&to->reasoning, u->reasoning_tokens);
}

static void add_cost(struct meter_model *it, const char *currency, int64_t nano)
{
    size_t i = 0;
    if (nano < 0 || !currency[0])
        return;
    while (i < it->n_costs && strcmp(it->costs[i].currency, currency) != 0)
        i++;
    if (i == METER_CURRENCIES)
        return;
    if (i == it->n_costs)
        error_text(it->costs[it->n_costs++].currency, sizeof it->costs[i].currency, currency, strlen(currency));
    it->costs[i].nano += nano;
}

void meter_add(struct meter *m, const struct ledger_row *row)
{
    if (row->how != LEDGER_FRESH || row->outcome == LEDGER_RUNNING || !row->provider || !row->provider[0])
        return;
    struct meter_model *it = model_of(m, row->provider, row->model ? row->model : "");
    it->outcomes[row->outcome]++;
    add_count(&it->requests, row->requests);
    add_tokens(&it->tokens, &row->usage);
    add_cost(it, row->currency, row->cost_nano);
    histogram_add(&it->first, row->first_ms / 1000);
    if (row->outcome == LEDGER_DONE)
        histogram_add(&it->total, row->total_ms / 1000);
}

void meter_retry(struct meter *m, const char *provider, const char *model)
{
    model_of(m, provider, model)->retries++;
}

void meter_end(struct meter *m, enum log_state state)
{
    m->answers[state]++;
}

void meter_commit(struct meter *m, double ms)
{
    histogram_add(&m->commit, ms / 1000);
}
