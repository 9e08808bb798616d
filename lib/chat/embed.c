#include "lib/chat/embed.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>

struct embed_request *embed_request_new(void)
{
    return NEW(struct embed_request);
}

struct embed_request *embed_request_free(struct embed_request *r)
{
    if (!r)
        return NULL;
    for (size_t i = 0; i < r->n_input; i++)
        free(r->input[i]);
    free(r->input);
    free(r->input_len);
    free(r->model);
    free(r);
    return NULL;
}

void embed_request_add(struct embed_request *r, const char *text, size_t len)
{
    char *copy = xmalloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    r->input = grow_one(r->input, r->n_input, sizeof(*r->input));
    r->input_len = grow_one(r->input_len, r->n_input, sizeof(*r->input_len));
    r->input[r->n_input] = copy;
    r->input_len[r->n_input++] = len;
}
