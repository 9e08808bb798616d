/* embed, answer.estimate */
#include "daemon/engine/embed.h"
#include "daemon/engine/estimate.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/codec.h"

/* -- embed -- */

static enum error_code read_texts(const struct call *c, struct embed_request *req, struct error *err)
{
    msgpack_object_array texts = {0};
    const msgpack_object *o = mp_get(&c->params, "input");
    if (!mp_array(o, &texts) || texts.size == 0)
        return error_set_param(err, "input", "input must be an array of at least one text");
    for (uint32_t i = 0; i < texts.size; i++) {
        const char *s;
        size_t len;
        if (!mp_str(&texts.ptr[i], &s, &len))
            return error_set_param(err, "input", "input[%u] is no text", (unsigned)i);
        embed_request_add(req, s, len);
    }
    return ERR_NONE;
}

static void put_vectors(struct buf *b, const struct embedding *m)
{
    mp_put_map(b, 5);
    mp_put_cstr(b, "vectors");
    mp_put_array(b, (uint32_t)m->n);
    for (size_t i = 0; i < m->n; i++) {
        mp_put_array(b, (uint32_t)m->dimension);
        for (size_t d = 0; d < m->dimension; d++)
            mp_put_double(b, m->vectors[i * m->dimension + d]);
    }
    mp_put_cstr(b, "usage");
    codec_put_usage(b, &m->usage);
    mp_put_entry(b, "model", m->model);
    mp_put_entry(b, "provider", m->provider);
    mp_put_entry_uint(b, "cached", m->n_cached);
}

static void on_vectors(void *data, const struct embedding *m, const struct error *err)
{
    struct later *l = data;
    struct peer *p = later_peer(l);
    struct error why = ERROR_INIT;
    size_t size = m ? m->n * m->dimension * (1 + sizeof(double)) : 0;
    if (err || (p && server_may_send(p->server, p, size, &why) != ERR_NONE)) {
        later_fail(l, err ? err : &why);
        return;
    }
    struct buf *b = later_begin(l);
    if (b)
        put_vectors(b, m);
    later_end(l);
}

static void on_gone(void *data)
{
    embed_cancel(data);
}

enum error_code m_embed(struct call *c, struct error *err)
{
    struct embed_request *req = embed_request_new();
    struct server *s = c->peer->server;
    const char *model;
    size_t len;
    double timeout;
    if (mp_str(mp_get(&c->params, "model"), &model, &len))
        req->model = xstrndup(model, len);
    enum error_code code = read_texts(c, req, err);
    if (code == ERR_NONE)
        code = m_read_timeout(c, &timeout, err);
    if (code != ERR_NONE) {
        embed_request_free(req);
        return code;
    }
    struct later *l = later_new(c);
    const struct peer *p = c->peer;
    const struct spend_who who = {server_scope(s, p), p->client, &p->place};
    struct embed *m = embed_start(s->engine, req, &who, timeout, on_vectors, l);
    if (m)
        later_on_gone(l, on_gone, m);
    return ERR_NONE;
}

/* -- answer.estimate -- */

static void put_estimate(struct buf *b, const struct estimate *est)
{
    mp_put_map(b, 5u + est->cached + est->refused + (est->max_output_tokens >= 0) + (est->low_nano >= 0 ? 2 : 0) +
                      (est->high_nano >= 0) + (est->conversation[0] != '\0'));
    mp_put_entry(b, "model", est->model);
    mp_put_entry(b, "provider", est->provider);
    mp_put_entry_int(b, "input_tokens", est->input_tokens);
    if (est->conversation[0] != '\0')
        mp_put_entry(b, "conversation", est->conversation);
    if (est->max_output_tokens >= 0)
        mp_put_entry_int(b, "max_output_tokens", est->max_output_tokens);
    if (est->low_nano >= 0) {
        mp_put_entry_nano(b, "cost_low", est->low_nano);
        mp_put_entry(b, "currency", est->currency);
    }
    if (est->high_nano >= 0) {
        mp_put_entry_nano(b, "cost_high", est->high_nano);
    }
    mp_put_cstr(b, "cached");
    mp_put_bool(b, est->cached);
    if (est->cached) {
        mp_put_cstr(b, "age");
        mp_put_double(b, (double)est->age_ms / 1000);
    }
    mp_put_cstr(b, "budgets");
    mp_put_array(b, (uint32_t)est->n_budgets);
    for (size_t i = 0; i < est->n_budgets; i++)
        mp_put_cstr(b, est->budgets[i]);
    if (est->refused) {
        mp_put_cstr(b, "refused");
        mp_put_bool(b, true);
    }
}

static void on_estimate(void *data, const struct estimate *est, const struct error *err)
{
    struct later *l = data;
    if (err) {
        later_fail(l, err);
        return;
    }
    struct buf *b = later_begin(l);
    if (b)
        put_estimate(b, est);
    later_end(l);
}

enum error_code m_estimate(struct call *c, struct error *err)
{
    struct chat_request *req;
    enum error_code code = codec_chat_request(&c->params, &req, err);
    if (code != ERR_NONE)
        return code;
    call_add_context(c, req);
    const struct peer *p = c->peer;
    const struct spend_who who = {server_scope(p->server, p), p->client, &req->place};
    estimate_start(p->server->engine, req, &who, on_estimate, later_new(c));
    return ERR_NONE;
}
