#include "daemon/provider/openai_chat.h"
#include "daemon/provider/jsonx.h"

static enum error_code build_list(const struct provider_target *t, struct exchange *x, struct error *err)
{
    return openai_chat_address(t, "GET", "/models", x, err);
}

/* {data: [{id}]}, or the bare list that some give; a null list is an empty one. */
static enum error_code read_list(const uint8_t *body, size_t len, void (*each)(void *data, const char *id), void *data,
                                 struct error *err)
{
    enum jsonx_fault fault;
    json_t *root = jsonx_parse((const char *)body, len, &fault), *row;
    json_t *list = json_is_array(root) ? root : json_object_get(root, "data");
    bool known = json_is_array(list) || json_is_null(list);
    size_t i;

    json_array_foreach(list, i, row)
    {
        const char *id = jsonx_string(row, "id", NULL);
        if (id && *id)
            each(data, id);
    }
    json_decref(root);
    return known ? ERR_NONE : error_set(err, ERR_BAD_RESPONSE, "the provider's list of models cannot be read");
}

const struct provider_ops openai_chat_ops = {
    .api = "openai-chat",
    .build = openai_chat_build,
    .build_list = build_list,
    .read_list = read_list,
    .parser_new = openai_chat_parser_new,
    .feed = openai_chat_feed,
    .finish = openai_chat_finish,
    .done = openai_chat_done,
    .parser_free = openai_chat_parser_free,
};
