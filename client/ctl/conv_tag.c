/* askctl conv tag, untag */
#include "client/ctl/conv.h"
#include "lib/proto/mp.h"

/* The tags behind the first argument, into that list of the call. */
static int set_tags(struct ctl *c, struct ask *a, const char *id, const char *list)
{
    struct buf params;
    int status = EXIT_USAGE;
    buf_init(&params, CONV_PARAMS_MAX);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", id);
    mp_put_cstr(&params, list);
    mp_put_array(&params, (uint32_t)c->n_args - 1);
    for (int i = 1; i < c->n_args; i++)
        mp_put_cstr(&params, c->args[i]);
    if (params.failed)
        exit_print(c->program, "the tags are too long: give shorter ones");
    else
        status = ctl_call_once(c, a, "conversation.tag", &params);
    buf_done(&params);
    return status;
}

static int tag_one(struct ctl *c, struct ask *a, const char *id)
{
    return set_tags(c, a, id, "add");
}

static int untag_one(struct ctl *c, struct ask *a, const char *id)
{
    return set_tags(c, a, id, "remove");
}

int conv_tag(struct ctl *c)
{
    return conv_with(c, tag_one);
}

int conv_untag(struct ctl *c)
{
    return conv_with(c, untag_one);
}
