#include "tests/bench/response.h"
#include "tests/bench/load.h"
#include <string.h>

enum { READ_SIZE = 65536 };

const msgpack_object *response_read(struct response *r, int fd)
{
    msgpack_unpack_return got;
    if (!msgpack_unpacker_init(&r->in, READ_SIZE))
        die("out of memory");
    msgpack_unpacked_init(&r->frame);
    while ((got = msgpack_unpacker_next(&r->in, &r->frame)) == MSGPACK_UNPACK_CONTINUE) {
        if (!msgpack_unpacker_reserve_buffer(&r->in, READ_SIZE))
            die("out of memory");
        msgpack_unpacker_buffer_consumed(&r->in, read_some(fd, msgpack_unpacker_buffer(&r->in), READ_SIZE));
    }
    if (got != MSGPACK_UNPACK_SUCCESS)
        die("bytes that are no MessagePack");
    const msgpack_object *o = &r->frame.data;
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != 4)
        die("an answer that is no response");
    if (o->via.array.ptr[2].type != MSGPACK_OBJECT_NIL)
        die("the answer is an error");
    return &o->via.array.ptr[3];
}

void response_done(struct response *r)
{
    msgpack_unpacked_destroy(&r->frame);
    msgpack_unpacker_destroy(&r->in);
}

const msgpack_object *response_get(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (kv->key.via.str.size == strlen(key) && memcmp(kv->key.via.str.ptr, key, strlen(key)) == 0)
            return &kv->val;
    }
    return NULL;
}
