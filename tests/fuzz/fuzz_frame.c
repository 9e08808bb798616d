/* Bytes of a client: the frame reader at any chunking, msgpack-c on what it lets through, and the chat codec on the
 * params.
 *
 * The first byte of the input says how the rest is cut into pieces. */
#include "lib/proto/codec.h"
#include "lib/proto/frame.h"
#include "lib/proto/mp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts whatever NDEBUG says. */
static void require(bool holds)
{
    if (!holds)
        abort();
}

static const struct frame_limits limits = {.max_bytes = 1 << 16, .max_values = 1 << 12, .max_depth = FRAME_DEPTH_LIMIT};

static void run_chat(const msgpack_object *params)
{
    struct error err = ERROR_INIT;
    struct chat_request *request = NULL;
    msgpack_object_array list;
    msgpack_object_map map;

    if (!mp_clean(params) || !mp_array(params, &list) || list.size != 1 || !mp_map(&list.ptr[0], &map))
        return;
    if (codec_chat_request(&map, &request, &err) == ERR_NONE)
        require(request != NULL && request->n_messages > 0 && err.code == ERR_NONE);
    else
        require(request == NULL && err.code != ERR_NONE && err.message[0] != '\0');
    chat_request_free(request);
}

static void run_frame(const struct frame_reader *r, const uint8_t *data)
{
    msgpack_object o;
    msgpack_zone zone;

    require(msgpack_zone_init(&zone, 4096));
    require(msgpack_unpack((const char *)data, r->bytes, NULL, &zone, &o) == MSGPACK_UNPACK_SUCCESS);
    require(o.type == MSGPACK_OBJECT_ARRAY && o.via.array.size == (r->type == 2 ? 3 : 4));
    require(r->has_type && o.via.array.ptr[0].via.u64 == r->type);
    require(r->has_msgid == (r->type != 2));
    require(!r->has_msgid || o.via.array.ptr[1].via.u64 == r->msgid);
    run_chat(&o.via.array.ptr[o.via.array.size - 1]);
    msgpack_zone_destroy(&zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_reader r;
    size_t begin = 1, at = 1;

    if (size == 0)
        return 0;
    frame_init(&r, &limits);
    for (uint32_t rhythm = data[0]; at < size; rhythm = rhythm * 1103515245u + 12345u) {
        size_t piece = data[0] == 0 ? size : 1 + (rhythm >> 16) % data[0], used;

        if (piece > size - at)
            piece = size - at;

        enum frame_status status = frame_feed(&r, data + at, piece, &used);

        at += used;
        require(used <= piece && r.bytes == at - begin && r.bytes <= limits.max_bytes);
        if (status == FRAME_MORE) {
            require(used == piece);
            continue;
        }
        if (status != FRAME_WHOLE)
            break;
        run_frame(&r, data + begin);
        frame_next(&r);
        begin = at;
    }
    return 0;
}
