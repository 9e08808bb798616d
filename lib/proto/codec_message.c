/* Messages and their parts, both ways. What is read has passed mp_clean. */
#include "lib/proto/codec_message.h"

#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

/* Reading */

/* Where parts come from. Those that were kept may have the hash of their data instead, and beside it the address that
 * it was fetched from. */
enum origin { OF_MESSAGE, OF_ATTACHMENTS, OF_STORE };

static bool get_hash(const struct input *in, struct part *p)
{
    const msgpack_object *hash = input_get(in, "hash");

    if (hash == NULL || hash->type != MSGPACK_OBJECT_BIN || hash->via.bin.size != sizeof(p->hash))
        return false;
    memcpy(p->hash, hash->via.bin.ptr, sizeof(p->hash));
    return p->hashed = true;
}

static enum error_code get_media(const struct input *in, struct part *p, enum origin from)
{
    const msgpack_object *data = input_get(in, "data"), *url = input_get(in, "url");
    bool kept = from == OF_STORE && (data != NULL || get_hash(in, p));
    enum error_code e;

    if (!kept && (data != NULL) == (url != NULL))
        return input_refuse(in, "data", data != NULL ? "must not stand beside url" : "or url is missing");
    if ((e = input_name(in, "mime", false, &p->mime)) != ERR_NONE ||
        (e = input_name(in, "name", false, &p->name)) != ERR_NONE ||
        (e = input_name(in, "url", false, &p->url)) != ERR_NONE || data == NULL)
        return e;
    if (data->type != MSGPACK_OBJECT_BIN)
        return input_refuse(in, "data", "must be binary (bin), not a string or anything else");
    if (data->via.bin.size == 0)
        return input_refuse(in, "data", "must not be empty");

    char *copy = NULL;

    e = input_copy(in->err, data->via.bin.ptr, data->via.bin.size, &copy);
    if (e == ERR_NONE) {
        p->data = (uint8_t *)copy;
        p->data_len = data->via.bin.size;
    }
    return e;
}

static enum error_code get_required_text(const struct input *in, const char *key, struct part *p)
{
    enum error_code e = input_text(in, key, &p->text, &p->text_len);

    return e == ERR_NONE && p->text == NULL ? input_refuse(in, key, "is missing") : e;
}

static enum error_code get_reasoning_part(const struct input *in, struct part *p)
{
    enum error_code e = input_string(in, "signature", &p->signature);

    if (e != ERR_NONE)
        return e;
    /* What a provider keeps secret comes as opaque alone. */
    return p->opaque != NULL ? input_text(in, "text", &p->text, &p->text_len) : get_required_text(in, "text", p);
}

/* The fields that a part of its kind has; in->map is the part. */
static enum error_code get_part_fields(const struct input *in, struct part *p, enum origin from)
{
    enum error_code e = input_value(in, "opaque", false, &p->opaque);

    if (e != ERR_NONE)
        return e;
    switch (p->kind) {
    case PART_TEXT: return get_required_text(in, "text", p);
    case PART_IMAGE:
    case PART_AUDIO:
    case PART_FILE: return get_media(in, p, from);
    case PART_TOOL_CALL:
        if ((e = input_name(in, "id", true, &p->id)) != ERR_NONE ||
            (e = input_name(in, "name", true, &p->name)) != ERR_NONE)
            return e;
        return get_required_text(in, "arguments", p);
    case PART_TOOL_RESULT:
        if ((e = input_name(in, "id", true, &p->id)) != ERR_NONE ||
            (e = input_name(in, "name", false, &p->name)) != ERR_NONE ||
            (e = input_bool(in, "is_error", &p->is_error)) != ERR_NONE)
            return e;
        return get_required_text(in, "content", p);
    case PART_REASONING: return get_reasoning_part(in, p);
    }
    return input_refuse(in, "type", "is unknown");
}

/* What may stand in an attachment or in a message: NULL, or why this kind may not. */
static const char *why_misplaced(enum part_kind kind, enum role role, bool attachment)
{
    bool content = kind == PART_TEXT || kind == PART_IMAGE || kind == PART_AUDIO || kind == PART_FILE;

    if (attachment && !content)
        return "must be text, image, audio or file in an attachment";
    if (role == ROLE_TOOL && kind != PART_TOOL_RESULT)
        return "must be tool_result in a message of role tool";
    return NULL;
}

