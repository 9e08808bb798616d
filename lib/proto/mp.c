#include "lib/proto/mp.h"

#include "lib/base/utf8.h"
#include <string.h>

/* Readers */

bool mp_str(const msgpack_object *o, const char **s, size_t *len)
{
    if (o->type == MSGPACK_OBJECT_STR) {
        *s = o->via.str.ptr;
        *len = o->via.str.size;
        return true;
    }
    if (o->type == MSGPACK_OBJECT_BIN && utf8_valid(o->via.bin.ptr, o->via.bin.size)) {
        *s = o->via.bin.ptr;
        *len = o->via.bin.size;
        return true;
    }
    return false;
}

static inline bool as_bytes(const msgpack_object *o, const uint8_t **p, size_t *len)
{
    if (o->type == MSGPACK_OBJECT_STR) {
        *p = (const uint8_t *)o->via.str.ptr;
        *len = o->via.str.size;
        return true;
    }
    if (o->type == MSGPACK_OBJECT_BIN) {
        *p = (const uint8_t *)o->via.bin.ptr;
        *len = o->via.bin.size;
        return true;
    }
    return false;
}

bool mp_bytes(const msgpack_object *o, const uint8_t **p, size_t *len)
{
    return as_bytes(o, p, len);
}

static bool is_float(const msgpack_object *o)
{
    return o->type == MSGPACK_OBJECT_FLOAT64 || o->type == MSGPACK_OBJECT_FLOAT32;
}

/* Both bounds are powers of two, so they are exact as doubles; NaN fails the comparison. */
static bool float_to_int(double d, int64_t *v)
{
    if (!(d >= -0x1p63 && d < 0x1p63) || d != (double)(int64_t)d)
        return false;
    *v = (int64_t)d;
    return true;
}

bool mp_int(const msgpack_object *o, int64_t *v)
{
    if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= INT64_MAX) {
        *v = (int64_t)o->via.u64;
        return true;
    }
    if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        *v = o->via.i64;
        return true;
    }
    return is_float(o) && float_to_int(o->via.f64, v);
}

bool mp_double(const msgpack_object *o, double *v)
{
    if (is_float(o))
        *v = o->via.f64;
    else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        *v = (double)o->via.u64;
    else if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *v = (double)o->via.i64;
    else
        return false;
    return true;
}

bool mp_bool(const msgpack_object *o, bool *v)
{
    if (o->type != MSGPACK_OBJECT_BOOLEAN)
        return false;
    *v = o->via.boolean;
    return true;
}

bool mp_map(const msgpack_object *o, msgpack_object_map *m)
{
    if (o->type == MSGPACK_OBJECT_MAP) {
        *m = o->via.map;
        return true;
    }
    if (o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size == 0) {
        *m = (msgpack_object_map){.size = 0, .ptr = NULL};
        return true;
    }
    return false;
}

bool mp_array(const msgpack_object *o, msgpack_object_array *a)
{
    if (o->type != MSGPACK_OBJECT_ARRAY)
        return false;
    *a = o->via.array;
    return true;
}

/* Most keys differ in their first byte: that is looked at before anything is called. */
static inline bool is_key(const msgpack_object *o, const char *key)
{
    const uint8_t *k;
    size_t n;

    return as_bytes(o, &k, &n) && (n == 0 || k[0] == (uint8_t)key[0]) && strlen(key) == n && memcmp(k, key, n) == 0;
}

const msgpack_object *mp_get(const msgpack_object_map *m, const char *key)
{
    for (uint32_t i = m->size; i-- > 0;) {
        const msgpack_object_kv *kv = &m->ptr[i];

        if (is_key(&kv->key, key))
            return kv->val.type == MSGPACK_OBJECT_NIL ? NULL : &kv->val;
    }
    return NULL;
}

uint32_t mp_initials(const msgpack_object_map *m)
{
    uint32_t set = 0;
    const uint8_t *key;
    size_t len;

    for (uint32_t i = 0; i < m->size; i++)
        if (mp_bytes(&m->ptr[i].key, &key, &len) && len > 0)
            set |= UINT32_C(1) << (key[0] & 31);
    return set;
}

/* Recursion is bounded: whoever unpacked the tree carries at most FRAME_DEPTH_LIMIT levels. */
bool mp_clean(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_STR: return utf8_valid(o->via.str.ptr, o->via.str.size);
    case MSGPACK_OBJECT_EXT: return false;
    case MSGPACK_OBJECT_ARRAY:
        for (uint32_t i = 0; i < o->via.array.size; i++)
            if (!mp_clean(&o->via.array.ptr[i]))
                return false;
        return true;
    case MSGPACK_OBJECT_MAP:
        for (uint32_t i = 0; i < o->via.map.size; i++)
            if (!mp_clean(&o->via.map.ptr[i].key) || !mp_clean(&o->via.map.ptr[i].val))
                return false;
        return true;
    default: return true;
    }
}

/* Writers */

static void store_be(uint8_t *p, uint64_t v, size_t size)
{
    while (size-- > 0) {
        p[size] = (uint8_t)v;
        v >>= 8;
    }
}

/* A lead byte and the lowest `size` bytes of v behind it. */
static void put_head(struct buf *b, uint8_t lead, uint64_t v, size_t size)
{
    if (!buf_reserve(b, 1 + size))
        return;
    b->data[b->len] = lead;
    store_be(b->data + b->len + 1, v, size);
    b->len += 1 + size;
}

