/* status: from memory alone. */
#include "daemon/engine/gate.h"
#include "daemon/engine/health.h"
#include "daemon/key/key.h"
#include "daemon/ledger/today.h"
#include "daemon/rpc/budget_map.h"
#include "daemon/rpc/cache_map.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "daemon/store/store.h"
#include "lib/base/clock.h"
#include "lib/base/version.h"
#include "lib/proto/mp.h"
#include <string.h>
#include <unistd.h>

static const char *state_of(const struct provider *p)
{
    return provider_ready(p) ? "ready" : p->local ? "local" : "no_key";
}

/* -- limits and breakers -- */

struct rows {
    struct buf *b;
    const char *provider;
    uint32_t n;
    bool counting;
};

static void put_limit(void *data, const char *model, const struct limit *limit)
{
    struct rows *r = data;
    r->n++;
    if (r->counting)
        return;
    struct buf *b = r->b;
    mp_put_map(b, 2u + (limit->limit >= 0) + (limit->remaining >= 0) + (limit->reset_us >= 0));
    mp_put_entry(b, "model", model);
    mp_put_entry(b, "kind", limit_kind_name(limit->kind));
    if (limit->limit >= 0)
        mp_put_entry_int(b, "limit", limit->limit);
    if (limit->remaining >= 0)
        mp_put_entry_int(b, "remaining", limit->remaining);
    if (limit->reset_us >= 0)
        mp_put_entry_time(b, "reset", limit->reset_us);
}

static void put_limits(struct buf *b, const struct gate *g)
{
    struct rows count = {.counting = true}, rows = {.b = b};
    gate_each_limit(g, put_limit, &count);
    mp_put_cstr(b, "rate_limit");
    mp_put_array(b, count.n);
    gate_each_limit(g, put_limit, &rows);
}

static void put_model(void *data, const struct health_item *item)
{
    struct rows *r = data;
    if (strcmp(item->provider, r->provider) != 0)
        return;
    r->n++;
    if (r->counting)
        return;
    struct buf *b = r->b;
    bool open = item->breaker != BREAKER_CLOSED;
    mp_put_map(b, 2u + open + (item->first_ms >= 0));
    mp_put_entry(b, "model", item->model);
    mp_put_entry(b, "breaker", breaker_state_name(item->breaker));
    if (open)
        mp_put_entry_time(b, "retry_in", item->wait_us);
    if (item->first_ms >= 0) {
        mp_put_cstr(b, "first_token_ms");
        mp_put_double(b, item->first_ms);
    }
}

static void put_models(struct buf *b, const struct health *h, const char *provider)
{
    struct rows count = {.provider = provider, .counting = true}, rows = {.b = b, .provider = provider};
    health_each(h, put_model, &count);
    mp_put_cstr(b, "models");
    mp_put_array(b, count.n);
    health_each(h, put_model, &rows);
}

/* -- providers -- */

static void put_provider(struct buf *b, const struct engine *e, const struct provider *p,
                         const struct http_host_stats *host)
{
    const struct gate *g = engine_gate(e, p->name);
    struct gate_report gate;
    gate_report(g, &gate);
    mp_put_map(b, 11);
    mp_put_entry(b, "name", p->name);
    mp_put_entry_int(b, "connections", gate.active);
    mp_put_entry_int(b, "waiting", gate.waiting);
    put_limits(b, g);
    put_models(b, engine_health(e), p->name);
    mp_put_entry(b, "state", state_of(p));
    mp_put_cstr(b, "latency_ms");
    if (p->latency_ms >= 0)
        mp_put_int(b, p->latency_ms);
    else
        mp_put_nil(b);
    mp_put_entry(b, "key_source", keys_source(p->keys));
    mp_put_entry(b, "protocol", host->protocol);
    mp_put_entry_uint(b, "opened", host->opened);
    mp_put_entry_uint(b, "reused", host->reused);
}

static void put_providers(struct buf *b, const struct engine *e)
{
    struct providers *ps = engine_providers(e);
    mp_put_array(b, (uint32_t)providers_count(ps));
    for (size_t i = 0; i < providers_count(ps); i++) {
        const struct provider *p = providers_at(ps, i);
        struct http_host_stats host;
        engine_provider_stats(e, p, &host);
        put_provider(b, e, p, &host);
    }
}