static enum error_code get_part(const msgpack_object *o, const struct place *at, struct error *err, struct message *m,
                                enum origin from)
{
    const char *misplaced;
    msgpack_object_map map;
    struct input in = {.map = &map, .place = at, .err = err};
    const msgpack_object *type;
    enum part_kind kind;
    const char *s;
    size_t len;

    if (!mp_map(o, &map))
        return input_refuse_place(err, at, "must be a map");
    if ((type = mp_get(&map, "type")) == NULL)
        return input_refuse(&in, "type", "is missing");
    if (!mp_str(type, &s, &len) || !part_kind_from_name(s, len, &kind))
        return input_refuse(&in, "type", "is none of text, image, audio, file, tool_call, tool_result, reasoning");
    if ((misplaced = why_misplaced(kind, m->role, from == OF_ATTACHMENTS)) != NULL)
        return input_refuse(&in, "type", misplaced);
    if (mp_get(&map, "path") != NULL)
        return input_refuse(&in, "path", "must be opened by the client and sent as data");
    return get_part_fields(&in, message_add_part(m, kind), from);
}

enum error_code codec_get_parts(const msgpack_object_array *parts, const struct place *at, struct error *err,
                                struct message *m, bool attachment)
{
    for (uint32_t i = 0; i < parts->size; i++) {
        struct place here = {at, NULL, i};
        enum error_code e = get_part(&parts->ptr[i], &here, err, m, attachment ? OF_ATTACHMENTS : OF_MESSAGE);

        if (e != ERR_NONE)
            return e;
    }
    return ERR_NONE;
}

/* Messages */

enum error_code codec_add_text(struct error *err, struct message *m, const char *s, size_t len)
{
    struct part *p = message_add_part(m, PART_TEXT);

    p->text_len = len;
    return input_copy(err, s, len, &p->text);
}

static enum error_code get_content(const struct input *in, struct message *m)
{
    const msgpack_object *content = input_get(in, "content");
    struct place at = {in->place, "content", 0};
    msgpack_object_array parts;
    const char *s;
    size_t len;

    if (content == NULL)
        return input_refuse_place(in->err, &at, "is missing");
    if (m->role != ROLE_TOOL && mp_str(content, &s, &len))
        return codec_add_text(in->err, m, s, len);
    if (!mp_array(content, &parts))
        return input_refuse_place(in->err, &at,
                                  m->role == ROLE_TOOL ? "must be a list of tool_result parts"
                                                       : "must be a string or a list of parts");
    if (parts.size == 0)
        return input_refuse_place(in->err, &at, "must not be empty");
    return codec_get_parts(&parts, &at, in->err, m, false);
}

static enum error_code get_message(const msgpack_object *o, const struct place *at, struct error *err,
                                   struct message *m)
{
    msgpack_object_map map;
    struct input in = {.map = &map, .place = at, .err = err};
    const msgpack_object *name;
    enum role role;
    const char *s;
    size_t len;

    if (!mp_map(o, &map))
        return input_refuse_place(err, at, "must be a map");
    if ((name = mp_get(&map, "role")) == NULL)
        return input_refuse(&in, "role", "is missing");
    if (!mp_str(name, &s, &len) || !role_from_name(s, len, &role))
        return input_refuse(&in, "role", "is none of system, user, assistant, tool");
    m->role = role;
    return get_content(&in, m);
}

enum error_code codec_messages(const msgpack_object *o, struct message **messages, size_t *n, struct error *err)
{
    struct place at = {NULL, "messages", 0};
    msgpack_object_array list;
    enum error_code e = ERR_NONE;

    if (!mp_array(o, &list))
        return input_refuse_place(err, &at, "must be a list");
    if (list.size == 0)
        return input_refuse_place(err, &at, "must not be empty");
    for (uint32_t i = 0; i < list.size && e == ERR_NONE; i++) {
        struct place here = {&at, NULL, i};

        *messages = grow_one(*messages, *n, sizeof(**messages));
        e = get_message(&list.ptr[i], &here, err, &(*messages)[(*n)++]);
    }
    return e;
}

/* Packing */

static void put_text(struct buf *b, const char *key, const char *text, size_t len)
{
    mp_put_cstr(b, key);
    mp_put_str(b, text ? text : "", len);
}

static uint32_t put_named(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return 0;
    mp_put_cstr(b, key);
    mp_put_cstr(b, value);
    return 1;
}

