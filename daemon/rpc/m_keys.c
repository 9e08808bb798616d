/* keys.test */
#include "daemon/engine/key_test.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/proto/codec.h"

static void put_tested(struct buf *b, const struct key_tested *k)
{
    bool good = k->err.code == ERR_NONE;
    mp_put_map(b, good ? 4 : 5);
    mp_put_entry(b, "provider", k->provider->name);
    mp_put_cstr(b, "ok");
    mp_put_bool(b, good);
    mp_put_cstr(b, "latency_ms");
    if (k->latency_ms >= 0)
        mp_put_int(b, k->latency_ms);
    else
        mp_put_nil(b);
    mp_put_entry(b, "source", k->source);
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
    if (o)
        mp_str(o, &name, &len);
    engine_test_keys(c->peer->server->engine, name, len, on_tested, later_new(c));
    return ERR_NONE;
}
