#include "daemon/attach/work.h"
#include "daemon/attach/kind.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

struct attach_work {
    uv_work_t work; /* first */
    struct chat_request *req;
    struct error err;
    void (*done)(void *data, const struct error *err); /* NULL: abandoned */
    void *data;
};

static bool is_open(const struct part *p)
{
    return part_is_attachment(p) && p->data && !p->hashed;
}

bool attach_work_needed(const struct chat_request *req)
{
    for (size_t m = 0; m < req->n_messages; m++)
        for (size_t i = 0; i < req->messages[m].n_parts; i++)
            if (is_open(&req->messages[m].parts[i]))
                return true;
    return false;
}

static void settle_all(struct message *m, struct sniff **sniff, struct error *err)
{
    for (size_t i = 0; i < m->n_parts && err->code == ERR_NONE; i++)
        if (is_open(&m->parts[i]))
            (void)kind_settle(&m->parts[i], sniff, err);
}

static void work(uv_work_t *work)
{
    struct attach_work *w = (struct attach_work *)work;
    struct sniff *sniff = NULL;
    for (size_t m = 0; m < w->req->n_messages && w->err.code == ERR_NONE; m++)
        settle_all(&w->req->messages[m], &sniff, &w->err);
    sniff_free(sniff);
}

static void on_worked(uv_work_t *work, int status)
{
    struct attach_work *w = (struct attach_work *)work;
    (void)status; /* nobody cancels it */
    if (w->done)
        w->done(w->data, w->err.code != ERR_NONE ? &w->err : NULL);
    else
        chat_request_free(w->req);
    free(w);
}

struct attach_work *attach_work_start(uv_loop_t *loop, struct chat_request *req,
                                      void (*done)(void *data, const struct error *err), void *data)
{
    struct attach_work *w = NEW(struct attach_work);
    w->req = req;
    w->err = (struct error)ERROR_INIT;
    w->done = done;
    w->data = data;
    if (uv_queue_work(loop, &w->work, work, on_worked) != 0)
        abort(); /* only without a function to call */
    return w;
}

struct attach_work *attach_work_abandon(struct attach_work *w)
{
    w->done = NULL;
    return NULL;
}
