/* askctl conv: the stored conversations. This file has what changes them; conv_list.c, conv_search.c and conv_show.c
 * show them, conv_export.c and conv_import.c take them out and in. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include "client/ctl/conv_files.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* -- rename, head -- */

static int rename_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_change(c, a, "conversation.rename", id, "title", c->args[1], NULL);
}

static int rename_conversation(struct ctl *c)
{
    return conv_with(c, rename_one);
}

static int head_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_change(c, a, "conversation.head", id, "message", c->args[1], NULL);
}

static int head(struct ctl *c)
{
    return conv_with(c, head_one);
}

/* -- pins and tags -- */

static int pin_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_set_flag(c, a, "conversation.pin", id, "pinned", true);
}

static int unpin_one(struct ctl *c, struct ask *a, const char *id)
{
    return conv_set_flag(c, a, "conversation.pin", id, "pinned", false);
}

static int pin(struct ctl *c)
{
    return conv_with_each(c, false, pin_one);
}

static int unpin(struct ctl *c)
{
    return conv_with_each(c, false, unpin_one);
}

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

static int tag(struct ctl *c)
{
    return conv_with(c, tag_one);
}

static int untag(struct ctl *c)
{
    return conv_with(c, untag_one);
}

/* -- rm, undo -- */

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
static int rm(struct ctl *c)
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

static int undo(struct ctl *c)
{
    return c->n_args == 0 ? undo_last(c) : conv_with_each(c, true, restore_one);
}

/* -- fork -- */

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

static int fork_conversation(struct ctl *c)
{
    return conv_with(c, fork_one);
}

const struct ctl_verb cmd_conv_verbs[] = {
    {"list", "", "one line each, the one that changed last first", .run = conv_list,
     .takes = CTL_LIMIT | CTL_TAG | CTL_MODEL | CTL_DIRECTORY | CTL_SINCE | CTL_PINNED | CTL_DELETED | CTL_PAGED},
    {"search", "WORD...", "those that hold all the words, the best first", 1, INT_MAX, .run = conv_search,
     .takes = CTL_LIMIT | CTL_MODEL | CTL_DIRECTORY | CTL_SINCE | CTL_PAGED},
    {"show", "CONVERSATION", "what was said, from its beginning to its head", 1, 1, .run = conv_show,
     .takes = CTL_PAGED},
    {"rename", "CONVERSATION TITLE", "give it another title", 2, 2, .run = rename_conversation},
    {"head", "CONVERSATION MESSAGE", "go on behind that message, on its branch", 2, 2, .run = head},
    {"pin", "CONVERSATION...", "keep them, however old they become", 1, INT_MAX, .run = pin},
    {"unpin", "CONVERSATION...", "no longer", 1, INT_MAX, .run = unpin},
    {"tag", "CONVERSATION TAG...", "put tags on it", 2, INT_MAX, .run = tag},
    {"untag", "CONVERSATION TAG...", "take tags off it", 2, INT_MAX, .run = untag},
    {"rm", "CONVERSATION...", "remove them; undo has them back", 1, INT_MAX, .run = rm, .takes = CTL_PURGE},
    {"undo", "[CONVERSATION...]", "have back what was removed, the last by default", 0, INT_MAX, .run = undo},
    {"fork", "CONVERSATION [MESSAGE]", "copy it, up to a message", 1, 2, .run = fork_conversation},
    {"export", "[CONVERSATION...]", "as Markdown or JSON, for import", 0, INT_MAX, .run = conv_export,
     .takes = CTL_FORMAT | CTL_OUTPUT | CTL_ALL},
    {"import", "FILE...", "those of a file, also ChatGPT's or llm's", 1, INT_MAX, .run = conv_import,
     .takes = CTL_FORMAT},
    {0},
};
