/* hello, config.reload, shutdown. */
#include "daemon/core/log.h"
#include "daemon/engine/warm.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/base/version.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is(const msgpack_object *o, const char *want)
{
    const char *s;
    size_t len;
    return mp_str(o, &s, &len) && len == strlen(want) && memcmp(s, want, len) == 0;
}

#define CLIENT_NAME_MAX 64

/* By it what was spent is told apart, so it is a name and not a text. */
static enum error_code read_client(const struct call *c, struct error *err)
{
    const char *s;
    size_t len, chars;
    const msgpack_object *o = mp_get(&c->params, "client");
    if (!o || !mp_str(o, &s, &len))
        return ERR_NONE;
    if (len == 0 || len > CLIENT_NAME_MAX || !utf8_is_line(s, len, &chars))
        return error_set_param(err, "client", "client must be one line of 1 to %d bytes", CLIENT_NAME_MAX);
    free(c->peer->client);
    c->peer->client = xstrndup(s, len);
    return ERR_NONE;
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
    enum error_code code = read_client(c, err);
    if (code == ERR_NONE)
        code = call_read_place(c, &c->peer->place, err);
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
    log_event(LOG_LEVEL_NOTICE, &(struct log_fields){.client = c->peer->client}, "config.reload asked for by uid %u",
              (unsigned)c->peer->uid);
    s->setup.reload(s->setup.data, on_reloaded, later_new(c));
    return ERR_NONE;
}

enum error_code m_shutdown(struct call *c, struct error *err)
{
    (void)err;
    struct server *s = c->peer->server;
    log_event(LOG_LEVEL_NOTICE, &(struct log_fields){.client = c->peer->client}, "shutdown asked for by uid %u",
              (unsigned)c->peer->uid);
    if (!c->notification) {
        struct buf *b = call_begin(c);
        mp_put_map(b, 0);
        call_end(c);
    }
    s->setup.shutdown(s->setup.data);
    return ERR_NONE;
}
