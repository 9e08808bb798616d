#include "daemon/archive/json.h"
#include "lib/proto/mp.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define BIN "$bin"

/* -- MessagePack to JSON -- */

static json_t *bytes_value(const msgpack_object_bin *bin)
{
    if (bin->size > INT32_MAX / 2)
        return NULL;
    char *text = malloc(4 * ((size_t)bin->size + 2) / 3 + 4);
    if (!text)
        return NULL;
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bin->ptr, (int)bin->size);
    json_t *j = json_pack("{s:s}", BIN, text);
    free(text);
    return j;
}

static json_t *value_at(const msgpack_object *o, unsigned depth);

static json_t *array_value(const msgpack_object_array *a, unsigned depth)
{
    json_t *j = json_array();
    for (uint32_t i = 0; j && i < a->size; i++)
        if (json_array_append_new(j, value_at(&a->ptr[i], depth + 1)) != 0) {
            json_decref(j);
            j = NULL;
        }
    return j;
}

static bool set_entry(json_t *j, const msgpack_object_kv *kv, unsigned depth)
{
    const char *key;
    size_t len;
    char escaped[256];
    if (!mp_str(&kv->key, &key, &len))
        return false;
    if (len == 0 || key[0] != '$')
        return json_object_setn_new(j, key, len, value_at(&kv->val, depth + 1)) == 0;
    if (len >= sizeof escaped)
        return false;
    escaped[0] = '$';
    memcpy(escaped + 1, key, len);
    return json_object_setn_new(j, escaped, len + 1, value_at(&kv->val, depth + 1)) == 0;
}

static json_t *map_value(const msgpack_object_map *m, unsigned depth)
{
    json_t *j = json_object();
    for (uint32_t i = 0; j && i < m->size; i++)
        if (!set_entry(j, &m->ptr[i], depth)) {
            json_decref(j);
            j = NULL;
        }
    return j;
}

