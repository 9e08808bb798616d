/* compare: one question to several models at once. Each arm is an answer of its own, with its own log, events and
 * cancel; the reply waits for all of them. */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "lib/base/alloc.h"
#include "lib/base/id.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct comparison {
    struct peer *peer; /* outlives it: its end is told by the streams */
    uint64_t msgid;
    struct answer **arms; /* owned, with a reference each; in the order of the models */
    size_t n, running;    /* running: arms whose end was not told, and one more while they are being opened */
    bool gone;            /* its peer is */
};

static void comparison_free(struct comparison *m)
{
    for (size_t i = 0; i < m->n; i++)
        answer_unref(m->arms[i]);
    free(m->arms);
    free(m);
}

static void reply(struct comparison *m)
{
    struct peer *p = m->peer;
    struct call c = {.peer = p, .msgid = m->msgid};
    struct error err = ERROR_INIT;
    size_t size = 0;
    for (size_t i = 0; i < m->n; i++)
        size += log_bytes(answer_log(m->arms[i]));
    if (server_may_send(p->server, p, size, &err) != ERR_NONE) {
        dispatch_error(p, m->msgid, &err, NULL);
        return;
    }
    struct buf *b = call_begin(&c);
    mp_put_map(b, 1);
    mp_put_cstr(b, "answers");
    mp_put_array(b, (uint32_t)m->n);
    for (size_t i = 0; i < m->n; i++)
        stream_put_answer(p, b, m->arms[i]);
    call_end(&c);
}

static void on_ended(void *data, bool gone)
{
    struct comparison *m = data;
    m->gone |= gone;
    if (--m->running > 0)
        return;
    if (!m->gone)
        reply(m);
    comparison_free(m);
}

/* -- its start -- */

static enum error_code read_models(const struct call *c, msgpack_object_array *models, struct error *err)
{
    int64_t max = c->peer->server->setup.opt.max_compare;
    const char *s;
    size_t len;
    if (!mp_array(mp_get(&c->params, "models"), models) || models->size == 0)
        return error_set_param(err, "models", "models must be an array of at least one model");
    if (models->size > (uint64_t)max)
        return error_set_param(err, "models", "%u models are more than max_compare (%lld)", (unsigned)models->size,
                               (long long)max);
    for (uint32_t i = 0; i < models->size; i++)
        if (!mp_str(&models->ptr[i], &s, &len) || len == 0)
            return error_set_param(err, "models", "models[%u] is no name", (unsigned)i);
    return ERR_NONE;
}

static void share(struct engine_question *q, const struct chat_request *req)
{
    id_new(q->conversation);
    q->n = req->n_messages;
    q->ids = xcalloc(q->n, sizeof *q->ids);
    for (size_t i = 0; i < q->n; i++)
        id_new(q->ids[i]);
}

/* One arm. Only what is wrong with the whole question is an error; *why: why this arm alone could not begin. */
static enum error_code start_arm(struct call *c, const msgpack_object_array *models, uint32_t at,
                                 struct engine_question *q, struct answer **ret, struct error *why, struct error *err)
{
    struct server *s = c->peer->server;
    struct chat_request *req;
    const char *name;
    size_t len;
    enum error_code code = codec_chat_request(&c->params, &req, err);
    if (code != ERR_NONE)
        return code;
    mp_str(&models->ptr[at], &name, &len);
    free(req->model);
    req->model = xstrndup(name, len);
    call_add_context(c, req);
    if (!q->ids)
        share(q, req);
    char *told = xstrdup(req->model);
    const struct answer_asker asker = {.uid = server_scope(s, c->peer),
                                       .client = c->peer->client,
                                       .request = c->msgid,
                                       .arm = at + 1,
                                       .keep = req->detach || req->conversation};
    if (engine_ask(s->engine, req, &asker, q, ret, why) != ERR_NONE)
        *ret = engine_failed(s->engine, &asker, told, why);
    else
        q->later = true;
    free(told);
    return ERR_NONE;
}

/* ERR_NONE: at least one has begun. */
static enum error_code start_arms(struct call *c, const msgpack_object_array *models, struct comparison *m,
                                  struct error *err)
{
    struct engine_question q = {.ids = NULL};
    struct error first = ERROR_INIT;
    enum error_code code = ERR_NONE;
    bool any = false;
    for (uint32_t i = 0; i < models->size && code == ERR_NONE; i++) {
        struct error why = ERROR_INIT;
        code = start_arm(c, models, i, &q, &m->arms[i], &why, err);
        m->n += code == ERR_NONE;
        any |= code == ERR_NONE && why.code == ERR_NONE;
        if (first.code == ERR_NONE)
            first = why;
    }
    free(q.ids);
    if (code == ERR_NONE && !any) {
        *err = first;
        code = first.code;
    }
    return code;
}

static bool flag(const struct call *c, const char *key)
{
    const msgpack_object *o = mp_get(&c->params, key);
    bool set = false;
    return o && mp_bool(o, &set) && set;
}

enum error_code m_compare(struct call *c, struct error *err)
{
    msgpack_object_map notify;
    msgpack_object_array models;
    bool has_notify;
    enum error_code code = m_read_notify(&c->params, &notify, &has_notify, err);
    if (code == ERR_NONE)
        code = read_models(c, &models, err);
    if (code != ERR_NONE)
        return code;
    struct comparison *m = NEW(struct comparison);
    m->arms = xcalloc(models.size, sizeof *m->arms);
    code = start_arms(c, &models, m, err);
    if (code != ERR_NONE) {
        comparison_free(m);
        return code;
    }
    bool detach = flag(c, "detach");
    const struct stream_setup setup = {.reply = STREAM_PART,
                                       .msgid = c->msgid,
                                       .until_accepted = detach,
                                       .events = !detach && flag(c, "stream"),
                                       .owner = !detach,
                                       .notify = has_notify ? &notify : NULL,
                                       .ended = on_ended,
                                       .data = m};
    m->peer = c->peer;
    m->msgid = c->msgid;
    m->running = m->n + 1;
    for (size_t i = 0, n = m->n; i < n; i++)
        stream_open(c->peer, m->arms[i], &setup);
    on_ended(m, false);
    return ERR_NONE;
}
