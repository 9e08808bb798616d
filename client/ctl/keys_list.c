#include "client/common/field.h"
#include "client/ctl/keys.h"
#include "lib/proto/mp.h"
#include <string.h>

enum { FIELD_SIZE = 256 };

static void print_key(struct ctl *c, const msgpack_object_map *p)
{
    char name[FIELD_SIZE], state[FIELD_SIZE], source[FIELD_SIZE];
    (void)field_line(p, "name", name, FIELD_SIZE);
    (void)field_line(p, "key_source", source, FIELD_SIZE);
    if (strcmp(field_line(p, "state", state, FIELD_SIZE), "local") == 0)
        return; /* it wants none */
    ctl_printf(c, "%-12s %-8s %s\n", name, strcmp(state, "no_key") == 0 ? "no key" : state,
               source[0] != '\0' ? source : "-");
}

static int print_keys(struct ctl *c, msgpack_object *status)
{
    msgpack_object_map map, p;
    msgpack_object_array providers;
    if (c->json) {
        const msgpack_object *list = mp_map(status, &map) ? mp_get(&map, "providers") : NULL;
        return ctl_print_json(c, list != NULL ? list : status);
    }
    if (mp_map(status, &map) && field_array(&map, "providers", &providers))
        for (uint32_t i = 0; i < providers.size; i++)
            if (mp_map(&providers.ptr[i], &p))
                print_key(c, &p);
    return ctl_flush(c);
}

int keys_list(struct ctl *c)
{
    return ctl_ask(c, "status", NULL, print_keys);
}
