#include "daemon/cache/item.h"
#include "daemon/cache/item_internal.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include "lib/proto/mp_walk.h"
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* The blob, an array of:
 *
 *   version         int, ITEM_VERSION
 *   key             bin of KEY_LEN
 *   scope           name
 *   kind            int, enum item_kind
 *   created_us, expires_us                    int
 *   provider, model name
 *   saved_nano, saved_ms                      int
 *   currency        name
 *   n_events, runs  int, bin
 *   n_tail, tail    int, bin
 *   sum             bin of 8, the seal
 *
 * A name is a str whose last byte is the NUL that C wants behind it, so that it is read where it lies. */
#define ITEM_VERSION 1
#define ITEM_FIELDS 16
#define HEADER_MAX 9   /* bytes before what a field holds */
#define PLACE_BYTES 96 /* of the memory tier's table, for each item */
#define MADE_BYTES 256 /* of what may be made of an answer */
#define CURRENCY_MAX 7
#define NAME_MAX_BYTES 255 /* of a provider, of a model */

struct cache_item {
    unsigned refs;
    void *made;
    void (*drop)(void *made);
    struct item_facts facts; /* point into the blob */
    size_t len;
    uint8_t blob[];
};

static const char *const kind_names[] = {
#define X(code, name) [code] = name,
    ITEM_KIND_MAP(X)
#undef X
};
#define N_KINDS (sizeof kind_names / sizeof *kind_names)

const char *item_kind_name(enum item_kind kind)
{
    return kind_names[kind];
}

bool item_model_is(const char *provider, const char *model, const char *name)
{
    size_t len = strlen(provider);
    return strcmp(name, model) == 0 ||
           (strncmp(name, provider, len) == 0 && name[len] == '/' && strcmp(name + len + 1, model) == 0);
}

/* Each step maps different sums to different ones, so a difference is never lost again. */
static uint64_t sum_word(uint64_t sum, uint64_t word)
{
    sum = (sum ^ le64toh(word)) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 32;
}

uint64_t item_sum(const uint8_t *data, size_t len)
{
    uint64_t sum = len, word;
    for (; len >= sizeof word; data += sizeof word, len -= sizeof word) {
        memcpy(&word, data, sizeof word);
        sum = sum_word(sum, word);
    }
    word = 0;
    memcpy(&word, data, len);
    return sum_word(sum, word);
}

/* -- reading -- */

static bool read_name(struct mp_walk *w, size_t max, const char **ret)
{
    size_t len;
    return mp_walk_str(w, ret, &len) && len > 0 && len - 1 <= max && memchr(*ret, 0, len) == *ret + len - 1;
}

static bool read_int(struct mp_walk *w, int64_t min, int64_t max, int64_t *ret)
{
    return mp_walk_int(w, ret) && *ret >= min && *ret <= max;
}

static bool read_key(struct mp_walk *w, struct cache_key *ret)
{
    const uint8_t *bytes;
    size_t len;
    if (!mp_walk_bin(w, &bytes, &len) || len != KEY_LEN)
        return false;
    memcpy(ret->bytes, bytes, KEY_LEN);
    return true;
}

static bool read_counted(struct mp_walk *w, uint32_t *n, struct item_bytes *bytes)
{
    int64_t count;
    if (!read_int(w, 0, UINT32_MAX, &count))
        return false;
    *n = (uint32_t)count;
    return mp_walk_bin(w, &bytes->data, &bytes->len);
}

/* An event is sent as it is: it must be a map, and nothing behind it. */
static bool is_event(struct mp_walk w)
{
    struct mp_walk head = w;
    uint32_t pairs;
    return mp_walk_map(&head, &pairs) && mp_walk_value(&w) && w.left == 0;
}

static bool are_events(const struct item_bytes *runs, uint32_t n)
{
    struct mp_walk w = {runs->data, runs->len};
    uint32_t len;
    for (; w.left > 0 && n > 0; n--) {
        if (w.left < sizeof len)
            return false;
        memcpy(&len, w.at, sizeof len);
        len = le32toh(len);
        if (w.left - sizeof len < len || !is_event((struct mp_walk){w.at + sizeof len, len}))
            return false;
        w.at += sizeof len + len;
        w.left -= sizeof len + len;
    }
    return w.left == 0 && n == 0;
}

static bool are_entries(const struct item_bytes *tail, uint32_t n)
{
    struct mp_walk w = {tail->data, tail->len};
    const char *key;
    size_t len;
    for (; w.left > 0 && n > 0; n--)
        if (!mp_walk_str(&w, &key, &len) || !mp_walk_value(&w))
            return false;
    return w.left == 0 && n == 0;
}

static bool is_content(const struct item_facts *f)
{
    bool runs = f->kind == ITEM_VECTOR ? f->runs.len == (uint64_t)f->n_events * sizeof(double)
                                       : are_events(&f->runs, f->n_events);
    return runs && are_entries(&f->tail, f->n_tail);
}

