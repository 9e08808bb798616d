/* metrics.get */
#include "daemon/engine/metrics.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "lib/proto/mp.h"

#define TEXT_MAX (4u << 20) /* bytes: what METER_MODELS_MAX models and as many providers come to is far below */

enum error_code m_metrics_get(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    struct metrics_snapshot snapshot;
    struct buf text;
    metrics_take(s->engine, &snapshot);
    snapshot.connections = s->n_peers;
    snapshot.messages = (double)s->requests;
    buf_init(&text, TEXT_MAX);
    metrics_put(&text, &snapshot);
    metrics_done(&snapshot);
    enum error_code code = text.failed ? error_set(err, ERR_TOO_LARGE, "the metrics are over %u bytes", TEXT_MAX)
                                       : server_may_send(s, c->peer, text.len, err);
    if (code == ERR_NONE) {
        struct buf *b = call_begin(c);
        mp_put_map(b, 1);
        mp_put_cstr(b, "text");
        mp_put_str(b, (const char *)text.data, text.len);
        call_end(c);
    }
    buf_done(&text);
    return code;
}
