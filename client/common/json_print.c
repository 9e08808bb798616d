#include "client/common/json_print.h"
#include "client/common/base64.h"
#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands for a byte between quotes, NULL for itself. C1 controls are the caller's, being two bytes. */
static const char *escape(unsigned char c, char text[8])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\b': return "\\b";
    case '\f': return "\\f";
    default:
        if (c >= 0x20 && c != 0x7f)
            return NULL;
        (void)snprintf(text, 8, "\\u%04x", c);
        return text;
    }
}

static bool print_valid(struct out *o, const char *s, size_t len)
{
    char text[8];
    const char *plain = s, *end = s + len;
    (void)out_write(o, "\"", 1);
    while (s < end) {
        unsigned char c = (unsigned char)*s;
        bool c1 = c == 0xc2 && (unsigned char)s[1] < 0xa0;
        const char *escaped = c1 ? text : escape(c, text);
        if (escaped == NULL) {
            s++;
            continue;
        }
        if (c1)
            (void)snprintf(text, sizeof(text), "\\u%04x", (unsigned char)s[1]);
        (void)out_write(o, plain, (size_t)(s - plain));
        (void)out_puts(o, escaped);
        s += c1 ? 2 : 1;
        plain = s;
    }
    (void)out_write(o, plain, (size_t)(s - plain));
    return out_write(o, "\"", 1);
}

bool json_print_str(struct out *o, const char *s, size_t len)
{
    if (utf8_valid(s, len))
        return print_valid(o, s, len);
    struct buf repaired;
    buf_init(&repaired, 3 * len);
    bool ok = utf8_append_repaired(&repaired, s, len) && print_valid(o, (const char *)repaired.data, repaired.len);
    buf_done(&repaired);
    return ok;
}

static bool print_base64(struct out *o, const char *data, size_t len)
{
    struct buf text;
    buf_init(&text, BASE64_LEN(len));
    (void)out_write(o, "\"", 1);
    bool ok = base64_put(&text, data, len) && out_write(o, text.data, text.len);
    buf_done(&text);
    return out_write(o, "\"", 1) && ok;
}

/* The shortest of the usual precisions that reads back as the same number. No locale is ever set, so the point is a
 * point. */
static bool print_double(struct out *o, double v)
{
    char text[32];
    if (!isfinite(v))
        return out_puts(o, "null");
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof(text), "%.*g", precision, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return out_puts(o, text);
}

static bool print_number(struct out *o, const char *quote, const msgpack_object *v)
{
    char text[32];
    if (v->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        (void)snprintf(text, sizeof(text), "%s%" PRIu64 "%s", quote, v->via.u64, quote);
    else
        (void)snprintf(text, sizeof(text), "%s%" PRId64 "%s", quote, v->via.i64, quote);
    return out_puts(o, text);
}

static bool print_key(struct out *o, const msgpack_object *key)
{
    switch (key->type) {
    case MSGPACK_OBJECT_STR: return json_print_str(o, key->via.str.ptr, key->via.str.size);
    case MSGPACK_OBJECT_BIN: return print_base64(o, key->via.bin.ptr, key->via.bin.size);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return print_number(o, "\"", key);
    case MSGPACK_OBJECT_BOOLEAN: return out_puts(o, key->via.boolean ? "\"true\"" : "\"false\"");
    case MSGPACK_OBJECT_NIL: return out_puts(o, "\"null\"");
    default: return out_puts(o, "\"?\"");
    }
}

static bool print_map(struct out *o, const msgpack_object_map *map)
{
    (void)out_write(o, "{", 1);
    for (uint32_t i = 0; i < map->size; i++) {
        if (i > 0)
            (void)out_write(o, ", ", 2);
        (void)print_key(o, &map->ptr[i].key);
        (void)out_write(o, ": ", 2);
        if (!json_print(o, &map->ptr[i].val))
            return false;
    }
    return out_write(o, "}", 1);
}

static bool print_array(struct out *o, const msgpack_object_array *array)
{
    (void)out_write(o, "[", 1);
    for (uint32_t i = 0; i < array->size; i++) {
        if (i > 0)
            (void)out_write(o, ", ", 2);
        if (!json_print(o, &array->ptr[i]))
            return false;
    }
    return out_write(o, "]", 1);
}

static bool print_bytes(struct out *o, const char *name, const char *data, size_t len)
{
    (void)out_write(o, "{\"", 2);
    (void)out_puts(o, name);
    (void)out_write(o, "\": ", 3);
    bool ok = print_base64(o, data, len);
    return out_write(o, "}", 1) && ok;
}

bool json_print(struct out *o, const msgpack_object *v)
{
    switch (v->type) {
    case MSGPACK_OBJECT_NIL: return out_puts(o, "null");
    case MSGPACK_OBJECT_BOOLEAN: return out_puts(o, v->via.boolean ? "true" : "false");
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return print_number(o, "", v);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return print_double(o, v->via.f64);
    case MSGPACK_OBJECT_STR: return json_print_str(o, v->via.str.ptr, v->via.str.size);
    case MSGPACK_OBJECT_BIN: return print_bytes(o, "$bin", v->via.bin.ptr, v->via.bin.size);
    case MSGPACK_OBJECT_EXT: return print_bytes(o, "$ext", v->via.ext.ptr, v->via.ext.size);
    case MSGPACK_OBJECT_ARRAY: return print_array(o, &v->via.array);
    case MSGPACK_OBJECT_MAP: return print_map(o, &v->via.map);
    }
    return false;
}
