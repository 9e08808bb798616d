#include "daemon/engine/vector_read.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

struct vector_read {
    uv_work_t work;
    const struct provider_ops *ops;
    char *dialect; /* owned, may be NULL */
    struct response_head head;
    struct buf body;
    struct vectors vectors;
    struct error error;
    vector_read_done *done; /* NULL once it is cancelled */
    void *data;
};

static void put(void *data, size_t index, const double *vector, size_t n)
{
    struct vectors *v = data;
    if (!v->numbers) {
        v->dimension = n;
        v->numbers = xcalloc(v->n * n, sizeof *v->numbers);
    }
    memcpy(v->numbers + index * n, vector, n * sizeof *vector);
}

static void read_all(uv_work_t *work)
{
    struct vector_read *r = work->data;
    struct vectors *v = &r->vectors;
    const struct provider_target t = {.dialect = r->dialect};
    if (r->head.status == 200)
        provider_read_vectors(r->ops, &t, r->body.data, r->body.len, v->n, put, v, &v->usage, &r->error);
    else
        provider_map_error(&r->head, r->body.data, r->body.len, &r->error);
}

static void on_read(uv_work_t *work, int status)
{
    struct vector_read *r = work->data;
    bool good = r->error.code == ERR_NONE;
    (void)status; /* nobody cancels the work */
    if (!good || !r->done)
        free(r->vectors.numbers);
    if (r->done)
        r->done(r->data, good ? &r->vectors : NULL, good ? NULL : &r->error);
    buf_done(&r->body);
    free(r->dialect);
    free(r);
}

struct vector_read *vector_read_start(uv_loop_t *loop, const struct vector_response *from, vector_read_done *done,
                                      void *data)
{
    struct vector_read *r = NEW(struct vector_read);
    *r = (struct vector_read){.work.data = r,
                              .ops = from->ops,
                              .dialect = from->dialect ? xstrdup(from->dialect) : NULL,
                              .head = *from->head,
                              .body = *from->body,
                              .vectors = {.n = from->n, .usage = USAGE_INIT},
                              .error = ERROR_INIT,
                              .done = done,
                              .data = data};
    buf_init(from->body, from->body->max);
    uv_queue_work(loop, &r->work, read_all, on_read);
    return r;
}

struct vector_read *vector_read_cancel(struct vector_read *r)
{
    if (r)
        r->done = NULL;
    return NULL;
}
