/* askctl metrics: what the daemon counts, as Prometheus reads it. */
#include "client/common/field.h"
#include "client/ctl/ctl.h"

static int print(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map map;
    const char *text;
    size_t len;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map) && field_str(&map, "text", &text, &len))
        (void)out_text(c->out, text, len);
    return ctl_flush(c);
}

int cmd_metrics(struct ctl *c)
{
    return ctl_ask(c, "metrics.get", NULL, print);
}
