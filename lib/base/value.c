#include "lib/base/value.h"
#include "lib/base/buf.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_DEPTH_MAX 32

/* The bytes come from a message of at most 64 MiB, and the canonical form of one byte takes at most 9/5 of a byte: a
 * 32-bit float becomes a 64-bit one. */
#define VALUE_BYTES_MAX (128u << 20)

/* The order of a map's keys. ORDER_ASKED is sorted but for the map under `properties`, which is ORDER_NAMES: as told,
 * and what is in it ORDER_ASKED again. */
enum order { ORDER_SORTED, ORDER_TOLD, ORDER_ASKED, ORDER_NAMES };

struct value {
    unsigned refs;
    size_t len;
    size_t told; /* where in bytes the form begins that has its keys as they were told */
    uint8_t bytes[];
};

/* Appends a byte and then the low `width` bytes of n, highest first: the form of every MessagePack header. */
static bool put_head(struct buf *b, uint8_t tag, uint64_t n, unsigned width)
{
    uint8_t head[9] = {tag};

    for (unsigned i = width; i > 0; i--, n >>= 8)
        head[i] = (uint8_t)n;
    return buf_append(b, head, 1 + width);
}

static bool put_unsigned(struct buf *b, uint64_t n)
{
    if (n < 0x80)
        return put_head(b, (uint8_t)n, 0, 0);
    if (n <= UINT8_MAX)
        return put_head(b, 0xcc, n, 1);
    if (n <= UINT16_MAX)
        return put_head(b, 0xcd, n, 2);
    if (n <= UINT32_MAX)
        return put_head(b, 0xce, n, 4);
    return put_head(b, 0xcf, n, 8);
}

static bool put_signed(struct buf *b, int64_t n)
{
    if (n >= 0)
        return put_unsigned(b, (uint64_t)n);
    if (n >= -32)
        return put_head(b, (uint8_t)n, 0, 0);
    if (n >= INT8_MIN)
        return put_head(b, 0xd0, (uint64_t)n, 1);
    if (n >= INT16_MIN)
        return put_head(b, 0xd1, (uint64_t)n, 2);
    if (n >= INT32_MIN)
        return put_head(b, 0xd2, (uint64_t)n, 4);
    return put_head(b, 0xd3, (uint64_t)n, 8);
}

static bool put_double(struct buf *b, double d)
{
    uint64_t bits;

    /* 2^63 is exact as a double, INT64_MAX is not; -0.0 goes this way too and becomes 0. */
    if (d >= -0x1p63 && d < 0x1p63 && d == (double)(int64_t)d)
        return put_signed(b, (int64_t)d);
    if (isnan(d))
        d = NAN; /* one of the many, without the sign */
    memcpy(&bits, &d, sizeof(bits));
    return put_head(b, 0xcb, bits, 8);
}

static bool put_str(struct buf *b, const char *s, uint32_t len)
{
    bool ok;

    if (len < 32)
        ok = put_head(b, (uint8_t)(0xa0 | len), 0, 0);
    else if (len <= UINT8_MAX)
        ok = put_head(b, 0xd9, len, 1);
    else if (len <= UINT16_MAX)
        ok = put_head(b, 0xda, len, 2);
    else
        ok = put_head(b, 0xdb, len, 4);
    return ok && buf_append(b, s, len);
}

static bool put_bin(struct buf *b, const char *data, uint32_t len)
{
    bool ok;

    if (len <= UINT8_MAX)
        ok = put_head(b, 0xc4, len, 1);
    else if (len <= UINT16_MAX)
        ok = put_head(b, 0xc5, len, 2);
    else
        ok = put_head(b, 0xc6, len, 4);
    return ok && buf_append(b, data, len);
}

/* The header of an array or a map: `fix` for up to 15 elements, else `wide` for 16 bits and the tag behind it for 32.
 */
static bool put_count(struct buf *b, uint8_t fix, uint8_t wide, uint32_t n)
{
    if (n < 16)
        return put_head(b, (uint8_t)(fix | n), 0, 0);
    if (n <= UINT16_MAX)
        return put_head(b, wide, n, 2);
    return put_head(b, (uint8_t)(wide + 1), n, 4);
}

static bool put_object(struct buf *b, const msgpack_object *obj, unsigned depth, enum order order);

static bool put_array(struct buf *b, const msgpack_object_array *a, unsigned depth, enum order order)
{
    bool ok = put_count(b, 0x90, 0xdc, a->size);

    for (uint32_t i = 0; ok && i < a->size; i++)
        ok = put_object(b, &a->ptr[i], depth, order);
    return ok;
}

