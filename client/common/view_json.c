#include "client/common/view_json.h"
#include "client/common/json_print.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_event(struct view *v, const struct view_event *e)
{
    char seq[64];
    (void)snprintf(seq, sizeof(seq), ",\"seq\":%" PRId64 ",\"event\":", e->seq);
    (void)out_puts(v->out, "{\"answer\":");
    (void)json_print_str(v->out, e->answer, strlen(e->answer));
    (void)out_puts(v->out, seq);
    (void)json_print(v->out, e->event);
    (void)out_puts(v->out, "}\n");
}

static void on_free(struct view *v)
{
    free(v);
}

struct view *view_json_new(struct out *out)
{
    static const struct view_ops ops = {.event = on_event, .free = on_free};
    struct view *v = malloc(sizeof(*v));
    if (v != NULL)
        *v = (struct view){.ops = &ops, .out = out};
    return v;
}
