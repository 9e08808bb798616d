#include "daemon/engine/premium.h"
#include <string.h>

/* A user's word, not the result of a tool in a user's message. */
static bool is_prompt(const struct chat_request *q)
{
    const struct message *last = q->n_messages > 0 ? &q->messages[q->n_messages - 1] : NULL;
    size_t results = 0;

    if (!last || last->role != ROLE_USER)
        return false;
    for (size_t i = 0; i < last->n_parts; i++)
        results += last->parts[i].kind == PART_TOOL_RESULT;
    return results == 0 || results < last->n_parts;
}

int64_t premium_of(const struct facts *f, const struct chat_request *q, int64_t now_us)
{
    const struct model_premium *row = f->model ? model_premium_at(f->model, f->kind, now_us) : NULL;

    if (!is_prompt(q))
        return 0;
    if (row)
        return row->multiplier_nano;
    return strcmp(f->kind, PREMIUM_KIND) == 0 ? PREMIUM_USUAL_NANO : 0;
}
