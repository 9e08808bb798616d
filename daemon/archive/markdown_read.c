#include "daemon/archive/json.h"
#include "daemon/archive/markdown.h"
#include "daemon/archive/split.h"
#include "daemon/archive/stamp.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/chat/conversation.h"
#include "lib/chat/usage.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct page {
    struct archive_conversation *c;
    const char *text;
    size_t len, at;
    unsigned line;  /* of `at`, from 1 */
    json_t *places; /* of the messages, by id */
    size_t parts_due;
    char head[ID_LEN + 1];
    struct error *err;
};

static enum error_code refuse(const struct page *p, const char *what)
{
    return error_set(p->err, ERR_INVALID_REQUEST, "line %u: %s", p->line, what);
}

/* -- lines -- */

/* The line at the place where it stands, without its newline. False at the end. */
static bool peek(const struct page *p, const char **line, size_t *len)
{
    if (p->at >= p->len)
        return false;
    *line = p->text + p->at;
    const char *end = memchr(*line, '\n', p->len - p->at);
    *len = end ? (size_t)(end - *line) : p->len - p->at;
    return true;
}

static void pass(struct page *p, size_t len)
{
    p->at += len + 1;
    p->line++;
}

static bool is_empty(const char *line, size_t len)
{
    return len == 0 || (len == 1 && line[0] == '\r');
}

static bool begins_block(enum markdown_mark mark, size_t escapes)
{
    return escapes == 0 && mark != MARK_NONE && mark != MARK_META;
}

/* All lines up to the next mark, without the backslashes that were put before what looked like one. */
static void read_text(struct page *p, struct buf *b)
{
    const char *line, *rest;
    size_t len, escapes, rest_len;
    bool marked = false;
    if (peek(p, &line, &len) && is_empty(line, len))
        pass(p, len);
    while (peek(p, &line, &len)) {
        enum markdown_mark mark = markdown_mark(line, len, &escapes, &rest, &rest_len);
        if ((marked = begins_block(mark, escapes)))
            break;
        size_t skip = mark != MARK_NONE && escapes > 0;
        buf_append(b, line + skip, len - skip);
        if (p->at + len < p->len)
            buf_putc(b, '\n');
        pass(p, len);
    }
    for (int i = marked ? 2 : 1; i > 0 && b->len > 0 && b->data[b->len - 1] == '\n'; i--)
        b->len--;
}

