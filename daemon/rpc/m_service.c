/* hello, status, config.reload, shutdown. */
#include "daemon/core/log.h"
#include "daemon/engine/warm.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "daemon/store/store.h"
#include "lib/base/clock.h"
#include "lib/base/version.h"
#include "lib/proto/codec.h"
#include <string.h>
#include <unistd.h>

static bool is(const msgpack_object *o, const char *want)
{
    const char *s;
    size_t len;
    return mp_str(o, &s, &len) && len == strlen(want) && memcmp(s, want, len) == 0;
}

enum error_code m_hello(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    int64_t protocol;
    const msgpack_object *o = mp_get(&c->params, "protocol");
    if (o && mp_int(o, &protocol) && protocol != 1)
        return error_set_param(err, "protocol", "this daemon speaks protocol 1, not %lld", (long long)protocol);
    if ((o = mp_get(&c->params, "errors"))) {
        if (!is(o, "map") && !is(o, "text"))
            return error_set_param(err, "errors", "errors must be \"map\" or \"text\"");
        c->peer->errors_as_text = is(o, "text");
    }
    enum error_code code = codec_context(&c->params, &c->peer->directory, &c->peer->terminal, err);
    if (code != ERR_NONE)
        return code;
    struct buf *b = call_begin(c);
    mp_put_map(b, 6);
    mp_put_entry(b, "server", PACKAGE_NAME);
    mp_put_entry(b, "version", askd_version);
    mp_put_entry_int(b, "protocol", 1);
    mp_put_cstr(b, "methods");
    buf_append(b, s->method_names.data, s->method_names.len);
    mp_put_entry_int(b, "uid", c->peer->uid);
    mp_put_cstr(b, "autostarted");
    mp_put_bool(b, s->setup.autostarted);
    call_end(c);
    engine_warm(s->engine);
    return ERR_NONE;
}

static const char *state_of(const struct provider *p)
{
    return provider_ready(p) ? "ready" : p->local ? "local" : "no_key";
}

static void put_provider(struct buf *b, const struct provider *p, const struct http_host_stats *host)
{
    mp_put_map(b, 8);
    mp_put_entry(b, "name", p->name);
    mp_put_entry_int(b, "connections", p->active);
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
        put_provider(b, p, &host);
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

enum error_code m_status(struct call *c, struct error *err)
{
    (void)err;
    struct server *s = c->peer->server;
    struct answer_table *t = engine_table(s->engine);
    struct buf *b = call_begin(c);
    mp_put_map(b, 12);
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
    mp_put_cstr(b, "http");
    put_http(b, s->engine);
    mp_put_entry_uint(b, "requests", s->requests);
    call_end(c);
    return ERR_NONE;
}

static void put_names(struct buf *b, const char *key, char *const *names)
{
    uint32_t n = 0;
    while (names[n])
        n++;
    mp_put_cstr(b, key);
    mp_put_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        mp_put_cstr(b, names[i]);
}

static void on_reloaded(void *arg, const struct error *err, char *const *changed, char *const *restart)
{
    struct later *l = arg;
    if (err) {
        later_fail(l, err);
        return;
    }
    struct buf *b = later_begin(l);
    if (b) {
        mp_put_map(b, 2);
        put_names(b, "changed", changed);
        put_names(b, "restart", restart);
    }
    later_end(l);
}

enum error_code m_reload(struct call *c, struct error *err)
{
    (void)err;
    struct server *s = c->peer->server;
    log_notice("config.reload asked for by uid %u", (unsigned)c->peer->uid);
    s->setup.reload(s->setup.data, on_reloaded, later_new(c));
    return ERR_NONE;
}

enum error_code m_shutdown(struct call *c, struct error *err)
{
    (void)err;
    struct server *s = c->peer->server;
    log_notice("shutdown asked for by uid %u", (unsigned)c->peer->uid);
    if (!c->notification) {
        struct buf *b = call_begin(c);
        mp_put_map(b, 0);
        call_end(c);
    }
    s->setup.shutdown(s->setup.data);
    return ERR_NONE;
}
