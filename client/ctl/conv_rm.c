/* askctl conv rm, undo: into the trash, and out of it. */
#include "client/ctl/conv.h"

static int purge_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_set_flag(c, a, "conversation.delete", id, "purge", true);
}

/* Whoever looks on is told the way back. */
static int rm_one(struct ctl *c, struct ask *a, const char *id)
{
    int status = conv_change(c, a, "conversation.delete", id, NULL, NULL, NULL);
    if (status != EXIT_OK || !c->out->terminal || c->json)
        return status;
    ctl_printf(c, "Removed. To have it back: askctl conv undo %s\n", id);
    return ctl_flush(c);
}

/* What is in the trash can be removed for good too, by its whole id. */
int conv_rm(struct ctl *c)
{
    return conv_with_each(c, false, (c->given & CTL_PURGE) != 0 ? purge_one : rm_one);
}

static int restore_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_change(c, a, "conversation.restore", id, NULL, NULL, NULL);
}

static int undo_last(struct ctl *c)
{
    char id[ID_LEN + 1];
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = conv_find_deleted_last(c, a, id);
    if (status == EXIT_OK)
        status = restore_one(c, a, id);
    if (status == EXIT_OK && !c->json) {
        ctl_printf(c, "%s\n", id);
        status = ctl_flush(c);
    }
    ask_close(a);
    return status;
}

int conv_undo(struct ctl *c)
{
    return c->n_args == 0 ? undo_last(c) : conv_with_each(c, true, restore_one);
}