static int compare_keys(const void *a, const void *b)
{
    const msgpack_object_str *x = &(*(const msgpack_object_kv *const *)a)->key.via.str;
    const msgpack_object_str *y = &(*(const msgpack_object_kv *const *)b)->key.via.str;
    uint32_t common = x->size < y->size ? x->size : y->size;
    int order = common ? memcmp(x->ptr, y->ptr, common) : 0;

    return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* Points `sorted` at the map's entries in the order of their keys. False if a key is no string or is there twice. */
static bool sort_entries(const msgpack_object_map *m, const msgpack_object_kv **sorted)
{
    for (uint32_t i = 0; i < m->size; i++) {
        if (m->ptr[i].key.type != MSGPACK_OBJECT_STR)
            return false;
        sorted[i] = &m->ptr[i];
    }
    qsort(sorted, m->size, sizeof(const msgpack_object_kv *), compare_keys);
    for (uint32_t i = 1; i < m->size; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            return false;
    return true;
}

/* Of what stands under this key in a map of that order. */
static enum order inner_order(enum order order, const msgpack_object_str *key)
{
    static const char names[] = "properties";

    if (order == ORDER_NAMES)
        return ORDER_ASKED;
    if (order == ORDER_ASKED && key->size == sizeof(names) - 1 && memcmp(key->ptr, names, key->size) == 0)
        return ORDER_NAMES;
    return order;
}

static bool put_map(struct buf *b, const msgpack_object_map *m, unsigned depth, enum order order)
{
    if (m->size == 0)
        return put_count(b, 0x80, 0xde, 0);

    const msgpack_object_kv **sorted = calloc(m->size, sizeof(const msgpack_object_kv *));
    bool ok = sorted && sort_entries(m, sorted) && put_count(b, 0x80, 0xde, m->size);
    for (uint32_t i = 0; ok && i < m->size; i++) {
        const msgpack_object_kv *entry = order == ORDER_TOLD || order == ORDER_NAMES ? &m->ptr[i] : sorted[i];
        const msgpack_object_str *key = &entry->key.via.str;
        ok = put_str(b, key->ptr, key->size) && put_object(b, &entry->val, depth, inner_order(order, key));
    }
    free(sorted);
    return ok;
}

/* `depth` is how many arrays and maps are around the object. */
static bool put_object(struct buf *b, const msgpack_object *obj, unsigned depth, enum order order)
{
    switch (obj->type) {
    case MSGPACK_OBJECT_NIL: return put_head(b, 0xc0, 0, 0);
    case MSGPACK_OBJECT_BOOLEAN: return put_head(b, obj->via.boolean ? 0xc3 : 0xc2, 0, 0);
    case MSGPACK_OBJECT_POSITIVE_INTEGER: return put_unsigned(b, obj->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return put_signed(b, obj->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return put_double(b, obj->via.f64);
    case MSGPACK_OBJECT_STR: return put_str(b, obj->via.str.ptr, obj->via.str.size);
    case MSGPACK_OBJECT_BIN: return put_bin(b, obj->via.bin.ptr, obj->via.bin.size);
    case MSGPACK_OBJECT_ARRAY: return depth < VALUE_DEPTH_MAX && put_array(b, &obj->via.array, depth + 1, order);
    case MSGPACK_OBJECT_MAP: return depth < VALUE_DEPTH_MAX && put_map(b, &obj->via.map, depth + 1, order);
    case MSGPACK_OBJECT_EXT: break;
    }
    return false;
}

/* Both forms have the same length. */
struct value *value_from_object(const msgpack_object *obj)
{
    struct value *v = NULL;
    struct buf sorted, told;

    buf_init(&sorted, VALUE_BYTES_MAX);
    buf_init(&told, VALUE_BYTES_MAX);
    if (put_object(&sorted, obj, 0, ORDER_SORTED) && put_object(&told, obj, 0, ORDER_TOLD)) {
        bool same = memcmp(sorted.data, told.data, sorted.len) == 0;
        v = malloc(sizeof(*v) + (same ? sorted.len : 2 * sorted.len));
        if (v) {
            v->refs = 1;
            v->len = sorted.len;
            v->told = same ? 0 : sorted.len;
            memcpy(v->bytes, sorted.data, sorted.len);
            memcpy(v->bytes + v->told, told.data, told.len);
        }
    }
    buf_done(&sorted);
    buf_done(&told);
    return v;
}

struct value *value_from_packed(const void *bytes, size_t len)
{
    struct value *v = NULL;
    msgpack_unpacked u;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, bytes, len, &off) == MSGPACK_UNPACK_SUCCESS)
        v = value_from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    return v;
}

struct value *value_ref(struct value *v)
{
    if (v)
        v->refs++;
    return v;
}

struct value *value_unref(struct value *v)
{
    if (v && --v->refs == 0)
        free(v);
    return NULL;
}

const uint8_t *value_bytes(const struct value *v, size_t *len)
{
    *len = v->len;
    return v->bytes;
}

const uint8_t *value_told(const struct value *v, size_t *len)
{
    *len = v->len;
    return v->bytes + v->told;
}

bool value_put_asked(const struct value *v, struct buf *b)
{
    msgpack_unpacked u;
    bool ok = false;

    if (!v->told) /* both forms are the same, and so is this one */
        return buf_append(b, v->bytes, v->len);
    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)v->bytes + v->told, v->len, NULL) == MSGPACK_UNPACK_SUCCESS)
        ok = put_object(b, &u.data, 0, ORDER_ASKED);
    msgpack_unpacked_destroy(&u);
    return ok;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a == b)
        return true;
    return a && b && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}
