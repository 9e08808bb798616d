/* What the cache keeps under a key: an answer's compacted events with the shared entries of its map, or a vector; and
 * what is known of it. Immutable once made, reference counted (on the loop alone), in one block of memory: the *blob*,
 * which is also what tiers store. Who reads an answer's events reads them in the blob.
 *
 * The blob is a MessagePack array (item.c has its fields); its first element is the version of the form. One that
 * cannot be read, or that was made for another key or scope, is no item: whoever stored it is not trusted with more. */
#ifndef ASKD_CACHE_ITEM_H
#define ASKD_CACHE_ITEM_H

#include "daemon/cache/key.h"
#include "lib/base/error.h"

/* kind, name in lists */
#define ITEM_KIND_MAP(X) X(ITEM_ANSWER, "answer") X(ITEM_VECTOR, "vector")
enum item_kind {
#define X(code, name) code,
    ITEM_KIND_MAP(X)
#undef X
};
const char *item_kind_name(enum item_kind kind);

#define ITEM_SCOPE_MAX 128

struct item_bytes {
    const uint8_t *data;
    size_t len;
};

/* All that it tells. As a parameter: borrowed. Of an item: in its blob. */
struct item_facts {
    struct cache_key key;
    const char *scope; /* "uid:1000", "namespace:NAME" */
    enum item_kind kind;
    int64_t created_us, expires_us; /* wall clock */
    const char *provider, *model;   /* who answered */
    int64_t saved_nano, saved_ms;   /* what each hit saves: billionths of currency (-1: not known), and time */
    const char *currency;           /* "" where not known */
    struct item_bytes runs, tail;   /* ITEM_ANSWER: events, each behind its length (uint32_t, little-endian); encoded
                                       entries of the answer map. ITEM_VECTOR: runs holds doubles, little-endian */
    uint32_t n_events, n_tail;      /* ITEM_VECTOR: n_events numbers */
};

/* Does a name that somebody tells mean this model? As the provider names it, or "provider/model". */
bool item_model_is(const char *provider, const char *model, const char *name);

struct cache_item;

/* Encodes. NULL where there is no memory for it, and for facts that item_from_blob would not take. The reference is
 * the caller's. */
struct cache_item *item_new(const struct item_facts *facts);
/* Reads a blob, which is copied; key (NULL: any) and scope: what it must be of. NULL for one that is not. */
struct cache_item *item_from_blob(const void *blob, size_t len, const struct cache_key *key, const char *scope);
struct cache_item *item_ref(struct cache_item *it);
struct cache_item *item_unref(struct cache_item *it); /* NULL is fine; always returns NULL */

const struct item_facts *item_facts(const struct cache_item *it);
struct item_bytes item_blob(const struct cache_item *it);
size_t item_memory(const struct cache_item *it);                  /* what it is charged for, with what is made of it */
int64_t item_age_ms(const struct cache_item *it);                 /* at least 0, by the wall clock */
bool item_fresh(const struct cache_item *it, int64_t max_age_ms); /* not expired, and at most so old (-1: of any age) */

/* Whatever its reader makes of it once and wants to find again, such as a log over its events. It goes when the item
 * leaves the memory tier or is freed: drop(made) is called once. Replaces nothing: only where item_made is NULL. */
void item_set_made(struct cache_item *it, void *made, void (*drop)(void *made));
void *item_made(const struct cache_item *it);
void item_drop_made(struct cache_item *it);

#endif
