/* cache.lookup, cache.list, cache.clear, cache.stats. What memory has is answered at once; what only the persistent
 * tier has, later. */
#include "daemon/cache/cache.h"
#include "daemon/engine/estimate.h"
#include "daemon/rpc/cache_map.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

#define LIST_DEFAULT 100
#define AFTER_MAX 1024

static struct cache *cache_of(const struct call *c)
{
    return engine_cache(c->peer->server->engine);
}

static void scope_of(const struct call *c, char scope[ITEM_SCOPE_MAX])
{
    cache_scope(cache_of(c), server_scope(c->peer->server, c->peer), scope);
}

/* -- parameters -- */

/* *given: is it there at all? */
static enum error_code read_key(const struct call *c, struct cache_key *ret, bool *given, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "key");
    const char *s = "";
    size_t len = 0;
    *given = o != NULL;
    if (!o || (mp_str(o, &s, &len) && key_from_hex(s, len, ret)))
        return ERR_NONE;
    return error_set_param(err, "key", "key must be the 64 hex digits that an answer map has as its key");
}

/* A string that is kept until the call is answered; NULL where it is not told. */
static enum error_code read_string(const struct call *c, const char *name, size_t max, char **ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, name);
    const char *s = "";
    size_t len = 0;
    if (!o)
        return ERR_NONE;
    mp_str(o, &s, &len);
    if (len == 0 || len > max || memchr(s, '\0', len))
        return error_set_param(err, name, "%s must have 1 to %zu bytes, none of them a NUL", name, max);
    *ret = xstrndup(s, len);
    return ERR_NONE;
}

/* -- cache.lookup -- */

static void release_item(void *owner)
{
    item_unref(owner);
}

/* A large one is sent from where it is, and held until then. */
static void reply_with(struct call *c, struct cache_item *it)
{
    const struct item_bytes *tail = &item_facts(it)->tail;
    struct buf *b = call_begin(c);
    if (tail->len >= OUTQ_PIN) {
        cache_map_put_head(b, it);
        peer_commit(c->peer);
        peer_pin(c->peer, tail->data, tail->len, release_item, item_ref(it));
    } else {
        cache_map_put_answer(b, it);
        call_end(c);
    }
}

static enum error_code set_unknown(struct error *err)
{
    error_set_param(err, "key", "no answer is kept under this key; it never was, was another user's, or has gone");
    return err->code = ERR_NOT_FOUND;
}

struct lookup { /* one that waits for the persistent tier */
    struct later *later;
    uint64_t msgid;
    struct cache_fetch *fetch;
};

static void on_fetched(void *data, struct cache_item **items, size_t n)
{
    struct lookup *k = data;
    struct call c = {.peer = later_peer(k->later), .msgid = k->msgid};
    struct error err = ERROR_INIT;
    enum error_code code = n > 0 && items[0] && cache_map_is_answer(items[0]) ? ERR_NONE : set_unknown(&err);
    if (code == ERR_NONE)
        code = server_may_send(c.peer->server, c.peer, item_facts(items[0])->tail.len, &err);
    if (code == ERR_NONE) {
        reply_with(&c, items[0]);
        later_free(k->later);
    } else {
        later_fail(k->later, &err);
    }
    free(k);
}

static void on_gone(void *data)
{
    struct lookup *k = data;
    cache_fetch_cancel(k->fetch);
    later_free(k->later);
    free(k);
}

static enum error_code fetch(const struct call *c, const char *scope, const struct cache_key *key, struct error *err)
{
    enum error_code code = call_may_wait(c, err);
    if (code != ERR_NONE)
        return code;
    struct lookup *k = NEW(struct lookup);
    k->msgid = c->msgid;
    k->fetch = cache_fetch(cache_of(c), scope, key, 1, -1, on_fetched, k);
    if (!k->fetch) {
        free(k);
        return set_unknown(err);
    }
    k->later = later_new(c);
    later_on_gone(k->later, on_gone, k);
    return ERR_NONE;
}

/* For what chat would be asked. */
static void on_estimate(void *data, const struct estimate *est, const struct error *err)
{
    struct later *l = data;
    char hex[KEY_HEX + 1];
    if (err) {
        later_fail(l, err);
        return;
    }
    struct buf *b = later_begin(l);
    if (b) {
        mp_put_map(b, 1u + (est->keyed ? 1 : 0) + (est->hit ? 1 : 0));
        mp_put_cstr(b, "hit");
        mp_put_bool(b, est->hit);
        if (est->keyed) {
            key_hex(&est->key, hex);
            mp_put_entry(b, "key", hex);
        }
        if (est->hit) {
            mp_put_cstr(b, "age");
            mp_put_double(b, (double)est->age_ms / 1000);
        }
    }
    later_end(l);
}

static enum error_code look_up_question(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    struct chat_request *req;
    enum error_code code = call_may_wait(c, err);
    if (code == ERR_NONE)
        code = codec_chat_request(&c->params, &req, err);
    if (code != ERR_NONE)
        return code;
    call_add_context(c, req);
    const struct spend_who who = {server_scope(s, c->peer), c->peer->client, &req->place};
    estimate_start(s->engine, req, &who, on_estimate, later_new(c));
    return ERR_NONE;
}

