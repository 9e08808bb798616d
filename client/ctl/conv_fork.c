/* askctl conv fork: a copy, up to a message. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include <stdlib.h>
#include <string.h>

/* The head's id, to be freed; NULL where the conversation has none or cannot be had, which *status tells. */
static char *find_head(struct ctl *c, struct ask *a, const char *id, int *status)
{
    msgpack_unpacked reply;
    msgpack_object_map map;
    const char *head;
    size_t len;
    char *copy = NULL;
    msgpack_unpacked_init(&reply);
    *status = conv_get(c, a, id, &reply);
    if (*status == EXIT_OK && mp_map(&reply.data, &map) && field_str(&map, "head", &head, &len)) {
        copy = strndup(head, len);
        if (copy == NULL) {
            exit_print(c->program, "out of memory");
            *status = EXIT_OS;
        }
    } else if (*status == EXIT_OK) {
        exit_print(c->program, "the conversation has no message yet: there is nothing to fork");
        *status = EXIT_OTHER;
    }
    msgpack_unpacked_destroy(&reply);
    return copy;
}

static int fork_one(struct ctl *c, struct ask *a, const char *id)
{
    int status = EXIT_OK;
    char *head = c->n_args > 1 ? NULL : find_head(c, a, id, &status);
    if (status != EXIT_OK)
        return status;
    msgpack_unpacked reply;
    msgpack_object_map map;
    char made[CONV_LINE];
    msgpack_unpacked_init(&reply);
    status = conv_change(c, a, "conversation.fork", id, "message", head != NULL ? head : c->args[1], &reply);
    if (status == EXIT_OK && c->json) {
        status = ctl_print_json(c, &reply.data);
    } else if (status == EXIT_OK && mp_map(&reply.data, &map)) {
        ctl_printf(c, "%s\n", conv_line(made, &map, "conversation"));
        status = ctl_flush(c);
    }
    msgpack_unpacked_destroy(&reply);
    free(head);
    return status;
}

int conv_fork(struct ctl *c)
{
    return conv_with(c, fork_one);
}
