#include "daemon/catalog/tokens_json.h"
#include <inttypes.h>

static void put_object(struct buf *b, const msgpack_object *o);

static void put_string(struct buf *b, const char *s, size_t len)
{
    buf_putc(b, '"');
    buf_append(b, s, len);
    buf_putc(b, '"');
}

static void put_array(struct buf *b, const msgpack_object_array *a)
{
    buf_putc(b, '[');
    for (uint32_t i = 0; i < a->size; i++) {
        if (i > 0)
            buf_putc(b, ',');
        put_object(b, &a->ptr[i]);
    }
    buf_putc(b, ']');
}

static void put_map(struct buf *b, const msgpack_object_map *m)
{
    buf_putc(b, '{');
    for (uint32_t i = 0; i < m->size; i++) {
        if (i > 0)
            buf_putc(b, ',');
        put_object(b, &m->ptr[i].key);
        buf_putc(b, ':');
        put_object(b, &m->ptr[i].val);
    }
    buf_putc(b, '}');
}

/* The depth is bounded by struct value. */
static void put_object(struct buf *b, const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_BOOLEAN: buf_puts(b, o->via.boolean ? "true" : "false"); break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER: buf_printf(b, "%" PRIu64, o->via.u64); break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: buf_printf(b, "%" PRId64, o->via.i64); break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: buf_printf(b, "%g", o->via.f64); break;
    case MSGPACK_OBJECT_STR: put_string(b, o->via.str.ptr, o->via.str.size); break;
    case MSGPACK_OBJECT_ARRAY: put_array(b, &o->via.array); break;
    case MSGPACK_OBJECT_MAP: put_map(b, &o->via.map); break;
    default: buf_puts(b, "null"); break;
    }
}

void tokens_json(struct buf *b, const struct value *v)
{
    size_t len;
    const uint8_t *bytes = value_told(v, &len);
    msgpack_unpacked u;

    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)bytes, len, NULL) == MSGPACK_UNPACK_SUCCESS)
        put_object(b, &u.data);
    msgpack_unpacked_destroy(&u);
}
