/* askctl conv pin, unpin: what stays, however old it becomes. */
#include "client/ctl/conv.h"

static int pin_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_set_flag(c, a, "conversation.pin", id, "pinned", true);
}

static int unpin_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_set_flag(c, a, "conversation.pin", id, "pinned", false);
}

int conv_pin(struct ctl *c)
{
    return conv_with_each(c, false, pin_one);
}

int conv_unpin(struct ctl *c)
{
    return conv_with_each(c, false, unpin_one);
}
