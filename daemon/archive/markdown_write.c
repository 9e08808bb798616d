#include "daemon/archive/json.h"
#include "daemon/archive/markdown.h"
#include "daemon/archive/stamp.h"
#include "lib/chat/usage.h"
#include "lib/proto/codec.h"
#include <string.h>

/* -- text -- */

static void put_line(struct buf *b, const char *line, size_t len)
{
    size_t escapes, rest_len;
    const char *rest;
    if (markdown_mark(line, len, &escapes, &rest, &rest_len) != MARK_NONE)
        buf_putc(b, '\\');
    buf_append(b, line, len);
}

/* An empty line, the text, and its end. */
static void put_text(struct buf *b, const char *s, size_t len)
{
    buf_putc(b, '\n');
    for (size_t at = 0; at < len;) {
        const char *end = memchr(s + at, '\n', len - at);
        size_t n = end ? (size_t)(end - (s + at)) : len - at;
        put_line(b, s + at, n);
        at += n;
        if (end) {
            buf_putc(b, '\n');
            at++;
        }
    }
    buf_putc(b, '\n');
}

/* -- JSON on one line -- */

static int put_json(const char *s, size_t len, void *data)
{
    return buf_append(data, s, len) ? 0 : -1;
}

/* No comment ends within it: a '>' stands in strings alone, and there it can be written otherwise. */
static void put_meta(struct buf *b, json_t *meta)
{
    struct buf line;
    buf_init(&line, b->max);
    if (json_object_size(meta) == 0) {
        json_decref(meta);
        return;
    }
    if (json_dump_callback(meta, put_json, &line, JSON_COMPACT) != 0)
        b->failed = true;
    buf_puts(b, MARKDOWN_META);
    for (size_t at = 0; at < line.len;) {
        const uint8_t *gt = memchr(line.data + at, '>', line.len - at);
        size_t n = gt ? (size_t)(gt - (line.data + at)) : line.len - at;
        buf_append(b, line.data + at, n);
        at += n;
        if (gt) {
            buf_puts(b, "\\u003e");
            at++;
        }
    }
    buf_puts(b, " -->\n");
    buf_done(&line);
    json_decref(meta);
}

static void set_str(json_t *j, const char *key, const char *s, size_t len)
{
    if (s)
        json_object_set_new(j, key, json_stringn(s, len));
}

static void set_cstr(json_t *j, const char *key, const char *s)
{
    set_str(j, key, s, s ? strlen(s) : 0);
}

static void set_stamp(json_t *j, const char *key, int64_t us)
{
    char text[STAMP_SIZE];
    stamp_print(us, text);
    json_object_set_new(j, key, json_string(text));
}

static void set_packed(json_t *j, const char *key, const uint8_t *bytes, size_t len)
{
    msgpack_unpacked u;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)bytes, len, &off) == MSGPACK_UNPACK_SUCCESS)
        json_object_set_new(j, key, archive_json_value(&u.data));
    msgpack_unpacked_destroy(&u);
}

static void set_value(json_t *j, const char *key, const struct value *v)
{
    size_t len;
    if (!v)
        return;
    const uint8_t *bytes = value_told(v, &len);
    set_packed(j, key, bytes, len);
}

/* -- the front block -- */

static void put_front_entry(struct buf *b, const char *key, json_t *value)
{
    buf_printf(b, "%s: ", key);
    if (json_dump_callback(value, put_json, b, JSON_ENCODE_ANY) != 0)
        b->failed = true;
    buf_putc(b, '\n');
    json_decref(value);
}

static void put_front_stamp(struct buf *b, const char *key, int64_t us)
{
    char text[STAMP_SIZE];
    if (us <= 0)
        return;
    stamp_print(us, text);
    buf_printf(b, "%s: %s\n", key, text);
}

static void put_front(struct buf *b, const struct archive_conversation *c)
{
    buf_printf(b, "---\naskd: %d\n", MARKDOWN_VERSION);
    if (c->title)
        put_front_entry(b, "title", json_string(c->title));
    if (c->id[0])
        buf_printf(b, "conversation: %s\n", c->id);
    put_front_stamp(b, "created", c->created_us);
    put_front_stamp(b, "updated", c->updated_us);
    if (c->n_tags > 0) {
        json_t *tags = json_array();
        for (size_t i = 0; i < c->n_tags; i++)
            json_array_append_new(tags, json_string(c->tags[i]));
        put_front_entry(b, "tags", tags);
    }
    if (c->directory)
        put_front_entry(b, "directory", json_string(c->directory));
    if (c->host)
        put_front_entry(b, "host", json_string(c->host));
    if (c->pinned)
        buf_puts(b, "pinned: true\n");
    if (c->n_messages > 0 && c->head != c->n_messages - 1 && c->head < c->n_messages)
        buf_printf(b, "head: %s\n", c->messages[c->head].id);
    buf_puts(b, "---\n");
}

