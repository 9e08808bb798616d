#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/chat/conversation.h"
#include "lib/proto/mp.h"
#include <string.h>

uid_t conversation_scope(const struct call *c)
{
    return server_scope(c->peer->server, c->peer);
}

/* -- parameters -- */

bool conversation_flag(const struct call *c, const char *key)
{
    const msgpack_object *o = mp_get(&c->params, key);
    bool set = false;
    return o && mp_bool(o, &set) && set;
}

enum error_code conversation_read_id(const struct call *c, const char *key, const char *what, char id[STORE_ID],
                                     struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, key);
    const char *s = "";
    size_t len = 0;
    if (!o)
        return ERR_NONE;
    mp_str(o, &s, &len);
    if (!id_valid(s, len)) {
        error_set_param(err, key, "no %s %.*s", what, (int)(len < 64 ? len : 64), s);
        return err->code = ERR_NOT_FOUND;
    }
    memcpy(id, s, ID_LEN);
    id[ID_LEN] = '\0';
    return ERR_NONE;
}

enum error_code conversation_check_line(const char *s, size_t len, size_t max, const char *key, struct error *err)
{
    size_t n = 0;
    if (!utf8_is_line(s, len, &n))
        return error_set_param(err, key, "%s must not hold control characters", key);
    if (n < 1 || n > max)
        return error_set_param(err, key, "%s must have 1 to %zu characters", key, max);
    return ERR_NONE;
}

enum error_code conversation_read_title(const struct call *c, char **ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "title");
    const char *s = "";
    size_t len = 0;
    if (!o)
        return ERR_NONE;
    mp_str(o, &s, &len);
    enum error_code code = conversation_check_line(s, len, CONVERSATION_TITLE_MAX, "title", err);
    if (code == ERR_NONE)
        *ret = xstrndup(s, len);
    return code;
}

enum error_code conversation_read_text(const struct call *c, const char *key, char **ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, key);
    const char *s = "";
    size_t len = 0;
    if (!o)
        return ERR_NONE;
    mp_str(o, &s, &len);
    if (len > 0 && memchr(s, '\0', len))
        return error_set_param(err, key, "%s must not hold a NUL character", key);
    if (!(*ret = strndup(s, len))) /* as large as the client likes */
        return error_set(err, ERR_OVERLOADED, "no memory for %zu bytes", len);
    return ERR_NONE;
}

enum error_code conversation_read_time(const struct call *c, const char *key, int64_t *ret_us, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, key);
    double seconds = 0;
    if (!o)
        return ERR_NONE;
    if (!mp_double(o, &seconds) || !(seconds > 0 && seconds < 1e12)) /* NaN too; beyond it microseconds do not fit */
        return error_set_param(err, key, "%s must be a time in seconds since 1970", key);
    *ret_us = (int64_t)(seconds * 1e6 + 0.5); /* what a list said as seconds is that very microsecond again */
    if (*ret_us == 0)                         /* which would say that there is no bound */
        *ret_us = 1;
    return ERR_NONE;
}

/* -- to the store and back -- */

enum error_code conversation_submit(struct call *c, struct store_job *job, enum error_code code, struct error *err)
{
    if (code != ERR_NONE) {
        store_job_free(job);
        return code;
    }
    struct later *l = later_new(c);
    job->data = l;
    code = engine_submit(c->peer->server->engine, job, err);
    if (code != ERR_NONE)
        later_free(l); /* the error is the caller's to send */
    return code;
}

void conversation_submit_later(struct later *l, struct store_job *job)
{
    struct error err = ERROR_INIT;
    job->data = l;
    if (engine_submit(later_peer(l)->server->engine, job, &err) != ERR_NONE)
        later_fail(l, &err);
}

static void put_conversation(struct buf *b, const char *id)
{
    mp_put_map(b, 1);
    mp_put_entry(b, "conversation", id);
}

static void put_result(struct buf *b, const struct store_job *job)
{
    switch (job->kind) {
    case STORE_LIST:
    case STORE_SEARCH:
        mp_put_array(b, job->n_out);
        buf_append(b, job->out.data, job->out.len);
        break;
    case STORE_GET: buf_append(b, job->out.data, job->out.len); break;
    case STORE_CREATE: put_conversation(b, job->create.conversation); break;
    case STORE_FORK: put_conversation(b, job->fork.conversation); break;
    case STORE_TAG:
        mp_put_map(b, 1);
        mp_put_cstr(b, "tags");
        buf_append(b, job->out.data, job->out.len);
        break;
    case STORE_USAGE:
        mp_put_map(b, 1);
        mp_put_cstr(b, "rows");
        mp_put_array(b, job->n_out);
        buf_append(b, job->out.data, job->out.len);
        break;
    default: mp_put_map(b, 0); break;
    }
}

static void on_done(void *data, struct store_job *job)
{
    struct later *l = data;
    struct error err = job->error;
    struct peer *p = later_peer(l);
    if (job->code != ERR_NONE || (p && server_may_send(p->server, p, job->out.len, &err) != ERR_NONE)) {
        later_fail(l, &err);
    } else {
        struct buf *b = later_begin(l);
        if (b)
            put_result(b, job);
        later_end(l);
    }
    store_job_free(job);
}

struct store_job *conversation_job(enum store_kind kind)
{
    return store_job_new(kind, on_done, NULL);
}
