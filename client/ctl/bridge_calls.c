#include "client/ctl/bridge_calls.h"
#include "lib/proto/mp.h"
#include <string.h>

struct bridge_call *calls_add(struct bridge_calls *c, const msgpack_object *id)
{
    struct bridge_call *call = &c->rows[c->n];
    call->attached[0] = '\0';
    buf_init(&call->id, BRIDGE_ID_MAX);
    if (id != NULL)
        mp_put_object(&call->id, id);
    if (call->id.failed) {
        buf_done(&call->id);
        return NULL;
    }
    c->n++;
    return call;
}

const struct bridge_call *calls_of_id(const struct bridge_calls *c, const msgpack_object *id)
{
    struct buf packed;
    unsigned i = 0;
    buf_init(&packed, BRIDGE_ID_MAX);
    mp_put_object(&packed, id);
    while (i < c->n && (packed.failed || c->rows[i].id.len != packed.len ||
                        memcmp(c->rows[i].id.data, packed.data, packed.len) != 0))
        i++;
    buf_done(&packed);
    return i < c->n ? &c->rows[i] : NULL;
}

const struct bridge_call *calls_of_answer(const struct bridge_calls *c, uint32_t msgid, const char *answer, size_t len)
{
    const struct bridge_call *found = NULL;
    for (unsigned i = 0; i < c->n; i++) {
        const struct bridge_call *call = &c->rows[i];
        if (strlen(call->attached) == len && memcmp(call->attached, answer, len) == 0)
            return NULL;
        if (call->msgid == msgid && call->attached[0] == '\0')
            found = call;
    }
    return found;
}

static void take(struct bridge_calls *c, unsigned i, struct bridge_call *ret)
{
    *ret = c->rows[i];
    c->rows[i] = c->rows[--c->n];
}

bool calls_take(struct bridge_calls *c, uint32_t msgid, struct bridge_call *ret)
{
    unsigned i = 0;
    while (i < c->n && c->rows[i].msgid != msgid)
        i++;
    if (i == c->n)
        return false;
    take(c, i, ret);
    return true;
}

bool calls_take_last(struct bridge_calls *c, struct bridge_call *ret)
{
    if (c->n == 0)
        return false;
    take(c, c->n - 1, ret);
    return true;
}
