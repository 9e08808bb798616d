/* askctl cache lookup: the text that is kept under a key. */
#include "client/common/field.h"
#include "client/ctl/cache.h"

static int print_answer(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map map;
    const char *text = "";
    size_t len = 0;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map))
        (void)field_str(&map, "text", &text, &len);
    (void)out_text(c->out, text, len);
    if (len > 0 && text[len - 1] != '\n')
        (void)out_puts(c->out, "\n");
    return ctl_flush(c);
}

int cache_lookup(struct ctl *c)
{
    const struct ctl_param params[] = {{"key", c->args[0]}};
    return ctl_ask_with(c, "cache.lookup", params, 1, NULL, print_answer);
}
