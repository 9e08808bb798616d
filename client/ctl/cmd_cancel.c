#include "client/ctl/ctl.h"

int cmd_cancel(struct ctl *c)
{
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    struct buf params;
    buf_init(&params, 4096);
    ctl_put_answer(&params, c->args[0]);
    if (params.failed) {
        exit_print(c->program, "the answer's id is too long: askctl call answer.list shows ids");
        status = EXIT_USAGE;
    } else {
        status = ctl_call_once(c, a, "answer.cancel", &params);
    }
    buf_done(&params);
    ask_close(a);
    return status;
}
