#include "client/common/ending.h"
#include "client/common/signals.h"
#include "client/common/stream.h"
#include "client/common/view_text.h"
#include "client/ctl/ctl.h"
#include "lib/proto/mp.h"

static int follow(struct ctl *c, struct ask *a, const char *id)
{
    /* Not our answer: whoever looks on and leaves does not end it. */
    const struct view_text_options options = {.program = c->program, .silent = c->json, .part = c->from > 0};
    struct stream stream = {.program = c->program, .ask = a, .view = view_text_new(&options, c->out), .kept = true};
    struct buf params;
    msgpack_unpacked reply;
    buf_init(&params, 256);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "answer", id);
    mp_put_entry_uint(&params, "from", c->from);
    signals_catch();
    int status = stream.view != NULL ? stream_run(&stream, "answer.attach", &params, &reply) : EXIT_OS;
    view_free(stream.view);
    if (status == EXIT_OK && c->json)
        status = ctl_print_json(c, &reply.data);
    else if (status == EXIT_OK)
        ending_print(c->program, &reply.data);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

int cmd_attach(struct ctl *c)
{
    int status;
    char id[CTL_ANSWER_SIZE];
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = ctl_choose_answer(c, a, NULL, id);
    if (status == EXIT_OK)
        status = follow(c, a, id);
    ask_close(a);
    return status;
}
