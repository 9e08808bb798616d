#include "daemon/engine/tried.h"
#include "daemon/engine/figures.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct tried *tried_add(struct tried_list *t, const struct route *r, const struct error *err, bool sent)
{
    t->list = xrealloc(t->list, (t->n + 1) * sizeof *t->list);
    struct tried *it = &t->list[t->n++];
    *it = (struct tried){.route = *r, .sent = sent};
    error_text(it->provider, sizeof it->provider, r->provider->name, strlen(r->provider->name));
    if (!err)
        return it;
    it->error = err->code;
    it->status = err->status;
    error_text(it->message, sizeof it->message, err->message, strlen(err->message));
    return it;
}

void tried_done(struct tried_list *t)
{
    free(t->list);
    *t = (struct tried_list){0};
}

static void put_error(struct buf *out, const struct tried *it)
{
    struct error err = ERROR_INIT;
    error_set(&err, it->error, "%s", it->message);
    err.status = it->status;
    mp_put_cstr(out, "error");
    codec_put_error(out, &err, NULL, false);
}

static void put_cost(struct buf *out, int64_t nano, const char *currency)
{
    mp_put_entry_nano(out, "cost", nano);
    mp_put_entry_int(out, "cost_nano", nano);
    mp_put_entry(out, "currency", currency);
}

static void put_one(struct buf *out, const struct tried *it, const struct catalog *c, const struct usage *lost)
{
    int64_t nano;
    const char *currency;
    bool priced = it->lost && figures_cost(c, &it->route, lost, clock_wall_us(), &nano, &currency);
    mp_put_map(out, 2u + (it->error ? 1 : 0) + (priced ? 3 : 0));
    mp_put_entry(out, "provider", it->provider);
    mp_put_entry(out, "model", it->route.model);
    if (it->error)
        put_error(out, it);
    if (priced)
        put_cost(out, nano, currency);
}

void tried_put(struct buf *out, const struct tried_list *t, const struct catalog *c, const struct usage *lost)
{
    mp_put_cstr(out, "attempts");
    mp_put_array(out, t ? (uint32_t)t->n : 0);
    for (size_t i = 0; t && i < t->n; i++)
        put_one(out, &t->list[i], c, lost);
}
