#include "client/common/follow.h"
#include "client/common/signals.h"
#include "client/common/stream.h"
#include "lib/proto/mp.h"

int follow_answer(const char *program, struct ask *ask, struct view *view, const char *id, uint32_t from,
                  msgpack_unpacked *reply)
{
    struct stream stream = {.program = program, .ask = ask, .view = view, .kept = true};
    struct buf params;
    buf_init(&params, 256);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "answer", id);
    mp_put_entry_uint(&params, "from", from);
    signals_catch();
    int status = stream_run(&stream, "answer.attach", &params, reply);
    buf_done(&params);
    return status;
}