/* The comment behind a heading, an empty map where there is none. NULL: it cannot be read. */
static json_t *read_meta(struct page *p)
{
    const char *line, *rest;
    size_t len, escapes, rest_len;
    if (!peek(p, &line, &len) || markdown_mark(line, len, &escapes, &rest, &rest_len) != MARK_META || escapes > 0)
        return json_object();
    json_t *meta = NULL;
    struct split nesting;
    const uint8_t *s = (const uint8_t *)rest;
    struct error err;
    size_t left = rest_len > 3 ? rest_len - 3 : 0; /* without the "-->" */
    if (rest_len > 3 && memcmp(rest + left, "-->", 3) == 0) {
        split_init(&nesting, left);
        if (split_next(&nesting, &s, &left, &err) == SPLIT_ENTRY) /* so its nesting is bounded */
            meta = json_loadb((const char *)nesting.entry.data, nesting.entry.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        split_done(&nesting);
    }
    if (json_is_object(meta)) {
        pass(p, len);
        return meta;
    }
    json_decref(meta);
    return NULL;
}

/* -- the front block -- */

static char *front_string(const char *s, size_t len)
{
    json_t *j = len > 0 && s[0] == '"' ? json_loadb(s, len, JSON_DECODE_ANY, NULL) : NULL;
    const char *text = json_string_value(j);
    char *copy = text ? xstrdup(text) : xstrndup(s, len);
    json_decref(j);
    return copy;
}

static enum error_code front_title(struct page *p, const char *s, size_t len)
{
    char *title = front_string(s, len);
    archive_set_title(p->c, title, strlen(title));
    free(title);
    return ERR_NONE;
}

static enum error_code front_directory(struct page *p, const char *s, size_t len)
{
    char *directory = front_string(s, len);
    archive_set_place(&p->c->directory, directory, strlen(directory));
    free(directory);
    return ERR_NONE;
}

static enum error_code front_host(struct page *p, const char *s, size_t len)
{
    char *host = front_string(s, len);
    archive_set_place(&p->c->host, host, strlen(host));
    free(host);
    return ERR_NONE;
}

static enum error_code front_version(struct page *p, const char *s, size_t len)
{
    if (len == 1 && s[0] == '0' + MARKDOWN_VERSION)
        return ERR_NONE;
    return refuse(p, "its version is none that this askd knows: a newer one wrote it");
}

static enum error_code front_id(struct page *p, const char *s, size_t len)
{
    if (!id_valid(s, len))
        return refuse(p, "this is no conversation's id");
    memcpy(p->c->id, s, ID_LEN);
    return ERR_NONE;
}

static enum error_code front_created(struct page *p, const char *s, size_t len)
{
    return (p->c->created_us = stamp_read(s, len)) > 0 ? ERR_NONE : refuse(p, "this is no time");
}

static enum error_code front_updated(struct page *p, const char *s, size_t len)
{
    return (p->c->updated_us = stamp_read(s, len)) > 0 ? ERR_NONE : refuse(p, "this is no time");
}

static enum error_code front_head(struct page *p, const char *s, size_t len)
{
    if (!id_valid(s, len))
        return refuse(p, "this is no message's id");
    memcpy(p->head, s, ID_LEN);
    return ERR_NONE;
}

static enum error_code front_tags(struct page *p, const char *s, size_t len)
{
    struct archive_conversation *c = p->c;
    json_t *tags = len < 64 << 10 ? json_loadb(s, len, 0, NULL) : NULL;
    enum error_code code = json_is_array(tags) && json_array_size(tags) <= CONVERSATION_TAGS_MAX
                               ? ERR_NONE
                               : refuse(p, "tags must be a list of at most 64 names, as in JSON");
    for (size_t i = 0; code == ERR_NONE && i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        if (!json_is_string(tag) || !archive_add_tag(c, json_string_value(tag), json_string_length(tag)))
            code = refuse(p, "tags must be names of 1 to 64 characters");
    }
    json_decref(tags);
    return code;
}

static enum error_code front_pinned(struct page *p, const char *s, size_t len)
{
    p->c->pinned = len == 4 && memcmp(s, "true", 4) == 0;
    return p->c->pinned || (len == 5 && memcmp(s, "false", 5) == 0) ? ERR_NONE : refuse(p, "pinned is true or false");
}

static const struct front_key {
    const char *name;
    enum error_code (*read)(struct page *p, const char *s, size_t len);
} front_keys[] = {
    {"askd", front_version},        {"title", front_title}, {"conversation", front_id}, {"created", front_created},
    {"updated", front_updated},     {"tags", front_tags},   {"pinned", front_pinned},   {"head", front_head},
    {"directory", front_directory}, {"host", front_host},
};

/* "key: value"; a key that is not ours is somebody else's. */
static enum error_code read_front_line(struct page *p, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    for (size_t i = 0; colon && i < sizeof front_keys / sizeof *front_keys; i++) {
        size_t n = strlen(front_keys[i].name);
        if ((size_t)(colon - line) != n || memcmp(line, front_keys[i].name, n) != 0)
            continue;
        const char *s = colon + 1, *end = line + len;
        while (s < end && (*s == ' ' || *s == '\t'))
            s++;
        while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        return front_keys[i].read(p, s, (size_t)(end - s));
    }
    return ERR_NONE;
}

static enum error_code read_front(struct page *p)
{
    const char *line;
    size_t len;
    if (!peek(p, &line, &len) || len != 3 || memcmp(line, "---", 3) != 0)
        return ERR_NONE;
    for (pass(p, len); peek(p, &line, &len); pass(p, len)) {
        if (len == 3 && memcmp(line, "---", 3) == 0) {
            pass(p, len);
            return ERR_NONE;
        }
        enum error_code code = read_front_line(p, line, len);
        if (code != ERR_NONE)
            return code;
    }
    return refuse(p, "the front block has no end: a line --- is missing");
}

/* Up to the first mark: empty lines, and maybe "# Title". */
static enum error_code read_opening(struct page *p)
{
    const char *line, *rest;
    size_t len, escapes, rest_len;
    for (; peek(p, &line, &len); pass(p, len)) {
        enum markdown_mark mark = markdown_mark(line, len, &escapes, &rest, &rest_len);
        if (begins_block(mark, escapes))
            return ERR_NONE;
        if (len > 2 && memcmp(line, "# ", 2) == 0 && !p->c->title)
            archive_set_title(p->c, line + 2, len - 2);
        else if (!is_empty(line, len))
            return refuse(p, "this stands before the first heading, such as ## user or ## assistant");
    }
    return p->c->id[0] ? ERR_NONE : refuse(p, "there is no heading such as ## user or ## assistant");
}

/* -- blocks -- */

static char *meta_copy(const json_t *meta, const char *key)
{
    const char *s = json_string_value(json_object_get(meta, key));
    return s ? xstrdup(s) : NULL;
}

/* "(provider/model)" */
static void read_origin(struct archive_message *m, const char *s, size_t len)
{
    if (len < 3 || s[0] != '(' || s[len - 1] != ')')
        return;
    const char *slash = memchr(s, '/', len);
    const char *model = slash ? slash + 1 : s + 1;
    if (slash && slash > s + 1)
        m->provider = xstrndup(s + 1, (size_t)(slash - s - 1));
    if (s + len - 1 > model)
        m->model = xstrndup(model, (size_t)(s + len - 1 - model));
}

static enum error_code read_parent(struct page *p, const json_t *meta, size_t *ret)
{
    const json_t *o = json_object_get(meta, "parent");
    *ret = p->c->n_messages > 0 ? p->c->n_messages - 1 : ARCHIVE_NONE;
    if (!o)
        return ERR_NONE;
    *ret = ARCHIVE_NONE;
    if (json_is_null(o))
        return ERR_NONE;
    json_t *at = json_is_string(o) ? json_object_get(p->places, json_string_value(o)) : NULL;
    if (!at)
        return refuse(p, "the message that it follows does not stand before it");
    *ret = (size_t)json_integer_value(at);
    return ERR_NONE;
}

static struct value *meta_value(const json_t *meta, const char *key)
{
    const json_t *o = json_object_get(meta, key);
    struct value *v = NULL;
    struct buf b;
    if (!o)
        return NULL;
    buf_init(&b, SIZE_MAX / 2); /* of the page's size, which is bounded */
    if (archive_json_pack(&b, o))
        v = value_from_packed(b.data, b.len);
    buf_done(&b);
    return v;
}

static enum error_code read_meta_fields(struct page *p, const json_t *meta, struct archive_message *m)
{
    const char *id = json_string_value(json_object_get(meta, "id"));
    const char *created = json_string_value(json_object_get(meta, "created"));
    const char *state = json_string_value(json_object_get(meta, "state"));
    const char *finish = json_string_value(json_object_get(meta, "finish_reason"));
    enum finish_reason reason;
    if (id && id_valid(id, strlen(id))) {
        memcpy(m->id, id, ID_LEN);
        json_object_set_new(p->places, m->id, json_integer((json_int_t)(p->c->n_messages - 1)));
    }
    m->created_us = created ? stamp_read(created, strlen(created)) : 0;
    if (!m->provider && !m->model) {
        m->provider = meta_copy(meta, "provider");
        m->model = meta_copy(meta, "model");
    }
    m->tool_calls = meta_value(meta, "tool_calls");
    m->usage = meta_value(meta, "usage");
    if (state && !archive_set_state(m, state, strlen(state)))
        return refuse(p, "its state is unknown");
    if (finish && !finish_from_name(finish, strlen(finish), &reason))
        return refuse(p, "its finish_reason is unknown");
    if (finish)
        m->finish = (int)reason;
    if (!archive_answer_fits(m))
        return refuse(p, "its tool_calls or its usage are none");
    return ERR_NONE;
}

static enum error_code on_message(struct page *p, const char *rest, size_t rest_len, const json_t *meta,
                                  const struct buf *text)
{
    const char *end = memchr(rest, ' ', rest_len);
    size_t n = end ? (size_t)(end - rest) : rest_len, parent;
    enum role role;
    if (p->parts_due > 0)
        return refuse(p, "the message before has fewer parts than its comment says");
    if (!role_from_name(rest, n, &role))
        return refuse(p, "its role is none of system, user, assistant, tool");
    enum error_code code = read_parent(p, meta, &parent);
    if (code != ERR_NONE)
        return code;
    struct archive_message *m = archive_add(p->c, role, parent);
    if (end)
        read_origin(m, end + 1, rest_len - n - 1);
    const json_t *parts = json_object_get(meta, "parts");
    p->parts_due = parts && json_integer_value(parts) > 0 ? (size_t)json_integer_value(parts) : 0;
    if (!parts)
        message_add_text(&m->said, (const char *)text->data, text->len);
    return read_meta_fields(p, meta, m);
}

static enum error_code on_reasoning(struct page *p, const struct buf *text)
{
    struct archive_message *m = &p->c->messages[p->c->n_messages - 1];
    if (m->reasoning)
        return refuse(p, "this message has a reasoning already");
    m->reasoning = archive_copy((const char *)text->data, text->len);
    m->reasoning_len = text->len;
    return ERR_NONE;
}

static enum error_code on_answer(struct page *p, const struct buf *text)
{
    struct message *m = &p->c->messages[p->c->n_messages - 1].said;
    if (m->n_parts != 1 || m->parts[0].kind != PART_TEXT || m->parts[0].text_len > 0)
        return refuse(p, "this message has a text already");
    message_done(m);
    m->parts = NULL;
    m->n_parts = 0;
    message_add_text(m, (const char *)text->data, text->len);
    return ERR_NONE;
}

static const char *text_key(enum part_kind kind)
{
    switch (kind) {
    case PART_TEXT:
    case PART_REASONING: return "text";
    case PART_TOOL_CALL: return "arguments";
    case PART_TOOL_RESULT: return "content";
    default: return NULL;
    }
}

static enum error_code on_part(struct page *p, const char *rest, size_t rest_len, json_t *meta, const struct buf *text)
{
    struct message *m = &p->c->messages[p->c->n_messages - 1].said;
    enum part_kind kind;
    struct buf b;
    if (p->parts_due == 0)
        return refuse(p, "this message has no more parts, by its comment");
    if (!part_kind_from_name(rest, rest_len, &kind))
        return refuse(p, "this part is of no kind that askd knows");
    p->parts_due--;
    json_object_set_new(meta, "type", json_string(part_kind_name(kind)));
    if (text_key(kind))
        json_object_set_new(meta, text_key(kind), json_stringn(text->len ? (const char *)text->data : "", text->len));
    buf_init(&b, SIZE_MAX / 2); /* of the page's size, which is bounded */
    mp_put_array(&b, 1);
    size_t before = m->n_parts;
    enum error_code code = ERR_INVALID_REQUEST;
    if (archive_json_pack(&b, meta))
        code = codec_get_content(b.data, b.len, m, p->err);
    buf_done(&b);
    if (code == ERR_OVERLOADED || (code == ERR_NONE && m->n_parts == before + 1 && archive_has_data(m)))
        return code;
    return refuse(p, "what its comment says is no such part");
}

static enum error_code on_block(struct page *p, enum markdown_mark mark, const char *rest, size_t rest_len,
                                json_t *meta, const struct buf *text)
{
    if (mark == MARK_INSTRUCTIONS) {
        if (p->c->system || p->c->n_messages > 0)
            return refuse(p, "instructions stand once, before the messages");
        if (text->len > 0 && memchr(text->data, '\0', text->len))
            return refuse(p, "instructions must not hold a NUL character");
        p->c->system = archive_copy((const char *)text->data, text->len);
        return ERR_NONE;
    }
    if (mark == MARK_MESSAGE)
        return on_message(p, rest, rest_len, meta, text);
    if (p->c->n_messages == 0)
        return refuse(p, "there is no message that this could belong to");
    switch (mark) {
    case MARK_REASONING: return on_reasoning(p, text);
    case MARK_ANSWER: return on_answer(p, text);
    default: return on_part(p, rest, rest_len, meta, text);
    }
}

static enum error_code read_block(struct page *p)
{
    const char *line = "", *rest = "";
    size_t len = 0, escapes, rest_len = 0;
    struct buf text;
    peek(p, &line, &len);
    enum markdown_mark mark = markdown_mark(line, len, &escapes, &rest, &rest_len);
    pass(p, len);
    json_t *meta = read_meta(p);
    if (!meta)
        return refuse(p, "the comment behind the heading cannot be read");
    buf_init(&text, p->len + 1);
    read_text(p, &text);
    enum error_code code = on_block(p, mark, rest, rest_len, meta, &text);
    buf_done(&text);
    json_decref(meta);
    return code;
}

static enum error_code settle(struct page *p)
{
    struct archive_conversation *c = p->c;
    if (p->parts_due > 0)
        return refuse(p, "the last message has fewer parts than its comment says");
    if (p->head[0]) {
        json_t *at = json_object_get(p->places, p->head);
        if (!at)
            return refuse(p, "the head is none of the messages");
        c->head = (size_t)json_integer_value(at);
    }
    if (c->id[0])
        archive_set_source(c, "askd", c->id, ID_LEN);
    else
        archive_set_source_digest(c, "markdown", p->text, p->len);
    return ERR_NONE;
}

static enum error_code read_page(struct page *p)
{
    enum error_code code = read_front(p);
    if (code == ERR_NONE)
        code = read_opening(p);
    while (code == ERR_NONE && p->at < p->len)
        code = read_block(p);
    return code == ERR_NONE ? settle(p) : code;
}

/* A page whose first line ends so was turned into one of Windows's as a whole. */
static bool drop_returns(const char *text, size_t len, struct buf *b)
{
    const char *end = memchr(text, '\n', len);
    if (!end || end == text || end[-1] != '\r')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(text[i] == '\r' && i + 1 < len && text[i + 1] == '\n'))
            buf_putc(b, text[i]);
    return true;
}

enum error_code archive_read_markdown(const char *text, size_t len, struct archive_conversation **ret,
                                      struct error *err)
{
    struct page p = {.c = archive_conversation_new(), .text = text, .len = len, .line = 1, .err = err};
    struct buf plain;
    if (len == 0) {
        archive_conversation_free(p.c);
        return error_set(err, ERR_INVALID_REQUEST, "it is empty");
    }
    buf_init(&plain, len + 1);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        p.text += 3;
        p.len -= 3;
    }
    if (drop_returns(p.text, p.len, &plain)) {
        p.text = (const char *)plain.data;
        p.len = plain.len;
    }
    p.places = json_object();
    enum error_code code =
        utf8_valid(p.text, p.len) ? read_page(&p) : error_set(err, ERR_INVALID_REQUEST, "it is not UTF-8");
    json_decref(p.places);
    buf_done(&plain);
    if (code != ERR_NONE)
        archive_conversation_free(p.c);
    else
        *ret = p.c;
    return code;
}
