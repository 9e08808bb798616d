/* conversation.list, conversation.search, conversation.get, conversation.create, conversation.fork: parameters to a job
 * of the store. */
#include "daemon/engine/keep.h"
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/store/search_query.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/chat/title.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
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

/* One that nobody gave: by what was said, or else by its instructions. */
static void take_title(struct store_create *create, const struct message *messages, size_t n)
{
    char title[TITLE_SIZE];
    bool found = title_of_messages(messages, n, title) ||
                 (create->system && title_of_text(create->system, strlen(create->system), title));
    if (found)
        create->title = xstrdup(title);
    create->automatic = found;
}

/* Any string: it is text, NUL and all. */
static void read_query(const struct call *c, struct store_bytes *ret)
{
    const char *s = "";
    size_t len = 0;
    mp_str(mp_get(&c->params, "query"), &s, &len);
    *ret = store_bytes_copy(s, len <= SEARCH_QUERY_MAX ? len : SEARCH_QUERY_MAX + 1); /* over it, it is refused */
}

static enum error_code read_messages(const struct call *c, struct store_create *create, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "messages");
    msgpack_object_array list;
    struct message *messages = NULL;
    size_t n = 0;
    if (!o || (mp_array(o, &list) && list.size == 0)) {
        if (!create->title)
            take_title(create, NULL, 0);
        return ERR_NONE;
    }
    enum error_code code = codec_messages(o, &messages, &n, err);
    if (code == ERR_NONE && !create->title)
        take_title(create, messages, n);
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
        code = conversation_read_text(c, "directory", &l->directory, err);
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
        code = conversation_read_text(c, "directory", &s->directory, err);
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

enum error_code m_conversation_create(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_CREATE);
    struct store_create *create = &job->create;
    id_new(create->conversation);
    create->uid = conversation_scope(c);
    create->created_us = clock_wall_us();
    enum error_code code = conversation_read_title(c, &create->title, err);
    if (code == ERR_NONE)
        code = conversation_read_text(c, "system", &create->system, err);
    if (code == ERR_NONE)
        code = read_messages(c, create, err);
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