static void put_http(struct buf *b, const struct engine *e)
{
    struct http_stats st;
    engine_stats(e, &st);
    mp_put_map(b, 9);
    mp_put_entry_int(b, "active", st.active);
    mp_put_entry_uint(b, "started", st.started);
    mp_put_entry_uint(b, "opened", st.opened);
    mp_put_entry_uint(b, "reused", st.reused);
    mp_put_entry_uint(b, "warmed", st.warmed);
    mp_put_entry_uint(b, "handshakes", st.handshakes);
    mp_put_entry_uint(b, "resumed", st.resumed);
    mp_put_entry_uint(b, "http1", st.http1);
    mp_put_entry_uint(b, "http2", st.http2);
}

static void put_store(struct buf *b, const struct engine *e)
{
    struct store_status st;
    store_status(engine_store(e), &st);
    mp_put_map(b, st.error ? 8 : 7);
    mp_put_entry(b, "backend", st.backend);
    mp_put_entry(b, "state", st.state);
    if (st.error) {
        mp_put_entry(b, "error", st.error);
    }
    mp_put_entry_uint(b, "writes", st.writes);
    mp_put_entry_uint(b, "failed", st.failed);
    mp_put_entry_uint(b, "reads", st.reads);
    mp_put_entry_uint(b, "unstored", engine_unstored(e));
    mp_put_entry_uint(b, "waiting", st.waiting);
}

static void put_cache(struct buf *b, const struct engine *e)
{
    struct cache_stats st;
    cache_get_stats(engine_cache(e), &st);
    cache_map_put_stats(b, &st, true);
}

/* -- today -- */

static void put_today(struct buf *b, const struct call *c)
{
    const struct server *s = c->peer->server;
    const struct today_figures *f = engine_today(s->engine, server_scope(s, c->peer));
    mp_put_map(b, 9);
    mp_put_entry_int(b, "requests", f->requests);
    mp_put_entry_int(b, "answers", f->answers);
    mp_put_entry_int(b, "cache_hits", f->cache_hits);
    mp_put_entry_int(b, "shared", f->shared);
    mp_put_entry_int(b, "input_tokens", f->input_tokens);
    mp_put_entry_int(b, "output_tokens", f->output_tokens);
    mp_put_entry_nano(b, "premium_requests", f->premium_nano);
    mp_put_cstr(b, "cost");
    mp_put_array(b, (uint32_t)f->n_sums);
    for (size_t i = 0; i < f->n_sums; i++) {
        mp_put_map(b, 5);
        mp_put_entry(b, "currency", f->sums[i].currency);
        mp_put_entry_nano(b, "cost", f->sums[i].cost_nano);
        mp_put_entry_int(b, "cost_nano", f->sums[i].cost_nano);
        mp_put_entry_nano(b, "saved", f->sums[i].saved_nano);
        mp_put_entry_int(b, "saved_nano", f->sums[i].saved_nano);
    }
    mp_put_cstr(b, "budgets");
    budget_map_put_near(b, c->peer);
}

enum error_code m_status(struct call *c, struct error *err)
{
    (void)err;
    struct server *s = c->peer->server;
    struct answer_table *t = engine_table(s->engine);
    struct buf *b = call_begin(c);
    mp_put_map(b, 14);
    mp_put_entry(b, "version", askd_version);
    mp_put_entry_int(b, "pid", getpid());
    mp_put_cstr(b, "uptime");
    mp_put_double(b, (double)((clock_mono_us() - s->started_us) / 1000) / 1000);
    mp_put_entry_int(b, "connections", s->n_peers);
    mp_put_entry_int(b, "answers", answer_table_running(t));
    mp_put_entry_int(b, "retained", answer_table_retained(t));
    mp_put_entry_uint(b, "answer_bytes", log_pool_bytes(answer_table_pool(t)));
    mp_put_cstr(b, "default_model");
    char name[ENGINE_MODEL_MAX];
    engine_default_model(s->engine, name);
    mp_put_cstr(b, name);
    mp_put_cstr(b, "providers");
    put_providers(b, s->engine);
    mp_put_cstr(b, "store");
    put_store(b, s->engine);
    mp_put_cstr(b, "cache");
    put_cache(b, s->engine);
    mp_put_cstr(b, "today");
    put_today(b, c);
    mp_put_cstr(b, "http");
    put_http(b, s->engine);
    mp_put_entry_uint(b, "requests", s->requests);
    call_end(c);
    return ERR_NONE;
}
