#include "client/ctl/bridge_form.h"
#include "client/common/json_print.h"
#include "lib/proto/mp.h"
#include <string.h>

struct bridge_form {
    bool (*read)(const msgpack_object *line, struct bridge_request *ret, const char **why);
    const char *before_id, *no_id, *behind_id, *push, *end;
};

static bool read_method(const msgpack_object *method, const msgpack_object *params, struct bridge_request *ret,
                        const char **why)
{
    if (method == NULL || !mp_str(method, &ret->method, &ret->method_len))
        *why = "method is to be a string";
    else if (params != NULL && params->type != MSGPACK_OBJECT_NIL && !mp_map(params, &ret->params))
        *why = "params is to be an object";
    else
        return true;
    return false;
}

static bool read_object(const msgpack_object *body, struct bridge_request *ret, const char **why)
{
    msgpack_object_map map;
    *why = "a request is an object with id, method and params";
    if (body->type != MSGPACK_OBJECT_MAP || !mp_map(body, &map))
        return false;
    if (ret->id == NULL)
        ret->id = mp_get(&map, "id");
    return read_method(mp_get(&map, "method"), mp_get(&map, "params"), ret, why);
}

static bool read_pair(const msgpack_object *line, struct bridge_request *ret, const char **why)
{
    msgpack_object_array pair, call;
    *why = "a request is [id, {\"method\": ..., \"params\": {...}}], or [id, [method, {...}]]";
    if (!mp_array(line, &pair) || pair.size != 2)
        return false;
    ret->id = pair.ptr[0].type != MSGPACK_OBJECT_NIL ? &pair.ptr[0] : NULL;
    if (!mp_array(&pair.ptr[1], &call))
        return read_object(&pair.ptr[1], ret, why);
    if (call.size == 0 || call.size > 2)
        return false;
    return read_method(&call.ptr[0], call.size > 1 ? &call.ptr[1] : NULL, ret, why);
}

const struct bridge_form bridge_json = {read_object, "{\"id\": ", "null", ", ", "{", "}\n"};
const struct bridge_form bridge_vim = {read_pair, "[", "0", ", {", "[0, {", "}]\n"};

bool bridge_read(const struct bridge_form *form, const msgpack_object *line, struct bridge_request *ret,
                 const char **why)
{
    *ret = (struct bridge_request){0};
    return form->read(line, ret, why);
}

/* Up to where the value follows. */
static void begin(const struct bridge_form *form, struct out *out, const msgpack_object *id, const char *what)
{
    (void)out_puts(out, form->before_id);
    if (id != NULL)
        (void)json_print(out, id);
    else
        (void)out_puts(out, form->no_id);
    (void)out_puts(out, form->behind_id);
    (void)out_puts(out, "\"");
    (void)out_puts(out, what);
    (void)out_puts(out, "\": ");
}

void bridge_put_reply(const struct bridge_form *form, struct out *out, const msgpack_object *id, const char *what,
                      const msgpack_object *value)
{
    begin(form, out, id, what);
    (void)json_print(out, value);
    (void)out_puts(out, form->end);
}

void bridge_put_error(const struct bridge_form *form, struct out *out, const msgpack_object *id, enum error_code code,
                      const char *message)
{
    begin(form, out, id, "error");
    (void)out_puts(out, "{\"code\": \"");
    (void)out_puts(out, error_name(code));
    (void)out_puts(out, "\", \"message\": ");
    (void)json_print_str(out, message, strlen(message));
    (void)out_puts(out, "}");
    (void)out_puts(out, form->end);
}

void bridge_put_push(const struct bridge_form *form, struct out *out, const char *method, size_t len,
                     const msgpack_object *params)
{
    (void)out_puts(out, form->push);
    (void)out_puts(out, "\"method\": ");
    (void)json_print_str(out, method, len);
    (void)out_puts(out, ", \"params\": ");
    (void)json_print(out, params);
    (void)out_puts(out, form->end);
}
