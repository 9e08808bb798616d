/* What a tier gives back: whatever is taken as an item encodes to one that says the same. The input is a blob without
 * its seal, which is put on here: a fuzzer would not guess it. */
#include "daemon/cache/item.h"
#include "daemon/cache/item_internal.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cache_key key = {"k"};
#define SCOPE "uid:1000"

static void require(bool truth)
{
    if (!truth)
        abort();
}

static uint8_t *sealed(const uint8_t *data, size_t size)
{
    uint8_t *blob = malloc(size + ITEM_SEAL);
    uint64_t sum = htole64(item_sum(data, size));
    require(blob != NULL);
    memcpy(blob, data, size);
    memcpy(blob + size, "\xc4\x08", ITEM_SEAL - sizeof sum);
    memcpy(blob + size + ITEM_SEAL - sizeof sum, &sum, sizeof sum);
    return blob;
}

static bool same(struct item_bytes a, struct item_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void require_same(const struct item_facts *a, const struct item_facts *b)
{
    require(memcmp(&a->key, &b->key, sizeof key) == 0 && strcmp(a->scope, b->scope) == 0 && a->kind == b->kind);
    require(a->created_us == b->created_us && a->expires_us == b->expires_us);
    require(strcmp(a->provider, b->provider) == 0 && strcmp(a->model, b->model) == 0);
    require(a->saved_nano == b->saved_nano && a->saved_ms == b->saved_ms && strcmp(a->currency, b->currency) == 0);
    require(same(a->runs, b->runs) && a->n_events == b->n_events);
    require(same(a->tail, b->tail) && a->n_tail == b->n_tail);
}

/* As its readers will. */
static void walk_events(const struct item_facts *f)
{
    const uint8_t *at = f->runs.data;
    uint32_t len;
    for (uint32_t i = 0; i < f->n_events; i++, at += sizeof len + le32toh(len))
        memcpy(&len, at, sizeof len);
    require(at == f->runs.data + f->runs.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *blob = sealed(data, size);
    struct cache_item *it = item_from_blob(blob, size + ITEM_SEAL, &key, SCOPE);
    free(blob);
    if (!it)
        return 0;
    struct cache_item *again = item_new(item_facts(it));
    require(again != NULL);
    require_same(item_facts(again), item_facts(it));
    if (item_facts(it)->kind == ITEM_ANSWER)
        walk_events(item_facts(it));
    item_unref(again);
    item_unref(it);
    return 0;
}
