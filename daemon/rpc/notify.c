#include "daemon/rpc/notify.h"
#include "daemon/rpc/dispatch.h"
#include "lib/base/id.h"
#include "lib/proto/mp.h"

void notify_begin(struct buf *b, const char *usual, const msgpack_object_map *notify, uint32_t n)
{
    mp_put_array(b, 3);
    mp_put_int(b, RPC_NOTIFICATION);
    if (notify) {
        mp_put_object(b, mp_get(notify, "method"));
        msgpack_object_array args = {0};
        const msgpack_object *o = mp_get(notify, "args");
        if (o)
            mp_array(o, &args);
        mp_put_array(b, args.size + 1);
        for (uint32_t i = 0; i < args.size; i++)
            mp_put_object(b, &args.ptr[i]);
    } else {
        mp_put_cstr(b, usual);
    }
    mp_put_array(b, n);
}

bool notify_fits(const msgpack_object_map *notify)
{
    struct buf b;
    buf_init(&b, NOTIFY_MAX);
    notify_begin(&b, "", notify, 3);
    mp_put_str(&b, "00000000-0000-0000-0000-000000000000", ID_LEN);
    bool fits = !b.failed;
    buf_done(&b);
    return fits;
}
