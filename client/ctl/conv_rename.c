/* askctl conv rename, head: another title, another end. */
#include "client/ctl/conv.h"

static int rename_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_change(c, a, "conversation.rename", id, "title", c->args[1], NULL);
}

int conv_rename(struct ctl *c)
{
    return conv_with(c, rename_one);
}

static int head_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_change(c, a, "conversation.head", id, "message", c->args[1], NULL);
}

int conv_head(struct ctl *c)
{
    return conv_with(c, head_one);
}
