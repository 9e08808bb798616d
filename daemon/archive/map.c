/* The map of conversation.get, read into a conversation. */
#include "daemon/archive/conversation.h"
#include "lib/base/error.h"
#include "lib/chat/conversation.h"
#include "lib/chat/usage.h"
#include "lib/proto/codec.h"
#include <jansson.h>
#include <string.h>

struct reading {
    struct archive_conversation *c;
    bool strict;
    struct error *err;
    json_t *places; /* of the messages, by id */
};

static enum error_code refuse(const struct reading *r, size_t message, const char *what)
{
    return error_set(r->err, ERR_INVALID_REQUEST, "message %zu: %s", message + 1, what);
}

/* -- what messages hold -- */

static bool get_str(const msgpack_object_map *map, const char *key, const char **s, size_t *len)
{
    const msgpack_object *o = mp_get(map, key);
    return o && mp_str(o, s, len);
}

static char *copy_str(const msgpack_object_map *map, const char *key, size_t *len)
{
    const char *s;
    *len = 0;
    return get_str(map, key, &s, len) ? archive_copy(s, *len) : NULL;
}

static bool is_calls(const msgpack_object *o)
{
    static const char *const keys[] = {"id", "name", "arguments"};
    msgpack_object_array calls;
    msgpack_object_map call;
    const char *s;
    size_t len;
    if (!mp_array(o, &calls))
        return false;
    for (uint32_t i = 0; i < calls.size; i++) {
        if (!mp_map(&calls.ptr[i], &call))
            return false;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (mp_get(&call, keys[k]) && !mp_str(mp_get(&call, keys[k]), &s, &len))
                return false;
    }
    return true;
}

/* Names and plain figures. */
static bool is_usage(const msgpack_object *o)
{
    msgpack_object_map map;
    bool estimated;
    if (!mp_map(o, &map) || !mp_get(&map, "estimated") || !mp_bool(mp_get(&map, "estimated"), &estimated))
        return false;
    for (uint32_t i = 0; i < map.size; i++) {
        msgpack_object_type t = map.ptr[i].val.type;
        if (t == MSGPACK_OBJECT_MAP || t == MSGPACK_OBJECT_ARRAY || t == MSGPACK_OBJECT_BIN || t == MSGPACK_OBJECT_EXT)
            return false;
    }
    return true;
}

static bool value_fits(const struct value *v, bool (*fits)(const msgpack_object *))
{
    msgpack_unpacked u;
    size_t len, off = 0;
    if (!v)
        return true;
    const uint8_t *bytes = value_told(v, &len);
    msgpack_unpacked_init(&u);
    bool good = msgpack_unpack_next(&u, (const char *)bytes, len, &off) == MSGPACK_UNPACK_SUCCESS && fits(&u.data);
    msgpack_unpacked_destroy(&u);
    return good;
}

bool archive_answer_fits(const struct archive_message *m)
{
    return value_fits(m->tool_calls, is_calls) && value_fits(m->usage, is_usage);
}

/* False where it is there and no such thing. */
static bool take_value(const msgpack_object_map *map, const char *key, bool (*fits)(const msgpack_object *),
                       struct value **ret)
{
    const msgpack_object *o = mp_get(map, key);
    if (o && !fits(o))
        return false;
    *ret = o ? value_from_object(o) : NULL;
    return true;
}

static enum error_code read_parts(struct reading *r, size_t at, const msgpack_object *o, struct message *m)
{
    msgpack_object_array parts;
    size_t len;
    struct value *v = mp_array(o, &parts) ? value_from_object(o) : NULL;
    if (!v)
        return refuse(r, at, "its content is neither a text nor a list of parts");
    const uint8_t *bytes = value_told(v, &len);
    enum error_code code = codec_get_content(bytes, len, m, r->err);
    value_unref(v);
    if (code == ERR_BAD_RESPONSE)
        return refuse(r, at, "its content is neither a text nor a list of parts");
    if (code == ERR_NONE && r->strict && (m->n_parts != parts.size || !archive_has_data(m)))
        return refuse(r, at, "a part of it is none that askd knows");
    return code;
}

