#include "daemon/cache/memory.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/queue.h>
#define uthash_fatal(msg) abort()
/* Keys are SHA-256: any bytes of them are as good as a hash. */
#define HASH_FUNCTION(key, len, hash) memcpy(&(hash), (key), sizeof(hash))
#include <uthash.h>
/* Of places that share a bucket, where uthash has 10: each is memory that is seldom at hand, and a key that is not
 * there is held against all of them. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 6U

#define PAGE_MAX 256
#define PAGE_BYTES (4 << 20) /* of blobs in one page, and at least one blob */

struct place {
    struct cache_item *item; /* reference; its key is the place's */
    TAILQ_ENTRY(place) order;
    UT_hash_handle hh;
};

struct memory {
    struct memory_bounds bounds;
    struct place *by_key;
    TAILQ_HEAD(place_list, place) places; /* what was used last stands first */
    int64_t bytes;
    uint64_t evictions;
};

struct memory *memory_new(const struct memory_bounds *bounds)
{
    struct memory *m = NEW(struct memory);
    m->bounds = *bounds;
    TAILQ_INIT(&m->places);
    return m;
}

static void leave(struct memory *m, struct place *p)
{
    HASH_DEL(m->by_key, p);
    TAILQ_REMOVE(&m->places, p, order);
    m->bytes -= (int64_t)item_memory(p->item);
    item_drop_made(p->item);
    item_unref(p->item);
    free(p);
}

struct memory *memory_free(struct memory *m)
{
    struct place *p;
    if (!m)
        return NULL;
    while ((p = TAILQ_FIRST(&m->places)))
        leave(m, p);
    free(m);
    return NULL;
}

/* -- bounds -- */

static bool fits(const struct memory *m, const struct cache_item *it)
{
    return item_blob(it).len <= (uint64_t)m->bounds.max_item &&
           item_memory(it) <= (uint64_t)m->bounds.bytes / MEMORY_SHARE;
}

static void evict(struct memory *m, struct place *p)
{
    leave(m, p);
    m->evictions++;
}

static void make_room(struct memory *m)
{
    while (m->bytes > m->bounds.bytes)
        evict(m, TAILQ_LAST(&m->places, place_list));
}

void memory_configure(struct memory *m, const struct memory_bounds *bounds)
{
    struct place *p, *next;
    m->bounds = *bounds;
    for (p = TAILQ_FIRST(&m->places); p; p = next) {
        next = TAILQ_NEXT(p, order);
        if (!fits(m, p->item))
            evict(m, p);
    }
    make_room(m);
}

/* -- by key -- */

static struct place *place_of(const struct memory *m, const struct cache_key *key)
{
    struct place *p;
    HASH_FIND(hh, m->by_key, key->bytes, KEY_LEN, p);
    return p;
}

static void touch(struct memory *m, struct place *p)
{
    if (p == TAILQ_FIRST(&m->places))
        return;
    TAILQ_REMOVE(&m->places, p, order);
    TAILQ_INSERT_HEAD(&m->places, p, order);
}

struct cache_item *memory_find(struct memory *m, const char *scope, const struct cache_key *key, int64_t max_age_ms)
{
    struct place *p = place_of(m, key);
    if (!p || strcmp(item_facts(p->item)->scope, scope) != 0)
        return NULL;
    if (item_fresh(p->item, max_age_ms)) {
        touch(m, p);
        return p->item;
    }
    if (!item_fresh(p->item, -1))
        leave(m, p);
    return NULL;
}

bool memory_holds(const struct memory *m, const struct cache_item *it)
{
    const struct place *p = place_of(m, &item_facts(it)->key);
    return p && p->item == it;
}

