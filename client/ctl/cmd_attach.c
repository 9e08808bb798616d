#include "client/common/ending.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "client/common/stream.h"
#include "client/ctl/ctl.h"
#include "lib/proto/mp.h"

/* Appends the params for the newest answer: answer.list gives it first. */
static int put_newest(struct ctl *c, struct ask *a, struct buf *params)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    msgpack_object_array list;
    msgpack_object_map first;
    const char *id;
    size_t len;
    int status = ctl_call(c, a, "answer.list", NULL, &reply);
    if (status == EXIT_OK) {
        if (mp_array(&reply.data, &list) && list.size > 0 && mp_map(&list.ptr[0], &first) &&
            field_str(&first, "answer", &id, &len)) {
            mp_put_map(params, 1);
            mp_put_cstr(params, "answer");
            mp_put_str(params, id, len);
        } else {
            exit_print(c->program, "there is no answer to attach to: ask something first");
            status = EXIT_OTHER;
        }
    }
    msgpack_unpacked_destroy(&reply);
    return status;
}

static int follow(struct ctl *c, struct ask *a, const struct buf *params)
{
    /* Not our answer: whoever looks on and leaves does not end it. */
    struct stream stream = {.program = c->program, .ask = a, .out = c->out, .print_text = !c->json, .kept = true};
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    signals_catch();
    int status = stream_run(&stream, "answer.attach", params, &reply);
    if (status == EXIT_OK && c->json)
        status = ctl_print_json(c, &reply.data);
    else if (status == EXIT_OK)
        ending_print(c->program, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int cmd_attach(struct ctl *c)
{
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    struct buf params;
    buf_init(&params, 4096);
    if (c->n_args > 0)
        ctl_put_answer(&params, c->args[0]);
    else
        status = put_newest(c, a, &params);
    if (status == EXIT_OK && params.failed) {
        exit_print(c->program, "the answer's id is too long: askctl call answer.list shows ids");
        status = EXIT_USAGE;
    }
    if (status == EXIT_OK)
        status = follow(c, a, &params);
    buf_done(&params);
    ask_close(a);
    return status;
}
