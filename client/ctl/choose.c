#include "client/common/field.h"
#include "client/ctl/ctl.h"
#include <string.h>

/* answer.list gives the newest first. */
static int choose_newest(struct ctl *c, struct ask *a, const char *state, char id[CTL_ANSWER_SIZE])
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_array list;
    msgpack_object_map first;
    const char *s;
    size_t len;
    buf_init(&params, 256);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "state", state);
    int status = ctl_call(c, a, "answer.list", &params, &reply);
    if (status == EXIT_OK && mp_array(&reply.data, &list) && list.size > 0 && mp_map(&list.ptr[0], &first) &&
        field_str(&first, "answer", &s, &len) && len < CTL_ANSWER_SIZE) {
        memcpy(id, s, len);
        id[len] = '\0';
    } else if (status == EXIT_OK) {
        exit_print(c->program, "there is no answer%s%s: %s", state != NULL ? " that is " : "",
                   state != NULL ? state : "", state != NULL ? "askctl answers lists them" : "ask something first");
        status = EXIT_OTHER;
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

int ctl_choose_answer(struct ctl *c, struct ask *a, const char *state, char id[CTL_ANSWER_SIZE])
{
    if (c->n_args == 0)
        return choose_newest(c, a, state, id);
    size_t len = strlen(c->args[0]);
    if (len >= CTL_ANSWER_SIZE) {
        exit_print(c->program, "the answer's id is too long: askctl answers shows ids");
        return EXIT_USAGE;
    }
    memcpy(id, c->args[0], len + 1);
    return EXIT_OK;
}
