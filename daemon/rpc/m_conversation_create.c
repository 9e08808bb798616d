/* conversation.create: what its messages bring along is settled on a worker first, as a question's is. */
#include "daemon/attach/work.h"
#include "daemon/engine/keep.h"
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/chat/title.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct made {
    struct store_job *job;
    struct chat_request *req; /* its messages alone are used */
    struct later *later;      /* while a worker has the messages */
};

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

static enum error_code read_messages(const struct call *c, struct made *m, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "messages");
    msgpack_object_array list;
    if (!o || (mp_array(o, &list) && list.size == 0))
        return ERR_NONE;
    return codec_messages(o, &m->req->messages, &m->req->n_messages, err);
}

static enum error_code read_all(const struct call *c, struct made *m, struct error *err)
{
    struct store_create *create = &m->job->create;
    id_new(create->conversation);
    create->uid = conversation_scope(c);
    create->created_us = clock_wall_us();
    enum error_code code = conversation_read_title(c, &create->title, err);
    if (code == ERR_NONE)
        code = conversation_read_text(c, "system", &create->system, err);
    if (code == ERR_NONE)
        code = read_messages(c, m, err);
    if (code == ERR_NONE && !create->title)
        take_title(create, m->req->messages, m->req->n_messages);
    return code;
}

/* The job, filled in and the caller's; the rest is freed. */
static struct store_job *finish(struct made *m)
{
    struct store_job *job = m->job;
    struct store_create *create = &job->create;
    create->n_messages = m->req->n_messages;
    create->messages = create->n_messages ? xcalloc(create->n_messages, sizeof *create->messages) : NULL;
    for (size_t i = 0; i < create->n_messages; i++)
        keep_message(&create->messages[i], &m->req->messages[i], create->created_us);
    chat_request_free(m->req);
    free(m);
    return job;
}

static void on_settled(void *data, const struct error *err)
{
    struct made *m = data;
    struct later *l = m->later;
    struct store_job *job = finish(m);
    if (!err && later_peer(l)) {
        conversation_submit_later(l, job);
        return;
    }
    if (err)
        later_fail(l, err);
    else
        later_free(l);
    store_job_free(job);
}

enum error_code m_conversation_create(struct call *c, struct error *err)
{
    struct made *m = NEW(struct made);
    m->job = conversation_job(STORE_CREATE);
    m->req = chat_request_new();
    enum error_code code = read_all(c, m, err);
    if (code != ERR_NONE || !attach_work_needed(m->req))
        return conversation_submit(c, finish(m), code, err);
    m->later = later_new(c);
    attach_work_start(c->peer->server->loop, m->req, on_settled, m);
    return ERR_NONE;
}