void mp_put_nil(struct buf *b)
{
    put_head(b, 0xc0, 0, 0);
}

void mp_put_bool(struct buf *b, bool v)
{
    put_head(b, v ? 0xc3 : 0xc2, 0, 0);
}

void mp_put_uint(struct buf *b, uint64_t v)
{
    if (v < 0x80)
        put_head(b, (uint8_t)v, 0, 0);
    else if (v <= UINT8_MAX)
        put_head(b, 0xcc, v, 1);
    else if (v <= UINT16_MAX)
        put_head(b, 0xcd, v, 2);
    else if (v <= UINT32_MAX)
        put_head(b, 0xce, v, 4);
    else
        put_head(b, 0xcf, v, 8);
}

void mp_put_int(struct buf *b, int64_t v)
{
    if (v >= 0)
        mp_put_uint(b, (uint64_t)v);
    else if (v >= -32)
        put_head(b, (uint8_t)v, 0, 0);
    else if (v >= INT8_MIN)
        put_head(b, 0xd0, (uint64_t)v, 1);
    else if (v >= INT16_MIN)
        put_head(b, 0xd1, (uint64_t)v, 2);
    else if (v >= INT32_MIN)
        put_head(b, 0xd2, (uint64_t)v, 4);
    else
        put_head(b, 0xd3, (uint64_t)v, 8);
}

void mp_put_double(struct buf *b, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    put_head(b, 0xcb, bits, 8);
}

/* A header and the bytes behind it, both or neither. */
static void put_bytes(struct buf *b, uint8_t lead, size_t size, const void *p, size_t len)
{
    if (len > UINT32_MAX) {
        b->failed = true;
        return;
    }
    if (!buf_reserve(b, 1 + size + len))
        return;
    put_head(b, lead, len, size);
    if (len > 0)
        memcpy(b->data + b->len, p, len);
    b->len += len;
}

void mp_put_str_head(struct buf *b, size_t len)
{
    if (len < 32)
        put_head(b, (uint8_t)(0xa0 | len), 0, 0);
    else if (len <= UINT8_MAX)
        put_head(b, 0xd9, len, 1);
    else if (len <= UINT16_MAX)
        put_head(b, 0xda, len, 2);
    else if (len <= UINT32_MAX)
        put_head(b, 0xdb, len, 4);
    else
        b->failed = true;
}

void mp_put_str(struct buf *b, const char *s, size_t len)
{
    if (len < 32)
        put_bytes(b, (uint8_t)(0xa0 | len), 0, s, len);
    else if (len <= UINT8_MAX)
        put_bytes(b, 0xd9, 1, s, len);
    else if (len <= UINT16_MAX)
        put_bytes(b, 0xda, 2, s, len);
    else
        put_bytes(b, 0xdb, 4, s, len);
}

void mp_put_cstr(struct buf *b, const char *s)
{
    if (s == NULL)
        mp_put_nil(b);
    else
        mp_put_str(b, s, strlen(s));
}

void mp_put_bin(struct buf *b, const void *p, size_t len)
{
    if (len <= UINT8_MAX)
        put_bytes(b, 0xc4, 1, p, len);
    else if (len <= UINT16_MAX)
        put_bytes(b, 0xc5, 2, p, len);
    else
        put_bytes(b, 0xc6, 4, p, len);
}

void mp_put_array(struct buf *b, uint32_t n)
{
    if (n < 16)
        put_head(b, (uint8_t)(0x90 | n), 0, 0);
    else if (n <= UINT16_MAX)
        put_head(b, 0xdc, n, 2);
    else
        put_head(b, 0xdd, n, 4);
}

void mp_put_map(struct buf *b, uint32_t n)
{
    if (n < 16)
        put_head(b, (uint8_t)(0x80 | n), 0, 0);
    else if (n <= UINT16_MAX)
        put_head(b, 0xde, n, 2);
    else
        put_head(b, 0xdf, n, 4);
}

void mp_put_entry(struct buf *b, const char *key, const char *value)
{
    mp_put_cstr(b, key);
    mp_put_cstr(b, value);
}

void mp_put_entry_int(struct buf *b, const char *key, int64_t v)
{
    mp_put_cstr(b, key);
    mp_put_int(b, v);
}

void mp_put_entry_uint(struct buf *b, const char *key, uint64_t v)
{
    mp_put_cstr(b, key);
    mp_put_uint(b, v);
}

void mp_put_entry_nano(struct buf *b, const char *key, int64_t nano)
{
    mp_put_cstr(b, key);
    mp_put_double(b, (double)nano / 1e9);
}

void mp_put_entry_time(struct buf *b, const char *key, int64_t us)
{
    mp_put_cstr(b, key);
    mp_put_double(b, (double)us / 1e6);
}

size_t mp_open_map(struct buf *b)
{
    size_t at = b->len;

    put_head(b, 0xdf, 0, 4);
    return at;
}

void mp_close_map(struct buf *b, size_t at, uint32_t n)
{
    if (!b->failed) /* else the header may not be there */
        store_be(b->data + at + 1, n, 4);
}

static int buf_writer(void *data, const char *bytes, size_t len)
{
    return buf_append(data, bytes, len) ? 0 : -1;
}

void mp_put_object(struct buf *b, const msgpack_object *o)
{
    msgpack_packer pk;
    msgpack_packer_init(&pk, b, buf_writer);
    if (msgpack_pack_object(&pk, *o) != 0)
        b->failed = true;
}