static uint32_t put_media(struct buf *b, const struct part *p, bool by_hash)
{
    uint32_t n = put_named(b, "mime", p->mime) + put_named(b, "name", p->name) + put_named(b, "url", p->url);

    if (p->data && p->hashed && by_hash) {
        mp_put_cstr(b, "hash");
        mp_put_bin(b, p->hash, sizeof(p->hash));
        n++;
    } else if (p->data) {
        mp_put_cstr(b, "data");
        mp_put_bin(b, p->data, p->data_len);
        n++;
    }
    return n;
}

static uint32_t put_fields(struct buf *b, const struct part *p, bool by_hash)
{
    switch (p->kind) {
    case PART_TEXT: put_text(b, "text", p->text, p->text_len); return 1;
    case PART_IMAGE:
    case PART_AUDIO:
    case PART_FILE: return put_media(b, p, by_hash);
    case PART_TOOL_CALL:
        put_text(b, "arguments", p->text, p->text_len);
        return 1 + put_named(b, "id", p->id) + put_named(b, "name", p->name);
    case PART_TOOL_RESULT:
        put_text(b, "content", p->text, p->text_len);
        if (p->is_error) {
            mp_put_cstr(b, "is_error");
            mp_put_bool(b, true);
        }
        return 1u + p->is_error + put_named(b, "id", p->id) + put_named(b, "name", p->name);
    case PART_REASONING: put_text(b, "text", p->text, p->text_len); return 1 + put_named(b, "signature", p->signature);
    }
    return 0;
}

static void put_part(struct buf *b, const struct part *p, bool by_hash)
{
    size_t at = mp_open_map(b);
    uint32_t n = 1;

    mp_put_cstr(b, "type");
    mp_put_cstr(b, part_kind_name(p->kind));
    n += put_fields(b, p, by_hash);
    if (p->opaque) {
        size_t len;
        const uint8_t *bytes = value_bytes(p->opaque, &len);
        mp_put_cstr(b, "opaque");
        buf_append(b, bytes, len);
        n++;
    }
    mp_close_map(b, at, n);
}

static void put_content(struct buf *b, const struct message *m, bool by_hash)
{
    mp_put_array(b, (uint32_t)m->n_parts);
    for (size_t i = 0; i < m->n_parts; i++)
        put_part(b, &m->parts[i], by_hash);
}

void codec_put_content(struct buf *b, const struct message *m)
{
    put_content(b, m, false);
}

void codec_put_content_by_hash(struct buf *b, const struct message *m)
{
    put_content(b, m, true);
}

/* What was put by an older release, or by a provider that does not keep to its own rules, may not pass as a client's
 * input would: such a part is left out. Only want of memory is an error. */
static enum error_code add_usable_part(const msgpack_object *o, struct message *m, struct error *err)
{
    struct place at = {NULL, "content", 0};
    struct message one = {.role = m->role};
    struct error why = ERROR_INIT;
    enum error_code code = mp_clean(o) ? get_part(o, &at, &why, &one, OF_STORE) : ERR_INVALID_REQUEST;

    if (code == ERR_NONE) {
        *message_add_part(m, one.parts[0].kind) = one.parts[0];
        free(one.parts);
        return ERR_NONE;
    }
    message_done(&one);
    if (code == ERR_INVALID_REQUEST)
        return ERR_NONE;
    *err = why;
    return code;
}

static bool holds_parts(const msgpack_object_array *parts)
{
    msgpack_object_map map;

    for (uint32_t i = 0; i < parts->size; i++)
        if (mp_map(&parts->ptr[i], &map))
            return true;
    return parts->size == 0;
}

enum error_code codec_get_content(const uint8_t *data, size_t len, struct message *m, struct error *err)
{
    msgpack_object_array parts;
    msgpack_unpacked u;
    size_t off = 0;
    enum error_code code = ERR_NONE;

    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)data, len, &off) != MSGPACK_UNPACK_SUCCESS ||
        !mp_array(&u.data, &parts) || !holds_parts(&parts))
        code = error_set(err, ERR_BAD_RESPONSE, "a message's content is not what codec_put_content writes");
    for (uint32_t i = 0; code == ERR_NONE && i < parts.size; i++)
        code = add_usable_part(&parts.ptr[i], m, err);
    msgpack_unpacked_destroy(&u);
    return code;
}