static enum error_code read_content(struct reading *r, size_t at, const msgpack_object_map *map, struct message *m)
{
    const msgpack_object *o = mp_get(map, "content");
    const char *s;
    size_t len;
    if (!o)
        return r->strict ? refuse(r, at, "it has no content") : ERR_NONE;
    if (!mp_str(o, &s, &len))
        return read_parts(r, at, o, m);
    message_add_text(m, s, len);
    return ERR_NONE;
}

static int64_t read_time(const msgpack_object_map *map, const char *key)
{
    const msgpack_object *o = mp_get(map, key);
    double seconds;
    if (!o || !mp_double(o, &seconds) || !(seconds > 0 && seconds < 1e12))
        return 0;
    return (int64_t)(seconds * 1e6 + 0.5);
}

static void read_id(const msgpack_object_map *map, const char *key, char id[ID_LEN + 1])
{
    const char *s;
    size_t len;
    if (get_str(map, key, &s, &len) && id_valid(s, len))
        memcpy(id, s, ID_LEN);
}

/* -- the tree -- */

/* Where the message with that id is; the last one, where several have it. */
static size_t find_message(const struct reading *r, const char *id, size_t len)
{
    json_t *at = id_valid(id, len) ? json_object_getn(r->places, id, len) : NULL;
    return at ? (size_t)json_integer_value(at) : ARCHIVE_NONE;
}

static enum error_code read_parent(struct reading *r, size_t at, const msgpack_object_map *map, size_t *ret)
{
    const msgpack_object *o = mp_get(map, "parent");
    const char *s;
    size_t len;
    *ret = ARCHIVE_NONE;
    if (!o)
        return ERR_NONE;
    if (mp_str(o, &s, &len))
        *ret = find_message(r, s, len);
    return *ret == ARCHIVE_NONE ? refuse(r, at, "the message that it follows does not stand before it") : ERR_NONE;
}

static enum error_code read_finish(struct reading *r, size_t at, const msgpack_object_map *map, int *ret)
{
    const msgpack_object *o = mp_get(map, "finish_reason");
    enum finish_reason f;
    const char *s;
    size_t len;
    if (!o)
        return ERR_NONE;
    if (!mp_str(o, &s, &len) || !finish_from_name(s, len, &f))
        return refuse(r, at, "its finish_reason is unknown");
    *ret = (int)f;
    return ERR_NONE;
}

static enum error_code read_answer(struct reading *r, size_t at, const msgpack_object_map *map,
                                   struct archive_message *m)
{
    const char *s;
    size_t len;
    m->provider = copy_str(map, "provider", &len);
    m->model = copy_str(map, "model", &len);
    m->reasoning = copy_str(map, "reasoning", &m->reasoning_len);
    if (get_str(map, "state", &s, &len) && !archive_set_state(m, s, len))
        return refuse(r, at, "its state is unknown");
    if (!take_value(map, "tool_calls", is_calls, &m->tool_calls) || !take_value(map, "usage", is_usage, &m->usage))
        return refuse(r, at, "its tool_calls or its usage are none");
    return read_finish(r, at, map, &m->finish);
}

static enum error_code read_message(struct reading *r, size_t at, const msgpack_object *o)
{
    msgpack_object_map map;
    enum role role;
    const char *s;
    size_t len, parent;
    if (!mp_map(o, &map))
        return refuse(r, at, "it is no map");
    if (!get_str(&map, "role", &s, &len) || !role_from_name(s, len, &role))
        return refuse(r, at, "its role is none of system, user, assistant, tool");
    enum error_code code = read_parent(r, at, &map, &parent);
    if (code != ERR_NONE)
        return code;
    struct archive_message *m = archive_add(r->c, role, parent);
    read_id(&map, "id", m->id);
    if (m->id[0])
        json_object_set_new(r->places, m->id, json_integer((json_int_t)at));
    m->created_us = read_time(&map, "created");
    code = read_content(r, at, &map, &m->said);
    return code == ERR_NONE ? read_answer(r, at, &map, m) : code;
}

