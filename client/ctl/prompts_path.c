/* askctl prompts path: where a prompt's file is. */
#include "client/common/field.h"
#include "client/ctl/prompts.h"

/* As it is, for programs; a terminal gets it harmless. */
static int print_path(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map prompt;
    const char *s;
    size_t len;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &prompt) && field_str(&prompt, "path", &s, &len)) {
        (void)out_text(c->out, s, len);
        (void)out_puts(c->out, "\n");
    }
    return ctl_flush(c);
}

int prompts_path(struct ctl *c)
{
    const struct ctl_param params[] = {{"name", c->args[0]}};
    return ctl_ask_with(c, "prompt.get", params, 1, NULL, print_path);
}
