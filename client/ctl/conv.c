#include "client/ctl/conv.h"
#include "client/common/field.h"
#include <string.h>

const char *conv_line(char out[CONV_LINE], const msgpack_object_map *map, const char *name)
{
    return field_line(map, name, out, CONV_LINE);
}

bool conv_format_is_known(const struct ctl *c)
{
    static const char *const formats[] = {"json", "markdown", "chatgpt", "llm"};
    if ((c->given & CTL_FORMAT) == 0)
        return true;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(formats[i], c->format) == 0)
            return true;
    exit_print(c->program, "'%.60s' is none of " CONV_FORMATS ": see askctl conv --help", c->format);
    return false;
}

/* -- calls -- */

int conv_get(struct ctl *c, struct ask *a, const char *id, msgpack_unpacked *reply)
{
    struct buf params;
    buf_init(&params, CONV_PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "conversation", id);
    int status = ctl_call(c, a, "conversation.get", &params, reply);
    buf_done(&params);
    return status;
}

int conv_set_flag(struct ctl *c, struct ask *a, const char *method, const char *id, const char *name, bool value)
{
    struct buf params;
    buf_init(&params, CONV_PARAMS_MAX);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", id);
    mp_put_cstr(&params, name);
    mp_put_bool(&params, value);
    int status = ctl_call_once(c, a, method, &params);
    buf_done(&params);
    return status;
}

int conv_change(struct ctl *c, struct ask *a, const char *method, const char *id, const char *name, const char *value,
                msgpack_unpacked *reply)
{
    struct buf params;
    buf_init(&params, CONV_PARAMS_MAX);
    mp_put_map(&params, name != NULL ? 2 : 1);
    mp_put_entry(&params, "conversation", id);
    if (name != NULL)
        mp_put_entry(&params, name, value);
    int status;
    if (params.failed) {
        exit_print(c->program, "the %s is too long: give a shorter one", name != NULL ? name : "id");
        status = EXIT_USAGE;
    } else if (reply != NULL) {
        status = ctl_call(c, a, method, &params, reply);
    } else {
        status = ctl_call_once(c, a, method, &params);
    }
    buf_done(&params);
    return status;
}
