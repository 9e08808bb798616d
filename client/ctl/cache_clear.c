/* askctl cache clear: removes what the cache has, or some of it. */
#include "client/common/field.h"
#include "client/ctl/cache.h"
#include "client/ctl/typed.h"
#include <inttypes.h>
#include <unistd.h>

enum { PARAMS_MAX = 64 << 10 };

/* Asks somebody who sits at a terminal. Whoever does not has meant it. */
static bool is_meant(const struct ctl *c)
{
    const ctl_options narrowed = CTL_KEY | CTL_MODEL | CTL_OLDER_THAN;
    if ((c->given & (narrowed | CTL_YES)) != 0 || isatty(STDIN_FILENO) == 0)
        return true;
    return typed_yes("Remove all that the cache has of yours?", false) == 1;
}

static void put_filter(struct buf *b, const struct ctl *c)
{
    bool key = (c->given & CTL_KEY) != 0, model = (c->given & CTL_MODEL) != 0, age = (c->given & CTL_OLDER_THAN) != 0;
    mp_put_map(b, (uint32_t)(key + model + age));
    if (key)
        mp_put_entry(b, "key", c->key);
    if (model)
        mp_put_entry(b, "model", c->model);
    if (age) {
        mp_put_cstr(b, "older_than");
        mp_put_double(b, c->older_than);
    }
}

static int print_removed(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map map;
    int64_t n = 0;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map))
        (void)field_int(&map, "removed", &n);
    ctl_printf(c, "%" PRId64 " entr%s removed\n", n, n == 1 ? "y" : "ies");
    return ctl_flush(c);
}

int cache_clear(struct ctl *c)
{
    struct buf params;
    if (!is_meant(c)) {
        exit_print(c->program, "nothing was removed");
        return EXIT_OTHER;
    }
    buf_init(&params, PARAMS_MAX);
    put_filter(&params, c);
    int status = EXIT_USAGE;
    if (params.failed)
        exit_print(c->program, "what is asked for is too long: give a shorter name");
    else
        status = ctl_ask_long(c, "cache.clear", &params, "removing entries of the cache", print_removed);
    buf_done(&params);
    return status;
}