static enum error_code read_messages(struct reading *r, const msgpack_object_map *map)
{
    const msgpack_object *o = mp_get(map, "messages");
    msgpack_object_array list;
    if (!o || !mp_array(o, &list))
        return error_set(r->err, ERR_INVALID_REQUEST, "it has no list of messages");
    for (uint32_t i = 0; i < list.size; i++) {
        enum error_code code = read_message(r, i, &list.ptr[i]);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static enum error_code read_tags(struct reading *r, const msgpack_object_map *map)
{
    struct archive_conversation *c = r->c;
    msgpack_object_array list;
    const msgpack_object *o = mp_get(map, "tags");
    const char *s;
    size_t len;
    if (!o || !mp_array(o, &list))
        return ERR_NONE;
    if (list.size > CONVERSATION_TAGS_MAX)
        return error_set(r->err, ERR_INVALID_REQUEST, "it has over %d tags", CONVERSATION_TAGS_MAX);
    for (uint32_t i = 0; i < list.size; i++) {
        if (!mp_str(&list.ptr[i], &s, &len) || !archive_add_tag(c, s, len))
            return error_set(r->err, ERR_INVALID_REQUEST, "its tags are not all names of 1 to %d characters",
                             CONVERSATION_TAG_MAX);
    }
    return ERR_NONE;
}

/* An empty conversation has none; one that tells none takes its last message. */
static enum error_code read_head(struct reading *r, const msgpack_object_map *map)
{
    const msgpack_object *o = mp_get(map, "head");
    const char *s;
    size_t len;
    if (!o)
        return ERR_NONE;
    r->c->head = mp_str(o, &s, &len) ? find_message(r, s, len) : ARCHIVE_NONE;
    if (r->c->head != ARCHIVE_NONE)
        return ERR_NONE;
    return error_set(r->err, ERR_INVALID_REQUEST, "its head is none of its messages");
}

static enum error_code read_all(struct reading *r, const msgpack_object_map *map)
{
    const char *s;
    size_t len;
    read_id(map, "conversation", r->c->id);
    archive_set_source(r->c, "askd", r->c->id, strlen(r->c->id));
    if (get_str(map, "title", &s, &len))
        archive_set_title(r->c, s, len);
    r->c->system = copy_str(map, "system", &len);
    if (r->c->system && memchr(r->c->system, '\0', len))
        return error_set(r->err, ERR_INVALID_REQUEST, "its system holds a NUL character");
    if (get_str(map, "directory", &s, &len))
        archive_set_place(&r->c->directory, s, len);
    if (get_str(map, "host", &s, &len))
        archive_set_place(&r->c->host, s, len);
    r->c->created_us = read_time(map, "created");
    r->c->updated_us = read_time(map, "updated");
    const msgpack_object *pinned = mp_get(map, "pinned");
    if (pinned)
        mp_bool(pinned, &r->c->pinned);
    enum error_code code = read_tags(r, map);
    if (code == ERR_NONE)
        code = read_messages(r, map);
    return code == ERR_NONE ? read_head(r, map) : code;
}

enum error_code archive_from_map(const msgpack_object *o, bool strict, struct archive_conversation **ret,
                                 struct error *err)
{
    struct reading r = {archive_conversation_new(), strict, err, json_object()};
    msgpack_object_map map;
    enum error_code code = mp_map(o, &map) ? ERR_NONE : error_set(err, ERR_INVALID_REQUEST, "it is no map");
    if (code == ERR_NONE && !mp_clean(o))
        code = error_set(err, ERR_INVALID_REQUEST, "a text in it is not UTF-8");
    if (code == ERR_NONE)
        code = read_all(&r, &map);
    json_decref(r.places);
    if (code != ERR_NONE)
        archive_conversation_free(r.c);
    else
        *ret = r.c;
    return code;
}
