/* conversation.list, conversation.get, conversation.create, conversation.fork, conversation.rename,
 * conversation.delete: parameters to a job of the store, and its outcome to the reply. */
#include "daemon/engine/keep.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

#define TITLE_MAX 200 /* characters */
#define LIST_DEFAULT 50

/* -- parameters -- */

/* An id of our own form; anything else is no one's id. */
static enum error_code read_id(const struct call *c, const char *key, const char *what, char id[STORE_ID],
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

static enum error_code read_title(const struct call *c, char **ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "title");
    const char *s = "";
    size_t len = 0, n = 0;
    if (!o)
        return ERR_NONE;
    mp_str(o, &s, &len);
    for (size_t at = 0, k; at < len; at += k, n++) {
        k = utf8_char(s + at, len - at);
        if (k == 0 || utf8_is_control(s + at, k))
            return error_set_param(err, "title", "title must not hold control characters");
    }
    if (n < 1 || n > TITLE_MAX)
        return error_set_param(err, "title", "title must have 1 to %d characters", TITLE_MAX);
    *ret = xstrndup(s, len);
    return ERR_NONE;
}

static enum error_code read_text(const struct call *c, const char *key, char **ret, struct error *err)
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

/* A conversation, or a time in seconds. */
static enum error_code read_before(const struct call *c, struct store_list *l, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "before");
    double seconds;
    if (!o || !mp_double(o, &seconds))
        return read_id(c, "before", "conversation", l->before, err);
    if (!(seconds > 0 && seconds < 1e12)) /* so that NaN is refused; beyond it microseconds do not fit */
        return error_set_param(err, "before", "before must be a conversation's id or a time in seconds since 1970");
    l->before_us = (int64_t)(seconds * 1e6 + 0.5); /* what a list said as seconds is that very microsecond again */
    if (l->before_us == 0)                         /* which would say that there is no bound */
        l->before_us = 1;
    return ERR_NONE;
}

static enum error_code read_messages(const struct call *c, struct store_create *create, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "messages");
    msgpack_object_array list;
    struct message *messages = NULL;
    size_t n = 0;
    if (!o || (mp_array(o, &list) && list.size == 0))
        return ERR_NONE;
    enum error_code code = codec_messages(o, &messages, &n, err);
    if (code == ERR_NONE) {
        create->messages = xcalloc(n, sizeof *create->messages);
        create->n_messages = n;
    }
    for (size_t i = 0; i < n; i++) {
        if (code == ERR_NONE)
            keep_message(&create->messages[i], &messages[i], create->created_us);
        message_done(&messages[i]);
    }
    free(messages);
    return code;
}

/* -- jobs -- */

/* Takes the job over. What can be refused was refused: the store has it from now on, or it is freed. */
static enum error_code submit(struct call *c, struct store_job *job, enum error_code code, struct error *err)
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

static void put_result(struct buf *b, const struct store_job *job)
{
    switch (job->kind) {
    case STORE_LIST:
        mp_put_array(b, job->n_out);
        buf_append(b, job->out.data, job->out.len);
        break;
    case STORE_GET: buf_append(b, job->out.data, job->out.len); break;
    case STORE_CREATE:
    case STORE_FORK:
        mp_put_map(b, 1);
        mp_put_entry(b, "conversation", job->kind == STORE_FORK ? job->fork.conversation : job->create.conversation);
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

/* -- methods -- */

static uid_t scope(const struct call *c)
{
    return server_scope(c->peer->server, c->peer);
}

enum error_code m_conversation_list(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_LIST, on_done, NULL);
    struct store_list *l = &job->list;
    l->uid = scope(c);
    enum error_code code = m_read_limit(c, LIST_DEFAULT, &l->limit, err);
    if (code == ERR_NONE)
        code = read_before(c, l, err);
    if (code == ERR_NONE)
        code = read_text(c, "directory", &l->directory, err);
    if (code == ERR_NONE)
        code = read_text(c, "tag", &l->tag, err);
    return submit(c, job, code, err);
}

enum error_code m_conversation_get(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_GET, on_done, NULL);
    job->get.uid = scope(c);
    enum error_code code = read_id(c, "conversation", "conversation", job->get.conversation, err);
    if (code == ERR_NONE)
        code = read_id(c, "branch", "message", job->get.branch, err);
    return submit(c, job, code, err);
}

enum error_code m_conversation_create(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_CREATE, on_done, NULL);
    struct store_create *create = &job->create;
    id_new(create->conversation);
    create->uid = scope(c);
    create->created_us = clock_wall_us();
    enum error_code code = read_title(c, &create->title, err);
    if (code == ERR_NONE)
        code = read_text(c, "system", &create->system, err);
    if (code == ERR_NONE)
        code = read_messages(c, create, err);
    return submit(c, job, code, err);
}

enum error_code m_conversation_fork(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_FORK, on_done, NULL);
    struct store_fork *fork = &job->fork;
    id_new(fork->conversation);
    fork->uid = scope(c);
    fork->created_us = clock_wall_us();
    enum error_code code = read_id(c, "conversation", "conversation", fork->from, err);
    if (code == ERR_NONE)
        code = read_id(c, "message", "message", fork->message, err);
    return submit(c, job, code, err);
}

enum error_code m_conversation_rename(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_RENAME, on_done, NULL);
    job->rename.uid = scope(c);
    enum error_code code = read_id(c, "conversation", "conversation", job->rename.conversation, err);
    if (code == ERR_NONE)
        code = read_title(c, &job->rename.title, err);
    return submit(c, job, code, err);
}

enum error_code m_conversation_delete(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_DELETE, on_done, NULL);
    job->delete.uid = scope(c);
    return submit(c, job, read_id(c, "conversation", "conversation", job->delete.conversation, err), err);
}
