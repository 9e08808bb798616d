#include "client/common/call.h"
#include "client/common/json_print.h"
#include "client/common/json_read.h"
#include "client/ctl/ctl.h"
#include "lib/proto/mp.h"
#include <string.h>

enum { PARAMS_MAX = 64 << 20 };

static int print_event(struct ctl *c, const struct ask_message *m, const msgpack_object *params)
{
    (void)out_puts(c->out, "{\"method\": ");
    (void)json_print_str(c->out, m->method, m->method_len);
    (void)out_puts(c->out, ", \"params\": ");
    (void)json_print(c->out, params);
    (void)out_puts(c->out, "}\n");
    return ctl_flush(c);
}

/* A configuration that is refused is no fault of the request, and ends us as it would end the daemon. */
static int fail(const struct ctl *c, const msgpack_object *error)
{
    msgpack_object_map map;
    int status = exit_error(c->program, error);
    bool refused = status == EXIT_DATA && strcmp(c->args[0], "config.reload") == 0 && mp_map(error, &map) &&
                   mp_get(&map, "param") == NULL;
    return refused ? EXIT_CONFIG : status;
}

/* Prints what comes until the response to msgid. */
static int follow(struct ctl *c, struct ask *a, uint32_t msgid, msgpack_unpacked *value)
{
    for (;;) {
        struct ask_error err;
        struct ask_message m;
        if (ask_receive(a, -1, &m, &err) != ASK_OK)
            return exit_failure(c->program, &err);
        bool failed;
        int status = call_read(c->program, &m, value, &failed);
        if (status != EXIT_OK)
            return status;
        if (m.kind == ASK_RESPONSE && m.msgid == msgid)
            return failed ? fail(c, &value->data) : ctl_print_json(c, &value->data);
        status = m.kind == ASK_NOTIFICATION ? print_event(c, &m, &value->data) : EXIT_OK;
        if (status != EXIT_OK)
            return status;
    }
}

int cmd_call(struct ctl *c)
{
    struct buf params;
    char why[256];
    buf_init(&params, PARAMS_MAX);
    if (c->n_args > 1 && !json_read_map(&params, c->args[1], "the params", why, sizeof(why))) {
        exit_print(c->program, "%s", why);
        buf_done(&params);
        return EXIT_USAGE;
    }
    int status;
    struct ask_error err;
    uint32_t msgid;
    struct ask *a = ctl_open(c, &status);
    if (a != NULL) {
        msgpack_unpacked value;
        msgpack_unpacked_init(&value);
        if (ask_send(a, c->args[0], c->n_args > 1 ? params.data : NULL, params.len, &msgid, &err) == ASK_OK)
            status = follow(c, a, msgid, &value);
        else
            status = exit_failure(c->program, &err);
        msgpack_unpacked_destroy(&value);
        ask_close(a);
    }
    buf_done(&params);
    return status;
}