/* All but the seal. */
static bool read_facts(struct mp_walk *w, struct item_facts *f)
{
    uint32_t n;
    int64_t version, kind;
    if (!mp_walk_array(w, &n) || n != ITEM_FIELDS || !read_int(w, ITEM_VERSION, ITEM_VERSION, &version) ||
        !read_key(w, &f->key) || !read_name(w, ITEM_SCOPE_MAX - 1, &f->scope) || !read_int(w, 0, N_KINDS - 1, &kind) ||
        !read_int(w, 0, INT64_MAX, &f->created_us) || !read_int(w, 0, INT64_MAX, &f->expires_us) ||
        !read_name(w, NAME_MAX_BYTES, &f->provider) || !read_name(w, NAME_MAX_BYTES, &f->model) ||
        !read_int(w, -1, INT64_MAX, &f->saved_nano) || !read_int(w, 0, INT64_MAX, &f->saved_ms) ||
        !read_name(w, CURRENCY_MAX, &f->currency) || !read_counted(w, &f->n_events, &f->runs) ||
        !read_counted(w, &f->n_tail, &f->tail))
        return false;
    f->kind = (enum item_kind)kind;
    return is_content(f);
}

/* Makes the facts of the item's own blob. */
static bool read_blob(struct cache_item *it)
{
    struct mp_walk w = {it->blob, it->len};
    const uint8_t *seal;
    size_t len;
    uint64_t sum;
    if (!read_facts(&w, &it->facts) || w.left != ITEM_SEAL || !mp_walk_bin(&w, &seal, &len) || len != sizeof sum)
        return false;
    memcpy(&sum, seal, sizeof sum);
    return le64toh(sum) == item_sum(it->blob, it->len - ITEM_SEAL);
}

/* -- writing -- */

static void put_name(struct buf *b, const char *name)
{
    mp_put_str(b, name, strlen(name) + 1);
}

static void put_counted(struct buf *b, uint32_t n, const struct item_bytes *bytes)
{
    mp_put_uint(b, n);
    mp_put_bin(b, bytes->data, bytes->len);
}

static void put_facts(struct buf *b, const struct item_facts *f)
{
    mp_put_array(b, ITEM_FIELDS);
    mp_put_uint(b, ITEM_VERSION);
    mp_put_bin(b, f->key.bytes, KEY_LEN);
    put_name(b, f->scope);
    mp_put_uint(b, f->kind);
    mp_put_int(b, f->created_us);
    mp_put_int(b, f->expires_us);
    put_name(b, f->provider);
    put_name(b, f->model);
    mp_put_int(b, f->saved_nano);
    mp_put_int(b, f->saved_ms);
    put_name(b, f->currency);
    put_counted(b, f->n_events, &f->runs);
    put_counted(b, f->n_tail, &f->tail);
}

static void put_seal(struct buf *b)
{
    uint64_t sum = htole64(item_sum(b->data, b->len));
    mp_put_bin(b, &sum, sizeof sum);
}

/* At least what the blob takes. */
static size_t blob_bound(const struct item_facts *f)
{
    size_t names = strlen(f->scope) + strlen(f->provider) + strlen(f->model) + strlen(f->currency) + 4;
    return (ITEM_FIELDS + 1) * HEADER_MAX + KEY_LEN + names + f->runs.len + f->tail.len + ITEM_SEAL;
}

/* -- items -- */

static struct cache_item *alloc(size_t len)
{
    struct cache_item *it = len < SIZE_MAX - sizeof *it ? malloc(sizeof *it + len) : NULL;
    if (it)
        *it = (struct cache_item){.refs = 1, .len = len};
    return it;
}

struct cache_item *item_new(const struct item_facts *facts)
{
    size_t bound = blob_bound(facts);
    struct cache_item *it = alloc(bound);
    if (!it)
        return NULL;
    struct buf b = {.data = it->blob, .cap = bound, .max = bound}; /* full before it would move */
    put_facts(&b, facts);
    put_seal(&b);
    it->len = b.len;
    return !b.failed && read_blob(it) ? it : item_unref(it);
}

struct cache_item *item_from_blob(const void *blob, size_t len, const struct cache_key *key, const char *scope)
{
    struct cache_item *it = alloc(len);
    if (!it)
        return NULL;
    memcpy(it->blob, blob, len);
    bool right = read_blob(it) && (!key || key_equal(&it->facts.key, key)) && strcmp(it->facts.scope, scope) == 0;
    return right ? it : item_unref(it);
}

struct cache_item *item_ref(struct cache_item *it)
{
    it->refs++;
    return it;
}

struct cache_item *item_unref(struct cache_item *it)
{
    if (it && --it->refs == 0) {
        item_drop_made(it);
        free(it);
    }
    return NULL;
}

const struct item_facts *item_facts(const struct cache_item *it)
{
    return &it->facts;
}

struct item_bytes item_blob(const struct cache_item *it)
{
    return (struct item_bytes){it->blob, it->len};
}

size_t item_memory(const struct cache_item *it)
{
    return sizeof *it + it->len + PLACE_BYTES + (it->facts.kind == ITEM_ANSWER ? MADE_BYTES : 0);
}

static int64_t age_ms(const struct cache_item *it, int64_t now_us)
{
    int64_t age_us = now_us - it->facts.created_us;
    return age_us > 0 ? age_us / 1000 : 0;
}

int64_t item_age_ms(const struct cache_item *it)
{
    return age_ms(it, clock_wall_us());
}

bool item_fresh(const struct cache_item *it, int64_t max_age_ms)
{
    int64_t now_us = clock_wall_us();
    return now_us < it->facts.expires_us && (max_age_ms < 0 || age_ms(it, now_us) <= max_age_ms);
}

void item_set_made(struct cache_item *it, void *made, void (*drop)(void *made))
{
    assert(!it->made);
    it->made = made;
    it->drop = drop;
}

void *item_made(const struct cache_item *it)
{
    return it->made;
}

void item_drop_made(struct cache_item *it)
{
    void *made = it->made;
    it->made = NULL;
    if (made)
        it->drop(made);
}
