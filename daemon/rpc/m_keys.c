/* keys.test */
#include "daemon/engine/key_test.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/proto/codec.h"
#include <strings.h>

static void put_ms(struct buf *b, const char *key, int64_t us)
{
    mp_put_cstr(b, key);
    mp_put_double(b, (double)us / 1000);
}

static void put_wire(struct buf *b, const struct http_wire *w)
{
    if (w->http)
        mp_put_entry(b, "http", w->http);
    if (w->tls)
        mp_put_entry(b, "tls", w->tls);
    if (w->address[0])
        mp_put_entry(b, "address", w->address);
    if (w->connect_us >= 0)
        put_ms(b, "connect_ms", w->connect_us);
    if (w->handshake_us >= 0)
        put_ms(b, "tls_ms", w->handshake_us);
}

static uint32_t count_wire(const struct http_wire *w)
{
    return (w->http ? 1u : 0) + (w->tls ? 1 : 0) + (w->address[0] ? 1 : 0) + (w->connect_us >= 0 ? 1 : 0) +
           (w->handshake_us >= 0 ? 1 : 0);
}

static void put_tested(struct buf *b, const struct key_tested *k)
{
    bool good = k->err.code == ERR_NONE;
    mp_put_map(b, (good ? 5u : 6u) + k->dated + count_wire(&k->wire));
    mp_put_entry(b, "provider", k->provider->name);
    mp_put_cstr(b, "ok");
    mp_put_bool(b, good);
    mp_put_cstr(b, "latency_ms");
    if (k->latency_ms >= 0)
        mp_put_int(b, k->latency_ms);
    else
        mp_put_nil(b);
    mp_put_entry(b, "source", k->source);
    mp_put_entry(b, "scheme", strncasecmp(k->provider->base_url, "https:", 6) == 0 ? "https" : "http");
    put_wire(b, &k->wire);
    if (k->dated) {
        mp_put_cstr(b, "clock_ms");
        mp_put_double(b, (double)(k->ahead_us / 1000));
    }
    if (good)
        return;
    mp_put_cstr(b, "error");
    codec_put_error(b, &k->err, NULL, false);
}

static void on_tested(void *data, const struct key_tested *list, size_t n, const struct error *err)
{
    struct later *l = data;
    if (err) {
        later_fail(l, err);
        return;
    }
    struct buf *b = later_begin(l);
    if (b) {
        mp_put_array(b, (uint32_t)n);
        for (size_t i = 0; i < n; i++)
            put_tested(b, &list[i]);
    }
    later_end(l);
}

enum error_code m_keys_test(struct call *c, struct error *err)
{
    (void)err;
    const msgpack_object *o = mp_get(&c->params, "provider");
    const char *name = NULL;
    size_t len = 0;
    bool local = false;
    if (o)
        mp_str(o, &name, &len);
    o = mp_get(&c->params, "local");
    if (o)
        mp_bool(o, &local);
    engine_test_keys(c->peer->server->engine, name, len, local, on_tested, later_new(c));
    return ERR_NONE;
}
