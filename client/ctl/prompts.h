/* askctl prompts: its verbs, a file each. */
#ifndef CLIENT_CTL_PROMPTS_H
#define CLIENT_CTL_PROMPTS_H

#include "client/ctl/ctl.h"
#include "lib/base/buf.h"

enum { PROMPTS_LINE = 1024 }; /* of what is told of a prompt on one line */

/* Appends the variables of prompt.list's or prompt.get's map: "language=" has to be given, "[tone=]" may be; with their
 * defaults, "[tone=plain]", where there is room for these. */
void prompts_write_variables(struct buf *b, const msgpack_object_map *prompt, bool defaults);

int prompts_list(struct ctl *c);
int prompts_path(struct ctl *c);
int prompts_show(struct ctl *c);

#endif
