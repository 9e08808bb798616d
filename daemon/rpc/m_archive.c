/* conversation.export, conversation.import */
#include "daemon/archive/json.h"
#include "daemon/archive/markdown.h"
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/import.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

/* -- export -- */

struct export
{
    uv_work_t work;
    struct later *later;
    enum archive_format format;
    struct store_job *job; /* done: its out has the map of conversation.get */
    struct buf page;
    struct error error;
};

static enum error_code write_page(struct export *e, const msgpack_object *map)
{
    struct archive_conversation *c = NULL;
    if (e->format == ARCHIVE_JSON)
        return archive_write_json(&e->page, map, &e->error);
    enum error_code code = archive_from_map(map, false, &c, &e->error);
    if (code == ERR_NONE)
        code = archive_write_markdown(&e->page, c, &e->error);
    archive_conversation_free(c);
    return code;
}

/* On the worker: a conversation may have as many bytes as a result may. */
static void write_all(uv_work_t *work)
{
    struct export *e = work->data;
    msgpack_unpacked u;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)e->job->out.data, e->job->out.len, &off) == MSGPACK_UNPACK_SUCCESS)
        write_page(e, &u.data);
    else
        error_set(&e->error, ERR_INTERNAL, "what is stored of this conversation cannot be read");
    msgpack_unpacked_destroy(&u);
}

static void export_free(struct export *e)
{
    store_job_free(e->job);
    buf_done(&e->page);
    free(e);
}

static void on_written(uv_work_t *work, int status)
{
    struct export *e = work->data;
    struct peer *p = later_peer(e->later);
    (void)status; /* nobody cancels the work */
    if (e->error.code != ERR_NONE || (p && server_may_send(p->server, p, e->page.len, &e->error) != ERR_NONE)) {
        later_fail(e->later, &e->error);
    } else {
        struct buf *b = later_begin(e->later);
        if (b) {
            mp_put_map(b, 1);
            mp_put_cstr(b, "data");
            mp_put_str(b, (const char *)e->page.data, e->page.len);
        }
        later_end(e->later);
    }
    export_free(e);
}

static void on_got(void *data, struct store_job *job)
{
    struct export *e = data;
    struct peer *p = later_peer(e->later);
    e->job = job;
    if (job->code != ERR_NONE || !p) {
        later_fail(e->later, &job->error);
        export_free(e);
        return;
    }
    buf_init(&e->page, job->out.max);
    e->work.data = e;
    uv_queue_work(p->server->loop, &e->work, write_all, on_written);
}

static enum error_code read_format(const struct call *c, enum archive_format *ret, struct error *err)
{
    const char *s = "";
    size_t len = 0;
    mp_str(mp_get(&c->params, "format"), &s, &len);
    return archive_format_from_name(s, len, ret)
               ? ERR_NONE
               : error_set_param(err, "format", "format must be json, markdown, chatgpt or llm");
}

enum error_code m_conversation_export(struct call *c, struct error *err)
{
    enum archive_format format;
    char id[STORE_ID] = "";
    enum error_code code = read_format(c, &format, err);
    if (code == ERR_NONE && format != ARCHIVE_JSON && format != ARCHIVE_MARKDOWN)
        code = error_set_param(err, "format", "a conversation is exported as json or markdown");
    if (code == ERR_NONE)
        code = conversation_read_id(c, "conversation", "conversation", id, err);
    if (code != ERR_NONE)
        return code;
    struct export *e = NEW(struct export);
    struct store_job *job = store_job_new(STORE_GET, on_got, e);
    job->get.uid = conversation_scope(c);
    memcpy(job->get.conversation, id, sizeof id);
    e->format = format;
    e->error = (struct error)ERROR_INIT;
    e->later = later_new(c);
    code = engine_submit(c->peer->server->engine, job, err);
    if (code != ERR_NONE) {
        later_free(e->later);
        free(e);
    }
    return code;
}

/* -- import -- */

enum error_code m_conversation_import(struct call *c, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "import");
    enum archive_format format;
    struct import *im = NULL;
    const char *id = "";
    size_t len = 0;
    enum error_code code = read_format(c, &format, err);
    if (code != ERR_NONE)
        return code;
    if (o)
        mp_str(o, &id, &len);
    if (!o) {
        code = import_begin(c->peer->server, c->peer, format, &im, err);
    } else if (!(im = import_find(c->peer, id, len))) {
        error_set_param(err, "import", "no such import of this connection: it has ended, maybe for want of a piece");
        code = err->code = ERR_NOT_FOUND;
    }
    return code == ERR_NONE ? import_piece(im, c, format, conversation_flag(c, "more"), err) : code;
}
