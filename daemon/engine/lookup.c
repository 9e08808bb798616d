#include "daemon/engine/lookup.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

struct key_target lookup_target(const struct route *r)
{
    const struct provider *p = r->provider;
    return (struct key_target){.provider = p->name,
                               .base_url = p->base_url,
                               .api = p->ops->api,
                               .dialect = p->dialect,
                               .headers = (const char *const *)p->headers,
                               .model = r->model};
}

/* A candidate whose model is still to be asked for has no key yet. */
static size_t keyed(const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++)
        n += plan->routes[i].model[0] != 0;
    return n;
}

/* Candidates that are sent the same share what is hashed of it. */
static bool make_keys(struct engine *e, const struct lookup_question *q, const char *scope, struct cache_key *keys)
{
    const struct chat_request *hashed = NULL;
    for (size_t i = 0, at = 0; i < q->plan->n; i++) {
        const struct key_target target = lookup_target(&q->plan->routes[i]);
        const struct chat_request *sent = windows_chat(q->windows, q->req, i);
        if (!target.model[0])
            continue;
        if (sent != hashed && !key_question(e->key_maker, scope, sent))
            return false;
        hashed = sent;
        key_for(e->key_maker, &target, &keys[at++]);
    }
    return hashed || key_question(e->key_maker, scope, q->req);
}

void lookup_make(struct engine *e, const struct lookup_question *q, uid_t uid, struct lookup *ret)
{
    const struct chat_request *req = q->req;
    *ret = (struct lookup){.max_age_ms = req->has_cache_ttl ? (int64_t)(req->cache_ttl * 1000) : -1};
    if (req->cache == CACHE_OFF)
        return;
    cache_scope(e->cache, uid, ret->scope);
    ret->n = keyed(q->plan);
    ret->many = ret->n > LOOKUP_FEW ? xcalloc(ret->n, sizeof *ret->many) : NULL;
    struct cache_key *keys = ret->many ? ret->many : ret->few;
    if (!make_keys(e, q, ret->scope, keys)) {
        lookup_done(ret);
        ret->scope[0] = 0;
        return;
    }
    ret->joins = ret->n > 0 && ret->n == q->plan->n;
    if (ret->n == 1)
        ret->flight = keys[0];
    else if (ret->joins)
        key_join(e->key_maker, keys, ret->n, &ret->flight);
    if (req->retry_restart) /* who did not ask for that shares no answer that may begin anew */
        ret->flight.bytes[0] ^= 1;
}

void lookup_done(struct lookup *k)
{
    free(k->many);
    k->many = NULL;
    k->n = 0;
}

const struct cache_key *lookup_keys(const struct lookup *k)
{
    return k->many ? k->many : k->few;
}

size_t lookup_candidate(const struct lookup *k, const struct plan *plan, const struct cache_key *key)
{
    for (size_t i = 0, at = 0; i < plan->n && at < k->n; i++)
        if (plan->routes[i].model[0] && key_equal(&lookup_keys(k)[at++], key))
            return i;
    return plan->n;
}

bool lookup_key_of(struct engine *e, const struct lookup *k, const struct lookup_question *q, const char *provider,
                   const char *model, struct cache_key *ret)
{
    const struct plan *plan = q->plan;
    if (!k->scope[0])
        return false;
    for (size_t i = 0, at = 0; i < plan->n; i++) {
        const struct route *r = &plan->routes[i];
        if (strcmp(r->provider->name, provider) == 0 && strcmp(r->model, model) == 0) {
            *ret = lookup_keys(k)[at];
            return true;
        }
        at += r->model[0] != 0;
    }
    for (size_t i = 0; i < plan->n; i++) {
        struct key_target target = lookup_target(&plan->routes[i]);
        if (target.model[0] || strcmp(target.provider, provider) != 0)
            continue;
        target.model = model; /* the provider was asked for its first */
        if (!key_question(e->key_maker, k->scope, windows_chat(q->windows, q->req, i)))
            return false;
        key_for(e->key_maker, &target, ret);
        return true;
    }
    return false;
}

struct cache_item *lookup_first(struct cache_item *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (items[i] && item_facts(items[i])->kind == ITEM_ANSWER)
            return items[i];
    return NULL;
}

struct cache_item *lookup_find(struct engine *e, const struct lookup *k)
{
    const struct cache_key *keys = lookup_keys(k);
    struct cache_item *it = NULL;
    for (size_t i = 0; i < k->n && !it; i++)
        it = cache_find(e->cache, k->scope, &keys[i], k->max_age_ms);
    return lookup_first(&it, 1);
}

void lookup_keep(struct engine *e, const struct item_facts *facts, const struct fold *fold, bool persist)
{
    struct item_facts kept = *facts;
    struct buf runs, tail;
    buf_init(&runs, SIZE_MAX / 2); /* of the log's size */
    buf_init(&tail, SIZE_MAX / 2);
    kept.n_events = fold_put_events(&runs, fold);
    kept.n_tail = fold_put_tail(&tail, fold, NULL) + 1;
    mp_put_cstr(&tail, "attempts");
    mp_put_array(&tail, 0);
    kept.runs = (struct item_bytes){runs.data, runs.len};
    kept.tail = (struct item_bytes){tail.data, tail.len};
    if (!runs.failed && !tail.failed)
        cache_put(e->cache, &kept, persist);
    buf_done(&runs);
    buf_done(&tail);
}

static void release_item(void *owner)
{
    item_unref(owner);
}

/* The item is counted among those of the cache no more; where the log lives on, it holds the item. */
static void drop_log(void *made)
{
    log_take_over(made);
    log_unref(made);
}

struct log *lookup_log(struct engine *e, struct cache_item *it)
{
    const struct item_facts *f = item_facts(it);
    if (item_made(it))
        return item_made(it);
    const struct log_whole whole = {.runs = f->runs.data,
                                    .runs_len = f->runs.len,
                                    .events = f->n_events,
                                    .tail = f->tail.data,
                                    .tail_len = f->tail.len,
                                    .n_tail = f->n_tail,
                                    .release = release_item,
                                    .owner = it};
    struct log *l = log_over(answer_table_pool(e->table), &whole);
    if (l) {
        item_ref(it);
        item_set_made(it, l, drop_log);
    }
    return l;
}
