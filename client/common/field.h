/* A map's field of a type: false where it is absent or of another one. */
#ifndef CLIENT_FIELD_H
#define CLIENT_FIELD_H

#include "lib/base/error.h"
#include "lib/proto/mp.h"
#include <string.h>

static inline bool field_str(const msgpack_object_map *map, const char *key, const char **s, size_t *len)
{
    const msgpack_object *o = mp_get(map, key);
    return o != NULL && mp_str(o, s, len);
}

/* A string that fits, with its NUL, into out; which stays as it is where there is none. */
static inline bool field_copy(const msgpack_object_map *map, const char *key, char *out, size_t size)
{
    const char *s;
    size_t len;
    if (!field_str(map, key, &s, &len) || len == 0 || len >= size)
        return false;
    memcpy(out, s, len);
    out[len] = '\0';
    return true;
}

/* A string as text for one line, cut to what fits; "" where there is none. Returns out. */
static inline const char *field_line(const msgpack_object_map *map, const char *key, char *out, size_t size)
{
    const char *s = "";
    size_t len = 0;
    (void)field_str(map, key, &s, &len);
    error_text(out, size, s, len);
    return out;
}

static inline bool field_int(const msgpack_object_map *map, const char *key, int64_t *v)
{
    const msgpack_object *o = mp_get(map, key);
    return o != NULL && mp_int(o, v);
}

static inline bool field_double(const msgpack_object_map *map, const char *key, double *v)
{
    const msgpack_object *o = mp_get(map, key);
    return o != NULL && mp_double(o, v);
}

/* True where it is there, a bool, and true. */
static inline bool field_true(const msgpack_object_map *map, const char *key)
{
    const msgpack_object *o = mp_get(map, key);
    bool v;
    return o != NULL && mp_bool(o, &v) && v;
}

static inline bool field_map(const msgpack_object_map *map, const char *key, msgpack_object_map *m)
{
    const msgpack_object *o = mp_get(map, key);
    return o != NULL && mp_map(o, m);
}

static inline bool field_array(const msgpack_object_map *map, const char *key, msgpack_object_array *a)
{
    const msgpack_object *o = mp_get(map, key);
    return o != NULL && mp_array(o, a);
}

#endif
