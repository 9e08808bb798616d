/* askctl status: the daemon and its providers. */
#include "client/common/field.h"
#include "client/ctl/ctl.h"
#include "client/ctl/limits_table.h"
#include "client/ctl/options.h"
#include "client/ctl/status_format.h"
#include "client/ctl/status_text.h"
#include "client/ctl/watch.h"

static int show(struct ctl *c, msgpack_object *result)
{
    msgpack_object_map map;
    msgpack_object_array providers;
    if (c->json)
        return ctl_print_json(c, result);
    if (!mp_map(result, &map))
        return ctl_flush(c);
    status_print(c, &map);
    return field_array(&map, "providers", &providers) ? limits_table_print(c, &providers) : ctl_flush(c);
}

static int view(struct ctl *c, struct ask *a, const void *data)
{
    (void)data;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, "status", NULL, &reply);
    if (status == EXIT_OK)
        status = show(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int cmd_status(struct ctl *c)
{
    if ((c->given & CTL_FORMAT) != 0 && (c->given & (CTL_JSON | CTL_WATCH)) != 0) {
        exit_print(c->program, "--format and --%s exclude each other", options_name(c->given & (CTL_JSON | CTL_WATCH)));
        return EXIT_USAGE;
    }
    if ((c->given & CTL_FORMAT) != 0)
        return status_format(c, c->format);
    return (c->given & CTL_WATCH) != 0 ? watch_run(c, view, NULL) : ctl_ask(c, "status", NULL, show);
}
