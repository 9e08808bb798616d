#include "daemon/provider/calls.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include "lib/base/alloc.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void calls_done(struct calls *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->list[i].id);
        buf_done(&c->list[i].arguments);
    }
    free(c->list);
    *c = (struct calls){.list = NULL};
}

static struct call *by_index(const struct calls *c, int64_t index)
{
    for (size_t i = c->n; i-- > 0;) {
        if (c->list[i].index == index)
            return &c->list[i];
    }
    return NULL;
}

bool calls_known(const struct calls *c, int64_t index)
{
    return by_index(c, index) != NULL;
}

bool calls_bare(const struct calls *c, int64_t index)
{
    const struct call *call = by_index(c, index);

    return call && call->arguments.len == 0;
}

static struct call *by_id(const struct calls *c, const char *id)
{
    for (size_t i = c->n; i-- > 0;) {
        if (c->list[i].id && strcmp(c->list[i].id, id) == 0)
            return &c->list[i];
    }
    return NULL;
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

#define JUDGED_MAX 4096 /* bytes of arguments that are parsed to tell a fragment from a call */

/* A call without an id whose arguments are whole is over where a named fragment begins new ones. */
static bool is_over(const struct call *call, const struct call_piece *piece)
{
    const struct buf *told = &call->arguments;

    return call->named && !call->id && piece->arguments_len > 0 && *piece->arguments == '{' && told->len > 0 &&
           told->len <= JUDGED_MAX && told->data[told->len - 1] == '}' && is_json(told);
}

/* The call that a fragment goes on with, NULL if it begins one. id and name are NULL where empty. A named fragment with
 * another id is another call, whatever its index says. */
static struct call *find(const struct calls *c, const struct call_piece *piece, const char *id, const char *name)
{
    if (piece->index >= 0) {
        struct call *call = by_index(c, piece->index);
        bool other = call && name && (id && call->id ? strcmp(call->id, id) != 0 : is_over(call, piece));
        return other ? NULL : call;
    }
    if (id)
        return by_id(c, id);
    return name || c->n == 0 ? NULL : &c->list[c->n - 1];
}

static struct call *add(struct calls *c, int64_t index)
{
    if (c->n == CALLS_MAX)
        return NULL;
    c->list = xrealloc(c->list, (c->n + 1) * sizeof *c->list);
    struct call *call = &c->list[c->n++];
    *call = (struct call){.index = index};
    buf_init(&call->arguments, PROVIDER_EVENT_MAX);
    return call;
}

static struct event_text view(const char *s)
{
    return (struct event_text){s, s ? strlen(s) : 0};
}

static const char *filled(const char *s)
{
    return s && *s ? s : NULL;
}

#define CALL_ID_MAX 32

/* Who gives no ids sends the same call again with the same id: it is made from what is called, and its place. */
static const char *make_id(char made[CALL_ID_MAX], int64_t place, const struct call_piece *piece)
{
    unsigned char hash[EVP_MAX_MD_SIZE] = {0};
    struct buf text;

    buf_init(&text, PROVIDER_EVENT_MAX);
    buf_printf(&text, "%lld %s ", (long long)place, piece->name ? piece->name : "");
    if (piece->object)
        jsonx_dump(piece->object, &text);
    EVP_Digest(text.data, text.len, hash, NULL, EVP_sha256(), NULL);
    buf_done(&text);
    snprintf(made, CALL_ID_MAX, "call_%02x%02x%02x%02x%02x%02x%02x%02x", hash[0], hash[1], hash[2], hash[3], hash[4],
             hash[5], hash[6], hash[7]);
    return made;
}

enum error_code calls_take(struct calls *c, const struct call_piece *piece, event_sink sink, void *data,
                           struct error *err)
{
    const char *id = filled(piece->id), *name = filled(piece->name);
    struct call *call = find(c, piece, id, name);

    if (!call && !(call = add(c, piece->index)))
        return error_set(err, ERR_TOO_LARGE, "the answer holds over %d tool calls", CALLS_MAX);
    struct chat_event ev = {.kind = EVENT_TOOL_CALL, .index = call - c->list, .opaque = piece->opaque};
    size_t before = call->arguments.len;

    char made[CALL_ID_MAX];
    if (piece->whole && !id)
        id = make_id(made, call - c->list, piece);
    if (id && !call->id) {
        ev.id = view(id);
        call->id = xstrndup(id, strnlen(id, 1024));
    }
    if (name && !call->named) {
        ev.name = view(name);
        call->named = true;
    }
    bool none = piece->whole && !piece->object && piece->arguments_len == 0;
    bool ok = none            ? buf_puts(&call->arguments, "{}")
              : piece->object ? jsonx_dump(piece->object, &call->arguments)
                              : buf_append(&call->arguments, piece->arguments, piece->arguments_len);
    c->bytes += call->arguments.len - before;
    if (!ok || c->bytes > PROVIDER_EVENT_MAX)
        return error_set(err, ERR_TOO_LARGE, "the arguments of the tool calls are over %u bytes", PROVIDER_EVENT_MAX);
    ev.text = (struct event_text){"", call->arguments.len - before};
    if (ev.text.len > 0)
        ev.text.data = (const char *)call->arguments.data + before;
    if (ev.text.len > 0 || ev.id.data || ev.name.data || ev.opaque.data)
        sink(data, &ev);
    return ERR_NONE;
}

bool calls_read(const json_t *fragment, struct call_piece *ret)
{
    const json_t *function = jsonx_object(fragment, "function"), *arguments = jsonx_get(function, "arguments");

    *ret = (struct call_piece){.id = jsonx_string(fragment, "id", NULL), .name = jsonx_string(function, "name", NULL)};
    if (!jsonx_integer(fragment, "index", &ret->index) || ret->index < 0)
        ret->index = -1;
    if (json_is_string(arguments))
        ret->arguments = jsonx_string(function, "arguments", &ret->arguments_len);
    else
        ret->object = arguments;
    return json_is_object(fragment);
}

bool calls_well_formed(const struct calls *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!c->list[i].named || !is_json(&c->list[i].arguments))
            return false;
    }
    return true;
}
