#include "daemon/engine/vectors_known.h"
#include "daemon/engine/figures.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

static void make_keys(struct engine *e, const struct route *r, const struct vectors_known *k, struct cache_key *keys)
{
    const struct key_target target = lookup_target(r);
    for (size_t i = 0; i < k->req->n_input; i++) {
        key_text(e->key_maker, k->scope, k->req->input[i], k->req->input_len[i]);
        key_for(e->key_maker, &target, &keys[i]);
    }
}

static bool is_vector(const struct cache_item *it)
{
    const struct item_facts *f = it ? item_facts(it) : NULL;
    return f && f->kind == ITEM_VECTOR && f->n_events > 0 && f->runs.len == f->n_events * sizeof(double);
}

void vectors_known_find(struct engine *e, const struct route *r, const struct embed_request *req, uid_t uid,
                        struct vectors_known *ret)
{
    *ret = (struct vectors_known){.req = req, .n_missing = req->n_input};
    cache_scope(e->cache, uid, ret->scope);
    ret->items = xcalloc(req->n_input, sizeof *ret->items);
    if (!r->model[0])
        return;
    ret->keys = xcalloc(req->n_input, sizeof *ret->keys);
    make_keys(e, r, ret, ret->keys);
    for (size_t i = 0; i < req->n_input; i++) {
        struct cache_item *it = cache_find(e->cache, ret->scope, &ret->keys[i], -1);
        if (is_vector(it)) {
            ret->items[i] = item_ref(it);
            ret->n_missing--;
        }
    }
}

void vectors_known_forget(struct vectors_known *k)
{
    for (size_t i = 0; i < k->req->n_input; i++)
        k->items[i] = item_unref(k->items[i]);
    k->n_missing = k->req->n_input;
}

void vectors_known_done(struct vectors_known *k)
{
    if (k->req)
        vectors_known_forget(k);
    free(k->keys);
    free(k->items);
    *k = (struct vectors_known){0};
}

struct cache_key *vectors_known_next(const struct vectors_known *k, size_t *n)
{
    struct cache_key *keys = k->keys && k->n_missing > 0 ? xcalloc(VECTORS_AT_ONCE, sizeof *keys) : NULL;
    *n = 0;
    for (size_t i = k->looked; keys && i < k->req->n_input && *n < VECTORS_AT_ONCE; i++)
        if (!k->items[i])
            keys[(*n)++] = k->keys[i];
    if (*n > 0)
        return keys;
    free(keys);
    return NULL;
}

void vectors_known_add(struct vectors_known *k, struct cache_item **found, size_t n)
{
    for (size_t at = 0; k->looked < k->req->n_input && at < n; k->looked++) {
        if (k->items[k->looked])
            continue;
        struct cache_item *it = found[at++];
        if (is_vector(it)) {
            k->items[k->looked] = item_ref(it);
            k->n_missing--;
        }
    }
}

struct embed_request *vectors_known_rest(const struct vectors_known *k)
{
    struct embed_request *rest = embed_request_new();
    rest->model = xstrdup(k->req->model);
    for (size_t i = 0; i < k->req->n_input; i++)
        if (!k->items[i])
            embed_request_add(rest, k->req->input[i], k->req->input_len[i]);
    return rest;
}

/* -- numbers as they are kept: little-endian -- */

static void get_numbers(double *to, const struct item_facts *f)
{
    for (size_t i = 0; i < f->n_events; i++) {
        uint64_t bits;
        memcpy(&bits, f->runs.data + i * sizeof bits, sizeof bits);
        bits = le64toh(bits);
        memcpy(&to[i], &bits, sizeof bits);
    }
}

static uint8_t *put_numbers(const double *from, size_t n)
{
    uint8_t *bytes = xcalloc(n, sizeof(uint64_t));
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &from[i], sizeof bits);
        bits = htole64(bits);
        memcpy(bytes + i * sizeof bits, &bits, sizeof bits);
    }
    return bytes;
}

/* 0 where they differ. */
static size_t common_dimension(const struct vectors_known *k, size_t asked)
{
    size_t dimension = asked;
    for (size_t i = 0; i < k->req->n_input; i++) {
        size_t own = k->items[i] ? item_facts(k->items[i])->n_events : dimension;
        if (dimension && own != dimension)
            return 0;
        dimension = own;
    }
    return dimension;
}

double *vectors_known_merge(const struct vectors_known *k, const struct vectors_asked *a, size_t *dimension)
{
    size_t n = common_dimension(k, a->dimension);
    const double *next = a->numbers;
    *dimension = n;
    if (n == 0 || k->req->n_input > VECTORS_BYTES_MAX / sizeof(double) / n)
        return NULL;
    double *all = calloc(k->req->n_input * n, sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < k->req->n_input; i++) {
        if (k->items[i]) {
            get_numbers(all + i * n, item_facts(k->items[i]));
        } else {
            memcpy(all + i * n, next, n * sizeof *all);
            next += n;
        }
    }
    return all;
}

/* Each text's share of what the request took. */
static void find_savings(const struct engine *e, const struct vectors_asked *a, size_t texts, struct item_facts *facts)
{
    facts->saved_ms = a->took_ms / (int64_t)texts;
    facts->currency = "USD";
    facts->saved_nano = a->usage.cost_nano;
    if (facts->saved_nano < 0 &&
        !figures_cost(e->catalog, a->route, &a->usage, facts->created_us, &facts->saved_nano, &facts->currency)) {
        facts->saved_nano = -1;
        facts->currency = "";
    }
    if (facts->saved_nano > 0)
        facts->saved_nano /= (int64_t)texts;
}

void vectors_known_remember(struct engine *e, const struct vectors_known *k, const struct vectors_asked *a)
{
    struct cache_key *keys = xcalloc(k->req->n_input, sizeof *keys);
    struct item_facts facts = {.scope = k->scope,
                               .kind = ITEM_VECTOR,
                               .created_us = clock_wall_us(),
                               .provider = a->route->provider->name,
                               .model = a->route->model,
                               .n_events = (uint32_t)a->dimension};
    const double *next = a->numbers;
    facts.expires_us = facts.created_us + cache_ttl_ms(e->cache) * 1000;
    find_savings(e, a, k->n_missing, &facts);
    make_keys(e, a->route, k, keys);
    for (size_t i = 0; i < k->req->n_input; i++) {
        if (k->items[i])
            continue;
        uint8_t *bytes = put_numbers(next, a->dimension);
        facts.key = keys[i];
        facts.runs = (struct item_bytes){bytes, a->dimension * sizeof(double)};
        cache_put(e->cache, &facts, store_stores(e->store));
        next += a->dimension;
        free(bytes);
    }
    free(keys);
}
