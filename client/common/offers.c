#include "client/common/offers.h"
#include "client/common/field.h"
#include "lib/proto/mp.h"
#include <stdio.h>

enum { VALUE_SIZE = 1024, ABOUT_SIZE = 256 };

static const struct row {
    const char *method;
    const char *param;     /* the only one; NULL: none */
    const char *text;      /* its value; NULL: true */
    const char *in;        /* where in the reply the list is; NULL: it is the reply */
    const char *values[2]; /* fields of an item; none: the item itself */
    const char *list;      /* a field with more of them */
    const char *list_about;
    const char *about[2]; /* fields that tell of an item: "running: why is the…" */
    const char *if_true;  /* only items where this is so */
} rows[OFFERS_KINDS] = {
    [OFFERS_MODELS] = {.method = "models.list",
                       .values = {"id", "model"},
                       .list = "aliases",
                       .list_about = "alias",
                       .about = {"title"},
                       .if_true = "available"},
    [OFFERS_CONVERSATIONS] = {.method = "conversation.list", .values = {"conversation"}, .about = {"title"}},
    [OFFERS_DELETED] = {.method = "conversation.list",
                        .param = "deleted",
                        .values = {"conversation"},
                        .about = {"title"}},
    [OFFERS_ANSWERS] = {.method = "answer.list", .values = {"answer"}, .about = {"state", "preview"}},
    [OFFERS_RUNNING] = {.method = "answer.list",
                        .param = "state",
                        .text = "running",
                        .values = {"answer"},
                        .about = {"model", "preview"}},
    [OFFERS_PROMPTS] = {.method = "prompt.list", .values = {"name"}, .about = {"description"}},
    [OFFERS_PROVIDERS] = {.method = "status", .in = "providers", .values = {"name"}, .about = {"state"}},
    [OFFERS_TAGS] = {.method = "conversation.list", .list = "tags", .list_about = "tag"},
    [OFFERS_METHODS] = {.method = "hello", .in = "methods"},
};

const char *offers_method(enum offers kind)
{
    return rows[kind].method;
}

void offers_put_params(struct buf *params, enum offers kind)
{
    const struct row *row = &rows[kind];
    const bool listed = strcmp(row->method, "conversation.list") == 0;
    mp_put_map(params, 0U + listed + (row->param != NULL));
    if (listed)
        mp_put_entry_uint(params, "limit", OFFERS_LISTED);
    if (row->param != NULL && row->text != NULL)
        mp_put_entry(params, row->param, row->text);
    if (row->param != NULL && row->text == NULL) {
        mp_put_cstr(params, row->param);
        mp_put_bool(params, true);
    }
}

static void add_text(const msgpack_object *o, const char *about, offers_add *add, void *data)
{
    char value[VALUE_SIZE];
    const char *s;
    size_t len;
    if (!mp_str(o, &s, &len) || len == 0 || len >= sizeof(value) || memchr(s, '\0', len) != NULL)
        return;
    memcpy(value, s, len);
    value[len] = '\0';
    add(data, value, about);
}

static void read_about(const struct row *row, const msgpack_object_map *item, char about[2 * ABOUT_SIZE])
{
    char first[ABOUT_SIZE - 2] = "", second[ABOUT_SIZE] = "";
    if (row->about[0] != NULL)
        (void)field_line(item, row->about[0], first, sizeof(first));
    if (row->about[1] != NULL)
        (void)field_line(item, row->about[1], second, sizeof(second));
    (void)snprintf(about, 2 * (size_t)ABOUT_SIZE, "%s%s%s", first, first[0] != '\0' && second[0] != '\0' ? ": " : "",
                   second);
}

static void read_item(const struct row *row, const msgpack_object *o, offers_add *add, void *data)
{
    char about[2 * ABOUT_SIZE];
    msgpack_object_map item;
    msgpack_object_array more;
    if (row->values[0] == NULL && row->list == NULL)
        return add_text(o, "", add, data);
    if (!mp_map(o, &item) || (row->if_true != NULL && !field_true(&item, row->if_true)))
        return;
    read_about(row, &item, about);
    for (size_t i = 0; i < sizeof(row->values) / sizeof(row->values[0]) && row->values[i] != NULL; i++)
        if (mp_get(&item, row->values[i]) != NULL)
            add_text(mp_get(&item, row->values[i]), about, add, data);
    if (row->list != NULL && field_array(&item, row->list, &more))
        for (uint32_t i = 0; i < more.size; i++)
            add_text(&more.ptr[i], row->list_about, add, data);
}

void offers_read(enum offers kind, const msgpack_object *reply, offers_add *add, void *data)
{
    const struct row *row = &rows[kind];
    msgpack_object_map map;
    msgpack_object_array list;
    const bool found =
        row->in == NULL ? mp_array(reply, &list) : mp_map(reply, &map) && field_array(&map, row->in, &list);
    for (uint32_t i = 0; found && i < list.size; i++)
        read_item(row, &list.ptr[i], add, data);
}
