#include "daemon/provider/jsonx.h"
#include "daemon/provider/scan.h"
#include "lib/base/decimal.h"
#include "lib/base/utf8.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half of a surrogate pair at p, an escape: 6 bytes at least follow. */
static bool lone_surrogate(const char *p, const char *end, bool *pair)
{
    int cp = scan_hex4(p + 2);

    *pair = false;
    if (cp < 0xD800 || cp > 0xDFFF)
        return false;
    if (cp > 0xDBFF || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return true;
    int low = scan_hex4(p + 8);
    *pair = low >= 0xDC00 && low <= 0xDFFF;
    return !*pair;
}

/* Overwrites half pairs with \ufffd, which is as long. Returns whether there was any. */
static bool repair_surrogates(char *text, size_t len)
{
    bool any = false, pair;
    char *end = text + len;

    for (char *p = text; (p = memchr(p, '\\', (size_t)(end - p))) && end - p >= 6;) {
        if (p[1] != 'u') {
            p += 2;
        } else if (lone_surrogate(p, end, &pair)) {
            memcpy(p, "\\ufffd", 6);
            any = true;
            p += 6;
        } else {
            p += pair ? 12 : 6;
        }
    }
    return any;
}

static json_t *load(const char *text, size_t len, size_t flags, json_error_t *e)
{
    json_t *json = json_loadb(text, len, flags | JSON_DECODE_ANY | JSON_ALLOW_NUL, e);

    if (!json && json_error_code(e) == json_error_numeric_overflow && !(flags & JSON_DECODE_INT_AS_REAL))
        return load(text, len, flags | JSON_DECODE_INT_AS_REAL, e);
    return json;
}

json_t *jsonx_parse(const char *text, size_t len, enum jsonx_fault *fault)
{
    json_error_t e;

    *fault = JSONX_CUT;
    if (len == 0)
        return NULL;
    json_t *json = load(text, len, 0, &e);
    if (!json && memmem(text, len, "\\u", 2)) {
        struct buf copy;
        buf_init(&copy, len);
        if (buf_append(&copy, text, len) && repair_surrogates((char *)copy.data, copy.len))
            json = load((char *)copy.data, copy.len, 0, &e);
        buf_done(&copy);
    }
    if (json)
        *fault = JSONX_OK;
    else if (json_error_code(&e) != json_error_premature_end_of_input)
        *fault = JSONX_BAD;
    return json;
}

json_t *jsonx_text(const char *text, size_t len)
{
    return utf8_valid(text, len) ? json_stringn_nocheck(text, len) : NULL;
}

json_t *jsonx_get(const json_t *obj, const char *key)
{
    json_t *v = json_object_get(obj, key);

    return json_is_null(v) ? NULL : v;
}

json_t *jsonx_object(const json_t *obj, const char *key)
{
    json_t *v = json_object_get(obj, key);

    return json_is_object(v) ? v : NULL;
}

json_t *jsonx_at(const json_t *obj, const char *path)
{
    const char *dot;

    for (; (dot = strchr(path, '.')); path = dot + 1)
        obj = json_object_getn(obj, path, (size_t)(dot - path));
    return jsonx_get(obj, path);
}

const char *jsonx_string(const json_t *obj, const char *key, size_t *len)
{
    json_t *v = json_object_get(obj, key);

    if (!json_is_string(v))
        return NULL;
    if (len)
        *len = json_string_length(v);
    return json_string_value(v);
}

bool jsonx_is(const json_t *obj, const char *key, const char *value)
{
    const char *s = jsonx_string(obj, key, NULL);

    return s && strcmp(s, value) == 0;
}

bool jsonx_integer(const json_t *obj, const char *key, int64_t *out)
{
    return jsonx_to_integer(json_object_get(obj, key), out);
}

bool jsonx_to_integer(const json_t *v, int64_t *out)
{
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return true;
    }
    double real = json_real_value(v);
    if (!json_is_real(v) || fabs(real) > 9e15 || real != floor(real))
        return false;
    *out = (int64_t)real;
    return true;
}

bool jsonx_to_decimal(const json_t *v, unsigned places, int64_t *out)
{
    char text[32];

    if (json_is_string(v))
        return decimal_parse(json_string_value(v), json_string_length(v), places, out);
    if (!json_is_number(v))
        return false;
    int len = json_is_integer(v) ? snprintf(text, sizeof text, "%" PRId64, (int64_t)json_integer_value(v))
                                 : snprintf(text, sizeof text, "%.15g", json_real_value(v));
    return decimal_parse(text, (size_t)len, places, out);
}