enum error_code m_cache_lookup(struct call *c, struct error *err)
{
    struct cache_key key;
    char scope[ITEM_SCOPE_MAX];
    bool given;
    enum error_code code = read_key(c, &key, &given, err);
    if (code != ERR_NONE)
        return code;
    if (!given)
        return look_up_question(c, err);
    scope_of(c, scope);
    struct cache_item *it = cache_find(cache_of(c), scope, &key, -1);
    if (!it)
        return fetch(c, scope, &key, err);
    if (!cache_map_is_answer(it))
        return set_unknown(err);
    reply_with(c, it);
    return ERR_NONE;
}

/* -- cache.list -- */

struct listing {
    struct later *later;
    char scope[ITEM_SCOPE_MAX];
    char *after; /* NULL: from the start */
};

static void listing_free(struct listing *l)
{
    free(l->after);
    free(l);
}

struct page {
    struct cache_item **items; /* owned, as what is in it */
    size_t n;
};

/* Takes what can be read: of a tier that others write to as well, not all may be ours. */
static void page_read(struct page *page, const struct item_bytes *blobs, size_t n, const char *scope)
{
    *page = (struct page){.items = xcalloc(n + 1, sizeof *page->items)};
    for (size_t i = 0; i < n; i++) {
        struct cache_item *it = item_from_blob(blobs[i].data, blobs[i].len, NULL, scope);
        if (it)
            page->items[page->n++] = it;
    }
}

static void page_done(struct page *page)
{
    for (size_t i = 0; i < page->n; i++)
        item_unref(page->items[i]);
    free(page->items);
}

static void reply_with_page(struct later *later, const struct page *page, const char *after)
{
    struct peer *p = later_peer(later);
    struct error err = ERROR_INIT;
    if (p && server_may_send(p->server, p, cache_map_page_answers(page->items, page->n), &err) != ERR_NONE) {
        later_fail(later, &err);
        return;
    }
    struct buf *b = later_begin(later);
    if (b)
        cache_map_put_page(b, page->items, page->n, after);
    later_end(later);
}

static void on_listed(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err)
{
    struct listing *l = data;
    struct page page;
    if (err) {
        later_fail(l->later, err);
    } else {
        page_read(&page, blobs, n, l->scope);
        reply_with_page(l->later, &page, after);
        page_done(&page);
    }
    listing_free(l);
}

enum error_code m_cache_list(struct call *c, struct error *err)
{
    struct listing *l = NEW(struct listing);
    struct tier_list list = {.scope = l->scope, .done = on_listed, .data = l};
    enum error_code code = m_read_limit(c, LIST_DEFAULT, &list.limit, err);
    if (code == ERR_NONE)
        code = read_string(c, "after", AFTER_MAX, &l->after, err);
    if (code != ERR_NONE) {
        listing_free(l);
        return code;
    }
    list.after = l->after ? l->after : "";
    scope_of(c, l->scope);
    l->later = later_new(c);
    cache_list(cache_of(c), &list);
    return ERR_NONE;
}

/* -- cache.clear -- */

/* Older than so many seconds. Without it, of any age; one that reaches beyond 1970 leaves nothing to remove. */
static enum error_code read_age(const struct call *c, int64_t *before_us, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "older_than");
    int64_t now_us = clock_wall_us();
    double seconds = 0;
    if (!o)
        return ERR_NONE;
    mp_double(o, &seconds);
    if (!(seconds >= 0)) /* so that NaN is refused */
        return error_set_param(err, "older_than", "older_than must not be negative");
    *before_us = seconds < (double)now_us / 1e6 ? now_us - (int64_t)(seconds * 1e6) : 1;
    return ERR_NONE;
}

static void on_cleared(void *data, int64_t removed, const struct error *err)
{
    struct later *l = data;
    if (err) {
        later_fail(l, err);
        return;
    }
    struct buf *b = later_begin(l);
    if (b) {
        mp_put_map(b, 1);
        mp_put_entry_int(b, "removed", removed);
    }
    later_end(l);
}

enum error_code m_cache_clear(struct call *c, struct error *err)
{
    struct tier_filter filter = {0};
    struct cache_key key;
    char scope[ITEM_SCOPE_MAX], *model = NULL;
    bool by_key;
    enum error_code code = read_key(c, &key, &by_key, err);
    if (code == ERR_NONE)
        code = read_age(c, &filter.created_before_us, err);
    if (code == ERR_NONE)
        code = read_string(c, "model", ENGINE_MODEL_MAX, &model, err);
    if (code == ERR_NONE) {
        scope_of(c, scope);
        filter.scope = scope;
        filter.key = by_key ? &key : NULL;
        filter.model = model;
        engine_forget_suggestions(c->peer->server->engine, server_scope(c->peer->server, c->peer));
        cache_clear(cache_of(c), &filter, on_cleared, later_new(c));
    }
    free(model);
    return code;
}

/* -- cache.stats -- */

enum error_code m_cache_stats(struct call *c, struct error *err)
{
    struct cache_stats st;
    (void)err;
    cache_get_stats(cache_of(c), &st);
    cache_map_put_stats(call_begin(c), &st, false);
    call_end(c);
    return ERR_NONE;
}
