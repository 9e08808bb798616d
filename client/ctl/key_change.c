#include "client/ctl/key_change.h"
#include "client/common/field.h"
#include "lib/proto/mp.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_SIZE = 256 };

static bool find_provider(const msgpack_object *status, const char *name, msgpack_object_map *ret)
{
    msgpack_object_map map;
    msgpack_object_array providers;
    char found[FIELD_SIZE];
    if (!mp_map(status, &map) || !field_array(&map, "providers", &providers))
        return false;
    for (uint32_t i = 0; i < providers.size; i++)
        if (mp_map(&providers.ptr[i], ret) && strcmp(field_line(ret, "name", found, FIELD_SIZE), name) == 0)
            return true;
    return false;
}

bool key_change_is_ours(const char *folder, const char *name, const char *source)
{
    char file[PATH_MAX + FIELD_SIZE], shown[FIELD_SIZE];
    int n = snprintf(file, sizeof(file), "file %s/%s", folder, name);
    error_text(shown, sizeof(shown), file, n > 0 ? strlen(file) : 0);
    return strcmp(source, shown) == 0 || strncmp(source, "secret service", 14) == 0;
}

static void tell_of(struct ctl *c, const struct key_change *change, const char *name, const msgpack_object *status)
{
    msgpack_object_map p;
    char source[FIELD_SIZE] = "";
    bool known = find_provider(status, name, &p);
    if (known)
        (void)field_line(&p, "key_source", source, FIELD_SIZE);
    if (source[0] != '\0' && !key_change_is_ours(change->folder, name, source))
        ctl_printf(c, "%s: the daemon goes on with the key from %s, which comes first\n", name, source);
    else if (change->removed)
        ctl_printf(c, "%s: the daemon has no key any more\n", name);
    else if (source[0] != '\0')
        ctl_printf(c, "%s: the daemon has it\n", name);
    else if (known)
        ctl_printf(c, "%s: the daemon does not see it, since its configuration lies elsewhere\n", name);
    else
        ctl_printf(c, "%s: the daemon knows no such provider; give it a section [provider \"%s\"] in askd.conf\n", name,
                   name);
}

static int tell_all(struct ctl *c, struct ask *a, const struct key_change *change)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, "status", NULL, &reply);
    for (size_t i = 0; status == EXIT_OK && i < change->n; i++)
        tell_of(c, change, change->names[i], &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int key_change_tell(struct ctl *c, const struct key_change *change)
{
    int status = ctl_flush(c);
    struct ask *a = status == EXIT_OK ? ctl_open_running(c, &status) : NULL;
    if (a == NULL) {
        if (status == EXIT_OK && !c->json && !change->removed)
            ctl_printf(c, "no daemon runs; the next one has %s\n", change->n == 1 ? "it" : "them");
        return status == EXIT_OK ? ctl_flush(c) : status;
    }
    status = ctl_call_once(c, a, "config.reload", NULL);
    if (status == EXIT_OK && !c->json)
        status = tell_all(c, a, change);
    ask_close(a);
    return status == EXIT_OK ? ctl_flush(c) : status;
}
