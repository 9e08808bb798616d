/* What the files of askctl conv share: a conversation by its id or the beginning of one, and small calls about it. Each
 * function that returns a status has told what went wrong where it is not EXIT_OK. */
#ifndef CLIENT_CTL_CONV_H
#define CLIENT_CTL_CONV_H

#include "client/ctl/ctl.h"
#include "lib/base/id.h"

enum { CONV_PARAMS_MAX = 64 << 10, CONV_LINE = 512, CONV_WHEN = 32 };

typedef int conv_action(struct ctl *c, struct ask *a, const char *id);

/* Connects and runs the action on the first argument's conversation. */
int conv_with(struct ctl *c, conv_action *act);
/* On that of each argument, as rm does: one that fails keeps none of the others. deleted: they are in the trash. */
int conv_with_each(struct ctl *c, bool deleted, conv_action *act);
/* Each conversation of the list, page by page, the one that changed last first; or of those in the trash. */
typedef void conv_listed(void *data, const msgpack_object_map *item, const char *id);
int conv_each_listed(struct ctl *c, struct ask *a, bool deleted, conv_listed *each, void *data);
/* The conversation that was deleted last. */
int conv_find_deleted_last(struct ctl *c, struct ask *a, char id[ID_LEN + 1]);

/* conversation.get */
int conv_get(struct ctl *c, struct ask *a, const char *id, msgpack_unpacked *reply);
/* Calls a method with the conversation and a flag. */
int conv_set_flag(struct ctl *c, struct ask *a, const char *method, const char *id, const char *name, bool value);
/* Calls a method with the conversation and, where name is given, one more field. With a reply for whoever wants it. */
int conv_change(struct ctl *c, struct ask *a, const char *method, const char *id, const char *name, const char *value,
                msgpack_unpacked *reply);

/* A field on one line, without control characters. "" where it is not there. */
const char *conv_line(char out[CONV_LINE], const msgpack_object_map *map, const char *name);

/* A time, as people write it where they are. "" where it is not there. */
const char *conv_when(char out[CONV_WHEN], const msgpack_object_map *map, const char *field);
/* Appends those of --model, --directory, --host and --since that are given, and tells how many. */
uint32_t conv_put_filters(struct buf *b, const struct ctl *c);

/* What --format was given is one of CONV_FORMATS, or it was not given; false after it was told. */
bool conv_format_is_known(const struct ctl *c);

int conv_fork(struct ctl *c);
int conv_head(struct ctl *c);
int conv_list(struct ctl *c);
int conv_pin(struct ctl *c);
int conv_rename(struct ctl *c);
int conv_rm(struct ctl *c);
int conv_search(struct ctl *c);
int conv_show(struct ctl *c);
int conv_tag(struct ctl *c);
int conv_undo(struct ctl *c);
int conv_unpin(struct ctl *c);
int conv_untag(struct ctl *c);

#endif
