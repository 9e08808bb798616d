#include "client/tty/attach.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/follow.h"
#include "client/tty/screen.h"
#include <unistd.h>

#define PROGRAM "askctl" /* who it is for whoever reads its messages */

static int show(struct ask *ask, struct view *view, const char *id)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = follow_answer(PROGRAM, ask, view, id, 0, &reply);
    if (status == EXIT_OK)
        ending_print(PROGRAM, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int attach_run(int argc, char **argv)
{
    static const struct args usual = {.format = ARGS_TEXT};
    static struct out out;
    struct ask_error err;
    const struct ask_options options = {.socket = argc > 1 ? argv[1] : NULL};
    struct ask *ask = ask_open(&options, &err);
    if (ask == NULL)
        return exit_failure(PROGRAM, &err);
    out_init(&out, STDOUT_FILENO);
    struct view *view = screen_new(&usual, &out);
    int status = EXIT_OS;
    if (view != NULL)
        status = show(ask, view, argv[0]);
    else
        exit_print(PROGRAM, "out of memory");
    view_free(view);
    ask_close(ask);
    return status;
}