/* -- messages -- */

/* A name that a heading can carry: nothing in it is read as something else. */
static bool is_plain(const char *s, const char *without)
{
    size_t len = strlen(s);
    if (len == 0 || s[0] == ' ' || s[len - 1] == ' ')
        return false;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || strchr(without, *p))
            return false;
    return true;
}

/* " (provider/model)", or in the comment what cannot be told so. */
static void put_origin(struct buf *b, json_t *meta, const struct archive_message *m)
{
    if (m->provider && m->model && is_plain(m->provider, "/()") && is_plain(m->model, "")) {
        buf_printf(b, " (%s/%s)", m->provider, m->model);
        return;
    }
    set_cstr(meta, "provider", m->provider);
    set_cstr(meta, "model", m->model);
}

static void put_part(struct buf *b, const struct part *p)
{
    struct message one = {.parts = (struct part *)p, .n_parts = 1};
    struct buf packed;
    msgpack_unpacked u;
    size_t off = 0;
    bool media = part_is_attachment(p);
    buf_init(&packed, SIZE_MAX / 2); /* of the conversation's size, which is bounded */
    codec_put_content(&packed, &one);
    msgpack_unpacked_init(&u);
    json_t *meta = NULL;
    if (msgpack_unpack_next(&u, (const char *)packed.data, packed.len, &off) == MSGPACK_UNPACK_SUCCESS &&
        u.data.type == MSGPACK_OBJECT_ARRAY && u.data.via.array.size == 1)
        meta = archive_json_value(&u.data.via.array.ptr[0]);
    msgpack_unpacked_destroy(&u);
    buf_done(&packed);
    if (!meta) {
        b->failed = true;
        return;
    }
    /* Its text stands below, where people read it. */
    json_object_del(meta, "type");
    json_object_del(meta, p->kind == PART_TOOL_CALL ? "arguments" : p->kind == PART_TOOL_RESULT ? "content" : "text");
    buf_printf(b, "\n### part %s\n", part_kind_name(p->kind));
    put_meta(b, meta);
    if (!media)
        put_text(b, p->text, p->text_len);
}

static bool is_text_alone(const struct message *m)
{
    return m->n_parts == 1 && m->parts[0].kind == PART_TEXT && !m->parts[0].opaque;
}

static void put_message(struct buf *b, const struct archive_conversation *c, size_t at)
{
    const struct archive_message *m = &c->messages[at];
    json_t *meta = json_object();
    bool plain = is_text_alone(&m->said);
    buf_printf(b, "\n## %s", role_name(m->said.role));
    set_str(meta, "id", m->id[0] ? m->id : NULL, strlen(m->id));
    if (m->parent == ARCHIVE_NONE && at > 0)
        json_object_set_new(meta, "parent", json_null());
    else if (m->parent != ARCHIVE_NONE && m->parent + 1 != at)
        set_cstr(meta, "parent", c->messages[m->parent].id);
    if (m->created_us > 0)
        set_stamp(meta, "created", m->created_us);
    put_origin(b, meta, m);
    buf_putc(b, '\n');
    if (strcmp(m->state, "done") != 0)
        set_cstr(meta, "state", m->state);
    if (m->finish >= 0)
        set_cstr(meta, "finish_reason", finish_name((enum finish_reason)m->finish));
    set_value(meta, "tool_calls", m->tool_calls);
    set_value(meta, "usage", m->usage);
    if (!plain)
        json_object_set_new(meta, "parts", json_integer((json_int_t)m->said.n_parts));
    put_meta(b, meta);
    if (m->reasoning) {
        buf_puts(b, "\n### reasoning\n");
        put_text(b, m->reasoning, m->reasoning_len);
        if (plain)
            buf_puts(b, "\n### answer\n");
    }
    if (plain)
        put_text(b, m->said.parts[0].text, m->said.parts[0].text_len);
    for (size_t i = 0; !plain && i < m->said.n_parts; i++)
        put_part(b, &m->said.parts[i]);
}

enum error_code archive_write_markdown(struct buf *out, const struct archive_conversation *c, struct error *err)
{
    put_front(out, c);
    if (c->system) {
        buf_puts(out, "\n## instructions\n");
        put_text(out, c->system, strlen(c->system));
    }
    for (size_t i = 0; i < c->n_messages && !out->failed; i++)
        put_message(out, c, i);
    if (out->failed)
        return error_set(err, ERR_TOO_LARGE, "the export is over %zu bytes, max_result in [store]", out->max);
    return ERR_NONE;
}
