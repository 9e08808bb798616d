#include "daemon/rpc/held.h"
#include "daemon/prompt/library.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <stdlib.h>

struct held {
    struct server *server;  /* closes after the library, which tells all who wait */
    TAILQ_ENTRY(held) link; /* in server.held */
    struct later *later;    /* NULL once it was cancelled, and told so */
    uint64_t msgid;
    held_handler *handle;
    const struct method *method;
    struct buf bytes;        /* of the parameters */
    msgpack_unpacked params; /* views into them */
};

static void held_free(struct held *h)
{
    TAILQ_REMOVE(&h->server->held, h, link);
    h->server->held_bytes -= h->bytes.len;
    msgpack_unpacked_destroy(&h->params);
    buf_done(&h->bytes);
    free(h);
}

static void go_on(struct held *h, const struct prompt_set *set, const struct error *why)
{
    struct call c = {.peer = later_peer(h->later), .msgid = h->msgid};
    struct error err = ERROR_INIT;
    enum error_code code = ERR_NONE;
    if (!set)
        err = *why, code = why->code;
    else if (c.peer && mp_map(&h->params.data, &c.params))
        code = h->handle(&c, set, h->method, &err);
    if (code != ERR_NONE)
        later_fail(h->later, &err);
    else
        later_free(h->later);
}

static void on_ready(void *data, const struct prompt_set *set, const struct error *why)
{
    struct held *h = data;
    if (h->later)
        go_on(h, set, why);
    held_free(h);
}

static enum error_code copy_params(struct held *h, const struct call *c, struct error *err)
{
    const msgpack_object params = {.type = MSGPACK_OBJECT_MAP, .via.map = c->params};
    size_t at = 0;
    buf_init(&h->bytes, HELD_MAX - h->server->held_bytes);
    mp_put_object(&h->bytes, &params);
    if (h->bytes.failed ||
        msgpack_unpack_next(&h->params, (const char *)h->bytes.data, h->bytes.len, &at) != MSGPACK_UNPACK_SUCCESS) {
        buf_done(&h->bytes);
        return error_set(err, ERR_OVERLOADED, "calls that wait for the prompt library hold over %zu MiB: try again",
                         HELD_MAX >> 20);
    }
    h->server->held_bytes += h->bytes.len;
    return ERR_NONE;
}

enum error_code held_call(const struct call *c, held_handler *handle, const struct method *m, struct error *err)
{
    enum error_code code = call_may_wait(c, err);
    if (code != ERR_NONE)
        return code;
    struct held *h = NEW(struct held);
    *h = (struct held){.server = c->peer->server, .msgid = c->msgid, .handle = handle, .method = m};
    TAILQ_INSERT_TAIL(&h->server->held, h, link);
    msgpack_unpacked_init(&h->params);
    code = copy_params(h, c, err);
    if (code == ERR_NONE) {
        h->later = later_new(c);
        library_use(h->server->setup.prompts, on_ready, h);
    } else {
        held_free(h);
    }
    return code;
}

void held_cancel(const struct peer *p, uint64_t msgid)
{
    struct error err = ERROR_INIT;
    struct held *h;
    TAILQ_FOREACH (h, &p->server->held, link)
        if (h->later && h->msgid == msgid && later_peer(h->later) == p) {
            struct later *later = h->later;
            h->later = NULL;
            error_set(&err, ERR_CANCELLED, "cancelled before it was asked");
            later_fail(later, &err);
            return;
        }
}
