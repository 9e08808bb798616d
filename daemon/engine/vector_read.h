/* Reads a response that holds vectors, beside the loop: tens of megabytes of JSON would hold that up for a second. */
#ifndef ASKD_ENGINE_VECTOR_READ_H
#define ASKD_ENGINE_VECTOR_READ_H

#include "daemon/provider/provider.h"
#include <uv.h>

struct vector_read;

struct vectors {
    double *numbers; /* one vector behind the other; the heap's */
    size_t n, dimension;
    struct usage usage;
};

/* Once: v, whose numbers now belong to the callee, or NULL and the reason. */
typedef void vector_read_done(void *data, const struct vectors *v, const struct error *err);

struct vector_response {
    const struct provider_ops *ops;
    const char *dialect;              /* borrowed for the call, may be NULL */
    const struct response_head *head; /* likewise */
    struct buf *body;                 /* its contents are taken over */
    size_t n;                         /* texts that were sent */
};

/* Whatever its status. done is called later, from the loop. */
struct vector_read *vector_read_start(uv_loop_t *loop, const struct vector_response *from, vector_read_done *done,
                                      void *data);
/* done is not called any more; the work ends by itself. NULL is fine; always returns NULL. */
struct vector_read *vector_read_cancel(struct vector_read *r);

#endif
