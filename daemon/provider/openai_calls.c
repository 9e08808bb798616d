#include "daemon/provider/openai_calls.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

void openai_calls_done(struct openai_calls *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->list[i].id);
        buf_done(&c->list[i].arguments);
    }
    free(c->list);
    *c = (struct openai_calls){.list = NULL};
}

static struct openai_call *by_index(const struct openai_calls *c, int64_t index)
{
    for (size_t i = c->n; i-- > 0;) {
        if (c->list[i].index == index)
            return &c->list[i];
    }
    return NULL;
}

static struct openai_call *by_id(const struct openai_calls *c, const char *id)
{
    for (size_t i = c->n; i-- > 0;) {
        if (c->list[i].id && strcmp(c->list[i].id, id) == 0)
            return &c->list[i];
    }
    return NULL;
}

/* The call that a fragment goes on with, NULL if it begins one. id and name are NULL where empty. A named fragment with
 * another id is another call, whatever its index says. */
static struct openai_call *find(const struct openai_calls *c, int64_t index, const char *id, const char *name)
{
    if (index >= 0) {
        struct openai_call *call = by_index(c, index);
        bool other = call && call->id && id && name && strcmp(call->id, id) != 0;
        return other ? NULL : call;
    }
    if (id)
        return by_id(c, id);
    return name || c->n == 0 ? NULL : &c->list[c->n - 1];
}

static struct openai_call *add(struct openai_calls *c, int64_t index)
{
    if (c->n == OPENAI_CALLS_MAX)
        return NULL;
    c->list = xrealloc(c->list, (c->n + 1) * sizeof *c->list);
    struct openai_call *call = &c->list[c->n++];
    *call = (struct openai_call){.index = index};
    buf_init(&call->arguments, PROVIDER_EVENT_MAX);
    return call;
}

static const char *filled(const json_t *obj, const char *key)
{
    const char *s = jsonx_string(obj, key, NULL);

    return s && *s ? s : NULL;
}

static struct event_text view(const char *s)
{
    return (struct event_text){s, s ? strlen(s) : 0};
}

static enum error_code take(struct openai_calls *c, int64_t index, const char *id, const json_t *function,
                            event_sink sink, void *data, struct error *err)
{
    const char *name = filled(function, "name");
    struct openai_call *call = find(c, index, id, name);

    if (!call && !(call = add(c, index)))
        return error_set(err, ERR_TOO_LARGE, "the answer holds over %d tool calls", OPENAI_CALLS_MAX);
    struct chat_event ev = {.kind = EVENT_TOOL_CALL, .index = call - c->list};
    size_t before = call->arguments.len;
    json_t *arguments = jsonx_get(function, "arguments");

    if (id && !call->id) {
        ev.id = view(id);
        call->id = xstrndup(id, strnlen(id, 1024));
    }
    if (name && !call->named) {
        ev.name = view(name);
        call->named = true;
    }
    bool ok = !arguments || (json_is_string(arguments) ? buf_append(&call->arguments, json_string_value(arguments),
                                                                    json_string_length(arguments))
                                                       : jsonx_dump(arguments, &call->arguments));
    c->bytes += call->arguments.len - before;
    if (!ok || c->bytes > PROVIDER_EVENT_MAX)
        return error_set(err, ERR_TOO_LARGE, "the arguments of the tool calls are over %u bytes", PROVIDER_EVENT_MAX);
    ev.text = (struct event_text){"", call->arguments.len - before};
    if (ev.text.len > 0)
        ev.text.data = (const char *)call->arguments.data + before;
    if (ev.text.len > 0 || ev.id.data || ev.name.data)
        sink(data, &ev);
    return ERR_NONE;
}

enum error_code openai_calls_take(struct openai_calls *c, const json_t *fragment, event_sink sink, void *data,
                                  struct error *err)
{
    int64_t index = -1;

    if (!json_is_object(fragment))
        return error_set(err, ERR_BAD_RESPONSE, "the provider sent a tool call that cannot be read");
    if (!jsonx_integer(fragment, "index", &index) || index < 0)
        index = -1;
    return take(c, index, filled(fragment, "id"), jsonx_object(fragment, "function"), sink, data, err);
}

enum error_code openai_calls_take_function(struct openai_calls *c, const json_t *function, event_sink sink, void *data,
                                           struct error *err)
{
    /* It is one call, though some repeat its name. */
    return take(c, 0, NULL, function, sink, data, err);
}

static bool is_json(const struct buf *text)
{
    enum jsonx_fault fault;

    if (text->len == 0)
        return true;
    json_t *json = jsonx_parse((const char *)text->data, text->len, &fault);
    json_decref(json);
    return fault == JSONX_OK;
}

bool openai_calls_well_formed(const struct openai_calls *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!c->list[i].named || !is_json(&c->list[i].arguments))
            return false;
    }
    return true;
}
