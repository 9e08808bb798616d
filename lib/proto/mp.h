/* Reading and writing MessagePack by the protocol's forgiving rules (doc/protocol.md, types): nil is absent, an empty
 * array where a map is due is the empty map, a float with an integral value is an integer and the other way round, a
 * bin that is UTF-8 is a string. Readers return false for a value of another type. Views point into the frame. */
#ifndef ASKD_PROTO_MP_H
#define ASKD_PROTO_MP_H

#include "lib/base/buf.h"
#include <msgpack.h>

bool mp_str(const msgpack_object *o, const char **s, size_t *len);
bool mp_bytes(const msgpack_object *o, const uint8_t **p, size_t *len); /* bin, or str */
bool mp_int(const msgpack_object *o, int64_t *v);
bool mp_double(const msgpack_object *o, double *v);
bool mp_bool(const msgpack_object *o, bool *v);
bool mp_map(const msgpack_object *o, msgpack_object_map *m);
bool mp_array(const msgpack_object *o, msgpack_object_array *a);
/* The value under key, NULL if absent or nil; the last one wins where a key stands twice. */
const msgpack_object *mp_get(const msgpack_object_map *m, const char *key);
/* The first letters of a map's keys, as a set: of the many fields that a request may have, most are known to be absent
 * without a look at any key. Never 0 for a map that has keys. */
uint32_t mp_initials(const msgpack_object_map *m);
static inline bool mp_may_have(uint32_t initials, const char *key)
{
    return initials & UINT32_C(1) << (key[0] & 31);
}
/* True if every str in the tree is UTF-8 and no ext is in it. */
bool mp_clean(const msgpack_object *o);

/* Writers append to a buf and set its `failed` when it is full. */
void mp_put_nil(struct buf *b);
void mp_put_bool(struct buf *b, bool v);
void mp_put_int(struct buf *b, int64_t v);
void mp_put_uint(struct buf *b, uint64_t v);
void mp_put_double(struct buf *b, double v);
void mp_put_str(struct buf *b, const char *s, size_t len);
void mp_put_str_head(struct buf *b, size_t len); /* for a string whose bytes follow elsewhere */
void mp_put_cstr(struct buf *b, const char *s);  /* NULL gives nil */
void mp_put_bin(struct buf *b, const void *p, size_t len);
void mp_put_array(struct buf *b, uint32_t n);
void mp_put_map(struct buf *b, uint32_t n);
void mp_put_object(struct buf *b, const msgpack_object *o); /* a whole value as it is */

/* One entry of a map. Of a string, NULL gives nil; a time goes out as seconds. */
void mp_put_entry(struct buf *b, const char *key, const char *value);
void mp_put_entry_int(struct buf *b, const char *key, int64_t v);
void mp_put_entry_uint(struct buf *b, const char *key, uint64_t v);
void mp_put_entry_nano(struct buf *b, const char *key, int64_t nano); /* billionths, as a double of whole ones */
void mp_put_entry_time(struct buf *b, const char *key, int64_t us);

/* A map whose number of entries is known at its end: five bytes are kept for the header. */
size_t mp_open_map(struct buf *b); /* returns where it begins */
void mp_close_map(struct buf *b, size_t at, uint32_t n);

#endif