static json_t *value_at(const msgpack_object *o, unsigned depth)
{
    if (depth > ARCHIVE_DEPTH_MAX)
        return NULL;
    switch (o->type) {
    case MSGPACK_OBJECT_BOOLEAN: return json_boolean(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return o->via.u64 <= INT64_MAX ? json_integer((json_int_t)o->via.u64) : json_real((double)o->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return json_integer(o->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return json_real(o->via.f64);
    case MSGPACK_OBJECT_STR: return json_stringn(o->via.str.ptr, o->via.str.size);
    case MSGPACK_OBJECT_BIN: return bytes_value(&o->via.bin);
    case MSGPACK_OBJECT_ARRAY: return array_value(&o->via.array, depth);
    case MSGPACK_OBJECT_MAP: return map_value(&o->via.map, depth);
    default: return json_null();
    }
}

json_t *archive_json_value(const msgpack_object *o)
{
    return value_at(o, 0);
}

/* -- and back -- */

static bool pack_bytes(struct buf *b, const json_t *text)
{
    size_t len = json_string_length(text), pad = 0;
    const char *s = json_string_value(text);
    if (!s || len % 4 != 0 || len > INT32_MAX / 2)
        return false;
    while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
        pad++;
    unsigned char *bytes = malloc(len / 4 * 3 + 1);
    /* Fewer where it passed over space at the ends: the rest was not written. */
    bool good = bytes && EVP_DecodeBlock(bytes, (const unsigned char *)s, (int)len) == (int)(len / 4 * 3);
    if (good)
        mp_put_bin(b, bytes, len / 4 * 3 - pad);
    free(bytes);
    return good && !b->failed;
}

static bool pack_map(struct buf *b, const json_t *j)
{
    const char *key;
    size_t len;
    json_t *value;
    json_t *bytes = json_object_size(j) == 1 ? json_object_get(j, BIN) : NULL;
    if (bytes)
        return pack_bytes(b, bytes);
    mp_put_map(b, (uint32_t)json_object_size(j));
    json_object_keylen_foreach((json_t *)j, key, len, value)
    {
        bool escaped = len > 1 && key[0] == '$' && key[1] == '$';
        mp_put_str(b, key + escaped, len - escaped);
        if (!archive_json_pack(b, value))
            return false;
    }
    return !b->failed;
}

static bool pack_array(struct buf *b, const json_t *j)
{
    mp_put_array(b, (uint32_t)json_array_size(j));
    for (size_t i = 0; i < json_array_size(j); i++)
        if (!archive_json_pack(b, json_array_get(j, i)))
            return false;
    return !b->failed;
}

/* Its nesting was bounded when it was read. */
bool archive_json_pack(struct buf *b, const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT: return pack_map(b, j);
    case JSON_ARRAY: return pack_array(b, j);
    case JSON_STRING: mp_put_str(b, json_string_value(j), json_string_length(j)); break;
    case JSON_INTEGER: mp_put_int(b, json_integer_value(j)); break;
    case JSON_REAL: mp_put_double(b, json_real_value(j)); break;
    case JSON_TRUE: mp_put_bool(b, true); break;
    case JSON_FALSE: mp_put_bool(b, false); break;
    case JSON_NULL: mp_put_nil(b); break;
    }
    return !b->failed;
}

/* -- a page -- */

static int put_piece(const char *s, size_t len, void *data)
{
    return buf_append(data, s, len) ? 0 : -1;
}

enum error_code archive_write_json(struct buf *out, const msgpack_object *map, struct error *err)
{
    json_t *page = json_pack("{s:s, s:i}", "format", ARCHIVE_FORMAT, "version", ARCHIVE_VERSION);
    json_t *rest = archive_json_value(map);
    bool good = page && rest && json_object_update_missing(page, rest) == 0 &&
                json_dump_callback(page, put_piece, out, JSON_INDENT(1)) == 0 && buf_putc(out, '\n');
    json_decref(page);
    json_decref(rest);
    if (good)
        return ERR_NONE;
    return out->failed ? error_set(err, ERR_TOO_LARGE, "the export is over %zu bytes, max_result in [store]", out->max)
                       : error_set(err, ERR_INTERNAL, "a value of this conversation cannot be told in JSON");
}

static enum error_code check_form(const json_t *j, struct error *err)
{
    const char *format = json_string_value(json_object_get(j, "format"));
    json_t *version = json_object_get(j, "version");
    if (json_object_get(j, "mapping"))
        return error_set(err, ERR_INVALID_REQUEST, "it is a conversation of ChatGPT: its format is chatgpt");
    if (!format || strcmp(format, ARCHIVE_FORMAT) != 0)
        return error_set(err, ERR_INVALID_REQUEST,
                         "it is no conversation of askd: \"format\" is not \"" ARCHIVE_FORMAT "\"");
    if (!json_is_integer(version) || json_integer_value(version) < 1)
        return error_set(err, ERR_INVALID_REQUEST, "its version is missing");
    if (json_integer_value(version) > ARCHIVE_VERSION)
        return error_set(err, ERR_INVALID_REQUEST, "its version is %" JSON_INTEGER_FORMAT ", of a newer askd",
                         json_integer_value(version));
    return ERR_NONE;
}

enum error_code archive_read_json(const json_t *j, struct archive_conversation **ret, struct error *err)
{
    struct buf b;
    msgpack_unpacked u;
    size_t off = 0;
    enum error_code code = check_form(j, err);
    if (code != ERR_NONE)
        return code;
    buf_init(&b, SIZE_MAX / 2); /* of the entry's size, which is bounded */
    msgpack_unpacked_init(&u);
    if (!archive_json_pack(&b, j))
        code = error_set(err, ERR_INVALID_REQUEST, "what stands in a $bin is not base64");
    else if (msgpack_unpack_next(&u, (const char *)b.data, b.len, &off) != MSGPACK_UNPACK_SUCCESS)
        code = error_set(err, ERR_INVALID_REQUEST, "it is nested over %d deep", ARCHIVE_DEPTH_MAX);
    else
        code = archive_from_map(&u.data, true, ret, err);
    msgpack_unpacked_destroy(&u);
    buf_done(&b);
    return code;
}
