#include "client/ctl/ctl.h"

static int cancel(struct ctl *c, struct ask *a, const char *id)
{
    struct buf params;
    buf_init(&params, 256);
    ctl_put_answer(&params, id);
    int status = ctl_call_once(c, a, "answer.cancel", &params);
    buf_done(&params);
    if (status == EXIT_OK && c->n_args == 0 && c->out->terminal)
        exit_print(c->program, "answer %s is cancelled", id);
    return status;
}

int cmd_cancel(struct ctl *c)
{
    int status;
    char id[CTL_ANSWER_SIZE];
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = ctl_choose_answer(c, a, "running", id);
    if (status == EXIT_OK)
        status = cancel(c, a, id);
    ask_close(a);
    return status;
}
