#include "client/common/colour.h"
#include "client/common/ending.h"
#include "client/common/follow.h"
#include "client/common/tty.h"
#include "client/common/view_text.h"
#include "client/ctl/ctl.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Becomes ask-tty where that shows more than text. Returns where it does not, or is not there. */
static void become_screen(const struct ctl *c, char *id)
{
    char path[PATH_MAX], name[] = "ask-tty", verb[] = "attach";
    char *socket = c->options.socket != NULL ? strdup(c->options.socket) : NULL;
    char *const args[] = {name, verb, id, socket, NULL};
    const bool copied = c->options.socket == NULL || socket != NULL;
    if (copied && c->out->terminal && colour_moves() && !c->json && c->from == 0 && tty_find(path))
        (void)execv(path, args);
    free(socket);
}

static int follow(struct ctl *c, struct ask *a, const char *id)
{
    const struct view_text_options options = {.program = c->program, .silent = c->json, .part = c->from > 0};
    struct view *view = view_text_new(&options, c->out);
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = view != NULL ? follow_answer(c->program, a, view, id, c->from, &reply) : EXIT_OS;
    view_free(view);
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
    char id[CTL_ANSWER_SIZE];
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = ctl_choose_answer(c, a, NULL, id);
    if (status == EXIT_OK) {
        become_screen(c, id);
        status = follow(c, a, id);
    }
    ask_close(a);
    return status;
}
