#include "daemon/provider/opaque.h"
#include "daemon/provider/jsonx.h"
#include <stdio.h>
#include <string.h>

void opaque_host(const char *url, char *host, size_t size)
{
    const char *start = url ? strstr(url, "://") : NULL;

    start = start ? start + 3 : "";
    snprintf(host, size, "%.*s", (int)strcspn(start, "/?#"), start);
}

bool opaque_pack(json_t *opaque, const char *host, struct buf *out)
{
    bool ok = json_is_object(opaque) && json_object_set_new(opaque, "host", json_string(host)) == 0 &&
              jsonx_pack(opaque, out);

    json_decref(opaque);
    return ok;
}

json_t *opaque_of(const struct part *part, const char *host)
{
    json_t *json = part->opaque ? jsonx_from_value(part->opaque) : NULL;
    const char *from = jsonx_string(json, "host", NULL);

    if (json_is_object(json) && (!from || strcmp(from, host) == 0)) {
        json_object_del(json, "host");
        return json;
    }
    json_decref(json);
    return NULL;
}

bool opaque_is_for(const struct part *part, const char *host)
{
    json_t *json = opaque_of(part, host);
    bool ours = json || !part->opaque;

    json_decref(json);
    return ours;
}