void memory_put(struct memory *m, struct cache_item *it)
{
    const struct cache_key *key = &item_facts(it)->key;
    item_ref(it); /* may be what goes */
    struct place *p = place_of(m, key);
    if (p)
        leave(m, p);
    if (!fits(m, it)) {
        item_unref(it);
        return;
    }
    p = NEW(struct place);
    p->item = it;
    HASH_ADD_KEYPTR(hh, m->by_key, key->bytes, KEY_LEN, p);
    TAILQ_INSERT_HEAD(&m->places, p, order);
    m->bytes += (int64_t)item_memory(it);
    make_room(m);
}

/* -- all of a scope -- */

/* But for the key. */
static bool passes(const struct item_facts *item, const struct tier_filter *f)
{
    return strcmp(item->scope, f->scope) == 0 && (!f->model || item_model_is(item->provider, item->model, f->model)) &&
           (!f->created_before_us || item->created_us < f->created_before_us);
}

int64_t memory_clear(struct memory *m, const struct tier_filter *f)
{
    int64_t n = 0;
    struct place *p = f->key ? place_of(m, f->key) : TAILQ_FIRST(&m->places), *next;
    for (; p; p = next) {
        next = f->key ? NULL : TAILQ_NEXT(p, order);
        if (!passes(item_facts(p->item), f))
            continue;
        leave(m, p);
        n++;
    }
    return n;
}

/* The items of the smallest keys so far, sorted. */
struct page {
    size_t n, max;
    bool more; /* there were others */
    const struct cache_item **items;
};

static int compare(const struct cache_item *a, const struct cache_item *b)
{
    return memcmp(item_facts(a)->key.bytes, item_facts(b)->key.bytes, KEY_LEN);
}

/* Keys come in no order, so that few of many get past the first comparison. */
static void offer(struct page *page, const struct cache_item *it)
{
    bool full = page->n == page->max;
    size_t at = page->n;
    page->more = page->more || full;
    if (full && compare(it, page->items[page->n - 1]) > 0)
        return;
    while (at > 0 && compare(it, page->items[at - 1]) < 0)
        at--;
    page->n += !full;
    memmove(page->items + at + 1, page->items + at, (page->n - at - 1) * sizeof *page->items);
    page->items[at] = it;
}

static void tell(const struct page *page, const struct tier_list *l)
{
    struct item_bytes *blobs = xcalloc(page->n, sizeof *blobs);
    char after[KEY_HEX + 1] = "";
    size_t n = 0, bytes = 0;
    for (; n < page->n && bytes < PAGE_BYTES; n++) {
        blobs[n] = item_blob(page->items[n]);
        bytes += blobs[n].len;
    }
    if (page->more || n < page->n)
        key_hex(&item_facts(page->items[n - 1])->key, after);
    l->done(l->data, blobs, n, after, NULL);
    free(blobs);
}

static void collect(const struct memory *m, const char *scope, const struct cache_key *after, struct page *page)
{
    const struct place *p;
    TAILQ_FOREACH (p, &m->places, order) {
        const struct item_facts *f = item_facts(p->item);
        bool behind = !after || memcmp(f->key.bytes, after->bytes, KEY_LEN) > 0;
        if (behind && strcmp(f->scope, scope) == 0 && item_fresh(p->item, -1))
            offer(page, p->item);
    }
}

void memory_list(const struct memory *m, const struct tier_list *l)
{
    struct page page = {.max = MAX(1, MIN(l->limit, PAGE_MAX))};
    struct error err = ERROR_INIT;
    struct cache_key after;
    if (l->after[0] && !key_from_hex(l->after, strlen(l->after), &after)) {
        error_set_param(&err, "after", "no page of a list ended there");
        l->done(l->data, NULL, 0, "", &err);
        return;
    }
    page.items = xcalloc(page.max, sizeof *page.items);
    collect(m, l->scope, l->after[0] ? &after : NULL, &page);
    tell(&page, l);
    free(page.items);
}

void memory_get_figures(const struct memory *m, struct memory_figures *ret)
{
    *ret = (struct memory_figures){
        .entries = HASH_COUNT(m->by_key),
        .bytes = m->bytes,
        .evictions = m->evictions,
    };
}
