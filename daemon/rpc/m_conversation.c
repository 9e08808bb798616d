/* conversation.list, conversation.search, conversation.get, conversation.fork: parameters to a job of the store. */
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/store/search_query.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/host.h"
#include "lib/proto/mp.h"
#include <string.h>

#define LIST_DEFAULT 50
#define SEARCH_DEFAULT 20

/* -- parameters -- */

/* A conversation, or a time in seconds. */
static enum error_code read_before(const struct call *c, struct store_list *l, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "before");
    double seconds;
    if (o && mp_double(o, &seconds))
        return conversation_read_time(c, "before", &l->before_us, err);
    return conversation_read_id(c, "before", "conversation", l->before, err);
}

/* Any string: it is text, NUL and all. */
static void read_query(const struct call *c, struct store_bytes *ret)
{
    const char *s = "";
    size_t len = 0;
    mp_str(mp_get(&c->params, "query"), &s, &len);
    *ret = store_bytes_copy(s, len <= SEARCH_QUERY_MAX ? len : SEARCH_QUERY_MAX + 1); /* over it, it is refused */
}

/* A directory is one of a machine: of the client's own, where no other is named. "": the daemon's. */
static enum error_code read_where(const struct call *c, char **directory, char **host, struct error *err)
{
    enum error_code code = conversation_read_text(c, "directory", directory, err);
    if (code == ERR_NONE)
        code = conversation_read_text(c, "host", host, err);
    if (code == ERR_NONE && *host && host_is_ours(*host))
        (*host)[0] = '\0';
    if (code == ERR_NONE && *directory && !*host)
        *host = xstrdup(c->peer->place.host ? c->peer->place.host : "");
    return code;
}

/* -- methods -- */

enum error_code m_conversation_list(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_LIST);
    struct store_list *l = &job->list;
    l->uid = conversation_scope(c);
    enum error_code code = m_read_limit(c, LIST_DEFAULT, &l->limit, err);
    if (code == ERR_NONE)
        code = read_before(c, l, err);
    if (code == ERR_NONE)
        code = read_where(c, &l->directory, &l->host, err);
    if (code == ERR_NONE)
        code = conversation_read_text(c, "tag", &l->tag, err);
    if (code == ERR_NONE)
        code = conversation_read_text(c, "model", &l->model, err);
    if (code == ERR_NONE)
        code = conversation_read_time(c, "since", &l->since_us, err);
    if (mp_get(&c->params, "pinned"))
        l->pinned = conversation_flag(c, "pinned") ? STORE_PINNED : STORE_NOT_PINNED;
    l->deleted = conversation_flag(c, "deleted");
    return conversation_submit(c, job, code, err);
}

enum error_code m_conversation_search(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_SEARCH);
    struct store_search *s = &job->search;
    s->uid = conversation_scope(c);
    read_query(c, &s->query);
    enum error_code code = m_read_limit(c, SEARCH_DEFAULT, &s->limit, err);
    if (code == ERR_NONE)
        code = conversation_read_text(c, "model", &s->model, err);
    if (code == ERR_NONE)
        code = read_where(c, &s->directory, &s->host, err);
    if (code == ERR_NONE)
        code = conversation_read_time(c, "since", &s->since_us, err);
    return conversation_submit(c, job, code, err);
}

enum error_code m_conversation_get(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_GET);
    job->get.uid = conversation_scope(c);
    enum error_code code = conversation_read_id(c, "conversation", "conversation", job->get.conversation, err);
    if (code == ERR_NONE)
        code = conversation_read_id(c, "branch", "message", job->get.branch, err);
    return conversation_submit(c, job, code, err);
}

enum error_code m_conversation_fork(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_FORK);
    struct store_fork *fork = &job->fork;
    id_new(fork->conversation);
    fork->uid = conversation_scope(c);
    fork->created_us = clock_wall_us();
    enum error_code code = conversation_read_id(c, "conversation", "conversation", fork->from, err);
    if (code == ERR_NONE)
        code = conversation_read_id(c, "message", "message", fork->message, err);
    return conversation_submit(c, job, code, err);
}
