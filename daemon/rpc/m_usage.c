/* usage.report, usage.reprice, budget.get: the ledger in groups and at other prices, and what is left to be spent. */
#include "daemon/engine/reprice.h"
#include "daemon/rpc/budget_map.h"
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/names.h"
#include "lib/proto/mp.h"
#include <string.h>

/* -- parameters -- */

/* Whose rows: the caller's, or, for the daemon's owner and root, a number's or everybody's. */
static enum error_code read_whose(const struct call *c, bool *everybody, uid_t *uid, struct error *err)
{
    const struct server *s = c->peer->server;
    const msgpack_object *o = mp_get(&c->params, "uid");
    const char *word = "";
    size_t len = 0;
    int64_t number = server_scope(s, c->peer);
    if (o && mp_str(o, &word, &len))
        *everybody = len == 3 && memcmp(word, "all", 3) == 0;
    else if (o)
        (void)mp_int(o, &number);
    if ((len > 0 && !*everybody) || number < 0 || number >= UINT32_MAX) /* which would be no user */
        return error_set_param(err, "uid", "uid must be a user's number or \"all\"");
    *uid = (uid_t)number;
    if ((*everybody || *uid != server_scope(s, c->peer)) && !server_is_admin(s, c->peer))
        return error_set(err, ERR_PERMISSION_DENIED, "what others used is for the daemon's owner and root");
    return ERR_NONE;
}

static bool read_word(const msgpack_object *o, enum store_usage_by *ret)
{
    const char *s;
    size_t len;
    int by = mp_str(o, &s, &len) ? names_find(store_usage_names, STORE_BYS, s, len) : -1;
    if (by >= 0)
        *ret = (enum store_usage_by)by;
    return by >= 0;
}

/* A word that is said twice says no more than once. */
static enum error_code read_by(const struct call *c, struct store_usage *u, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "by");
    msgpack_object_array list = {0};
    bool said[STORE_BYS] = {false};
    if (o)
        (void)mp_array(o, &list);
    for (uint32_t i = 0; i < list.size; i++) {
        enum store_usage_by by;
        if (!read_word(&list.ptr[i], &by))
            return error_set_param(err, "by",
                                   "by[%u] must be one of model, provider, client, uid, day, hour, directory, "
                                   "conversation, label, host",
                                   i);
        if (!said[by])
            u->by[u->n_by++] = by;
        said[by] = true;
    }
    return ERR_NONE;
}

static enum error_code read_times(const struct call *c, int64_t *since_us, int64_t *until_us, struct error *err)
{
    enum error_code code = conversation_read_time(c, "since", since_us, err);
    return code == ERR_NONE ? conversation_read_time(c, "until", until_us, err) : code;
}

/* -- usage.report -- */

enum error_code m_usage_report(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_USAGE);
    struct store_usage *u = &job->usage;
    enum error_code code = read_times(c, &u->since_us, &u->until_us, err);
    if (code == ERR_NONE)
        code = read_by(c, u, err);
    if (code == ERR_NONE)
        code = read_whose(c, &u->everybody, &u->uid, err);
    return conversation_submit(c, job, code, err);
}

/* -- usage.reprice -- */

static void put_sums(struct buf *b, const char *name, const struct store_reprice *r, bool after)
{
    mp_put_cstr(b, name);
    mp_put_array(b, (uint32_t)r->n_sums);
    for (size_t i = 0; i < r->n_sums; i++) {
        const int64_t nano = after ? r->sums[i].after_nano : r->sums[i].before_nano;
        mp_put_map(b, 3);
        mp_put_entry(b, "currency", r->sums[i].currency);
        mp_put_entry_nano(b, "cost", nano);
        mp_put_entry_int(b, "cost_nano", nano);
    }
}

static void on_repriced(void *data, struct store_job *job)
{
    struct later *l = data;
    const struct store_reprice *r = &job->reprice;
    reprice_free(r->price_data);
    if (job->code != ERR_NONE) {
        later_fail(l, &job->error);
    } else {
        struct buf *b = later_begin(l);
        if (b) {
            mp_put_map(b, 4);
            mp_put_entry_uint(b, "rows", r->n_rows);
            mp_put_entry_uint(b, "changed", r->n_changed);
            put_sums(b, "before", r, false);
            put_sums(b, "after", r, true);
        }
        later_end(l);
    }
    store_job_free(job);
}

enum error_code m_usage_reprice(struct call *c, struct error *err)
{
    struct store_job *job = store_job_new(STORE_REPRICE, on_repriced, NULL);
    struct store_reprice *r = &job->reprice;
    enum error_code code = read_times(c, &r->since_us, &r->until_us, err);
    if (code == ERR_NONE)
        code = read_whose(c, &r->everybody, &r->uid, err);
    struct reprice *prices = reprice_new(c->peer->server->engine);
    r->price = reprice_row;
    r->price_data = prices;
    code = conversation_submit(c, job, code, err);
    if (code != ERR_NONE) /* the job is gone, and nothing was done */
        reprice_free(prices);
    return code;
}

/* -- budget.get -- */

static void on_spent(void *data)
{
    struct later *l = data;
    struct buf *b = later_begin(l);
    if (b)
        budget_map_put(b, later_peer(l));
    later_end(l);
}

enum error_code m_budget_get(struct call *c, struct error *err)
{
    (void)err;
    engine_when_spent(c->peer->server->engine, on_spent, later_new(c));
    return ERR_NONE;
}
