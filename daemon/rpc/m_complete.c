/* complete */
#include "daemon/engine/complete.h"
#include "daemon/engine/suggest.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/proto/mp.h"
#include <stdlib.h>

#define LANGUAGE_MAX 64 /* bytes */

static struct gap_text text_of(const struct call *c, const char *key)
{
    struct gap_text t = {NULL, 0};
    const msgpack_object *o = mp_get(&c->params, key);
    if (o)
        mp_str(o, &t.data, &t.len);
    return t;
}

/* One line of at most `max` bytes; *ret is the caller's, NULL where it is not told. */
static enum error_code read_line(const struct call *c, const char *key, size_t max, char **ret, struct error *err)
{
    struct gap_text t = text_of(c, key);
    size_t chars;
    *ret = NULL;
    if (t.len == 0)
        return ERR_NONE;
    if (t.len > max || !utf8_is_line(t.data, t.len, &chars))
        return error_set_param(err, key, "%s must be one line of at most %zu bytes", key, max);
    *ret = xstrndup(t.data, t.len);
    return ERR_NONE;
}

static enum error_code read_max_tokens(const struct call *c, int64_t *ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "max_tokens");
    if (o && (!mp_int(o, ret) || *ret < 1))
        return error_set_param(err, "max_tokens", "max_tokens must be at least 1");
    return ERR_NONE;
}

struct asked { /* owned */
    char *model, *language, *buffer;
    int64_t max_tokens;
    double timeout;
};

static enum error_code read_asked(const struct call *c, struct asked *a, struct error *err)
{
    enum error_code code = read_line(c, "model", ENGINE_MODEL_MAX, &a->model, err);
    if (code == ERR_NONE)
        code = read_line(c, "language", LANGUAGE_MAX, &a->language, err);
    if (code == ERR_NONE)
        code = read_line(c, "buffer", STREAM_BUFFER_MAX, &a->buffer, err);
    if (code == ERR_NONE)
        code = read_max_tokens(c, &a->max_tokens, err);
    return code == ERR_NONE ? m_read_timeout(c, &a->timeout, err) : code;
}

static bool is_told(const struct call *c, const char *key)
{
    bool told = false;
    const msgpack_object *o = mp_get(&c->params, key);
    return o && mp_bool(o, &told) && told;
}

static struct chat_request *request_of(struct call *c, const struct asked *a)
{
    const struct complete_question q = {.model = a->model,
                                        .prefix = text_of(c, "prefix"),
                                        .suffix = text_of(c, "suffix"),
                                        .language = a->language,
                                        .max_tokens = a->max_tokens};
    struct chat_request *req = complete_request(c->peer->server->engine, &q);
    req->stream = is_told(c, "stream");
    req->has_timeout = a->timeout > 0;
    req->timeout = a->timeout;
    call_add_context(c, req);
    return req;
}

/* The new one is asked before the older one ends: where it is the same question, it goes on. */
static enum error_code ask(struct call *c, const struct asked *asked, const msgpack_object_map *notify,
                           struct error *err)
{
    struct server *s = c->peer->server;
    const struct answer_asker asker = {
        .uid = server_scope(s, c->peer), .client = c->peer->client, .request = c->msgid, .fleeting = true};
    struct answer *a = NULL;
    struct chat_request *req = request_of(c, asked);
    bool stream = req->stream;
    suggest_look(s->engine, req, asker.uid);
    enum error_code code = engine_ask(s->engine, req, &asker, NULL, &a, err);
    const struct stream_setup setup = {
        .msgid = c->msgid, .events = stream, .owner = true, .notify = notify, .buffer = asked->buffer};
    if (code == ERR_NONE)
        stream_open(c->peer, a, &setup);
    answer_unref(a);
    if (asked->buffer)
        stream_cancel_older(c->peer, c->msgid, asked->buffer);
    return code;
}

enum error_code m_complete(struct call *c, struct error *err)
{
    msgpack_object_map notify;
    bool has_notify;
    struct asked asked = {.model = NULL};
    enum error_code code = m_read_notify(&c->params, &notify, &has_notify, err);
    if (code == ERR_NONE)
        code = read_asked(c, &asked, err);
    if (code == ERR_NONE)
        code = ask(c, &asked, has_notify ? &notify : NULL, err);
    free(asked.model);
    free(asked.language);
    free(asked.buffer);
    return code;
}