json_t *jsonx_join(const json_t *strings)
{
    struct buf text;
    size_t i;
    json_t *s;

    buf_init(&text, SIZE_MAX);
    json_array_foreach(strings, i, s) buf_append(&text, json_string_value(s), json_string_length(s));
    json_t *joined =
        json_array_size(strings) > 0 ? json_stringn(text.len ? (const char *)text.data : "", text.len) : NULL;
    buf_done(&text);
    return joined;
}

static json_t *from_object(const msgpack_object *o);

static json_t *from_array(const msgpack_object_array *a)
{
    json_t *json = json_array();

    for (uint32_t i = 0; i < a->size; i++) {
        if (json_array_append_new(json, from_object(&a->ptr[i])) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static json_t *from_map(const msgpack_object_map *m)
{
    json_t *json = json_object();

    for (uint32_t i = 0; i < m->size; i++) {
        const msgpack_object *key = &m->ptr[i].key;
        if (key->type != MSGPACK_OBJECT_STR ||
            json_object_setn_new(json, key->via.str.ptr, key->via.str.size, from_object(&m->ptr[i].val)) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

/* The depth is bounded by struct value. */
static json_t *from_object(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_NIL: return json_null();
    case MSGPACK_OBJECT_BOOLEAN: return json_boolean(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return o->via.u64 <= INT64_MAX ? json_integer((json_int_t)o->via.u64) : json_real((double)o->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return json_integer(o->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return json_real(o->via.f64);
    case MSGPACK_OBJECT_STR: return json_stringn(o->via.str.ptr, o->via.str.size);
    case MSGPACK_OBJECT_ARRAY: return from_array(&o->via.array);
    case MSGPACK_OBJECT_MAP: return from_map(&o->via.map);
    default: return NULL;
    }
}

json_t *jsonx_from_value(const struct value *v)
{
    size_t len;
    const uint8_t *bytes = value_told(v, &len);
    msgpack_unpacked u;
    json_t *json = NULL;

    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)bytes, len, NULL) == MSGPACK_UNPACK_SUCCESS)
        json = from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    return json;
}

static int pack_piece(void *out, const char *piece, size_t len)
{
    return buf_append(out, piece, len) ? 0 : -1;
}

/* *left: values that may still come. */
static bool pack(msgpack_packer *pk, const json_t *json, int depth, size_t *left)
{
    const char *key;
    json_t *value;
    size_t i;

    if (depth == 0 || (*left)-- == 0)
        return false;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        if (msgpack_pack_map(pk, json_object_size(json)) != 0)
            return false;
        json_object_foreach((json_t *)json, key, value) if (msgpack_pack_str_with_body(pk, key, strlen(key)) != 0 ||
                                                            !pack(pk, value, depth - 1, left)) return false;
        return true;
    case JSON_ARRAY:
        if (msgpack_pack_array(pk, json_array_size(json)) != 0)
            return false;
        json_array_foreach(json, i, value) if (!pack(pk, value, depth - 1, left)) return false;
        return true;
    case JSON_STRING: return msgpack_pack_str_with_body(pk, json_string_value(json), json_string_length(json)) == 0;
    case JSON_INTEGER: return msgpack_pack_int64(pk, json_integer_value(json)) == 0;
    case JSON_REAL: return msgpack_pack_double(pk, json_real_value(json)) == 0;
    case JSON_TRUE: return msgpack_pack_true(pk) == 0;
    case JSON_FALSE: return msgpack_pack_false(pk) == 0;
    case JSON_NULL: return msgpack_pack_nil(pk) == 0;
    }
    return false;
}

bool jsonx_pack(const json_t *json, struct buf *out)
{
    size_t left = JSONX_PACK_VALUES;
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, pack_piece);
    return pack(&pk, json, JSONX_PACK_DEPTH, &left) && !out->failed;
}

struct value *jsonx_to_value(const json_t *json)
{
    size_t left = JSONX_VALUE_VALUES;
    struct buf packed;
    msgpack_packer pk;
    struct value *v = NULL;

    buf_init(&packed, SIZE_MAX / 2); /* of the JSON's size */
    msgpack_packer_init(&pk, &packed, pack_piece);
    if (pack(&pk, json, JSONX_VALUE_DEPTH, &left) && !packed.failed)
        v = value_from_packed(packed.data, packed.len);
    buf_done(&packed);
    return v;
}
