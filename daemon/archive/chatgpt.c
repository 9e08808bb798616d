#include "daemon/archive/chatgpt.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

#define PROVIDER "chatgpt" /* who answered: none of the daemon's providers */

enum visit { NEW, ON_PATH, DONE };

struct node {
    const json_t *message;
    size_t parent;  /* a node, or ARCHIVE_NONE */
    size_t kept;    /* its message in the conversation, or that of the nearest node above; ARCHIVE_NONE: neither */
    size_t thought; /* a node above whose thoughts no answer has yet, or ARCHIVE_NONE */
    enum visit visit;
};

struct tree {
    struct archive_conversation *c;
    struct node *nodes;
    size_t n;
    json_t *places; /* of the nodes, by id */
};

/* -- JSON -- */

static int64_t time_of(const json_t *j, const char *key)
{
    double seconds = json_number_value(json_object_get(j, key));
    return seconds > 0 && seconds < 1e12 ? (int64_t)(seconds * 1e6 + 0.5) : 0;
}

static size_t place_of(const struct tree *t, const json_t *id)
{
    const json_t *at = json_is_string(id) ? json_object_get(t->places, json_string_value(id)) : NULL;
    return at ? (size_t)json_integer_value(at) : ARCHIVE_NONE;
}

/* -- messages -- */

static bool is_hidden(const json_t *message)
{
    const json_t *weight = json_object_get(message, "weight");
    return (json_is_number(weight) && json_number_value(weight) == 0) ||
           json_is_true(json_object_get(json_object_get(message, "metadata"), "is_visually_hidden_from_conversation"));
}

/* What is told of a tool is part of what the model said. */
static enum role role_of(const json_t *message)
{
    const char *name = chatgpt_str(json_object_get(message, "author"), "role");
    enum role role;
    if (!role_from_name(name, strlen(name), &role) || role == ROLE_TOOL)
        return ROLE_ASSISTANT;
    return role;
}

static void put_thoughts(struct archive_message *m, const json_t *message)
{
    const json_t *thoughts = json_object_get(json_object_get(message, "content"), "thoughts"), *thought;
    struct buf b;
    size_t i;
    buf_init(&b, SIZE_MAX / 2); /* of the entry's size, which is bounded */
    json_array_foreach(thoughts, i, thought) buf_printf(
        &b, "%s%s\n%s", b.len ? "\n\n" : "", chatgpt_str(thought, "summary"), chatgpt_str(thought, "content"));
    if (b.len > 0) {
        m->reasoning = archive_copy((const char *)b.data, b.len);
        m->reasoning_len = b.len;
    }
    buf_done(&b);
}

static void set_answer(struct tree *t, struct archive_message *m, const struct node *n)
{
    const char *model = chatgpt_str(json_object_get(n->message, "metadata"), "model_slug");
    const char *status = chatgpt_str(n->message, "status");
    m->provider = xstrdup(PROVIDER);
    m->model = *model ? xstrdup(model) : NULL;
    if (strcmp(status, "in_progress") == 0 || strcmp(status, "finished_partial_completion") == 0)
        archive_set_state(m, "interrupted", strlen("interrupted"));
    if (n->thought != ARCHIVE_NONE)
        put_thoughts(m, t->nodes[n->thought].message);
}

/* "About me" and "How to answer", which the user gave once for all chats. */
static void take_instructions(struct archive_conversation *c, const json_t *content)
{
    const char *about = chatgpt_str(content, "user_profile"), *how = chatgpt_str(content, "user_instructions");
    if (c->system || (!*about && !*how))
        return;
    c->system = xasprintf("%s%s%s", about, *about && *how ? "\n\n" : "", how);
}

static bool is_type(const json_t *content, const char *type)
{
    return strcmp(chatgpt_str(content, "content_type"), type) == 0;
}

static void keep(struct tree *t, struct node *n, enum role role, const struct buf *text)
{
    struct archive_conversation *c = t->c;
    if (role == ROLE_SYSTEM && n->kept == ARCHIVE_NONE && !c->system) {
        c->system = archive_copy((const char *)text->data, text->len);
        return;
    }
    struct archive_message *m = archive_add(c, role, n->kept);
    const char *id = chatgpt_str(n->message, "id");
    if (id_valid(id, strlen(id)))
        memcpy(m->id, id, ID_LEN);
    m->created_us = time_of(n->message, "create_time");
    message_add_text(&m->said, (const char *)text->data, text->len);
    if (role == ROLE_ASSISTANT) {
        set_answer(t, m, n);
        n->thought = ARCHIVE_NONE;
    }
    n->kept = c->head;
}

/* Its parent was visited. */
static void visit(struct tree *t, size_t at)
{
    struct node *n = &t->nodes[at];
    const json_t *content = json_object_get(n->message, "content");
    struct buf text;
    n->visit = DONE;
    n->kept = n->parent == ARCHIVE_NONE ? ARCHIVE_NONE : t->nodes[n->parent].kept;
    n->thought = n->parent == ARCHIVE_NONE ? ARCHIVE_NONE : t->nodes[n->parent].thought;
    if (!json_is_object(content))
        return;
    if (is_type(content, "user_editable_context"))
        take_instructions(t->c, content);
    if (is_type(content, "thoughts"))
        n->thought = at;
    if (is_hidden(n->message))
        return;
    buf_init(&text, SIZE_MAX / 2); /* of the entry's size, which is bounded */
    if (chatgpt_content(content, &text) && text.len > 0)
        keep(t, n, role_of(n->message), &text);
    buf_done(&text);
}

/* -- the tree -- */

static enum error_code read_nodes(struct tree *t, const json_t *mapping, struct error *err)
{
    const char *id;
    json_t *j;
    t->n = 0;
    t->nodes = json_object_size(mapping) > 0 ? xcalloc(json_object_size(mapping), sizeof *t->nodes) : NULL;
    json_object_foreach((json_t *)mapping, id, j)
    {
        if (!json_is_object(j))
            return error_set(err, ERR_INVALID_REQUEST, "a node of its mapping is no object");
        json_object_set_new(t->places, id, json_integer((json_int_t)t->n));
        t->nodes[t->n++].message = json_object_get(j, "message");
    }
    size_t at = 0; /* a parent that is not there is none */
    json_object_foreach((json_t *)mapping, id, j) t->nodes[at++].parent = place_of(t, json_object_get(j, "parent"));
    return ERR_NONE;
}

/* Goes up to what was visited, then down again, each node after its parent. */
static enum error_code visit_path(struct tree *t, size_t leaf, size_t *path, struct error *err)
{
    size_t n = 0;
    for (size_t at = leaf; at != ARCHIVE_NONE && t->nodes[at].visit != DONE; at = t->nodes[at].parent) {
        if (t->nodes[at].visit == ON_PATH)
            return error_set(err, ERR_INVALID_REQUEST, "its messages follow each other in a circle");
        t->nodes[at].visit = ON_PATH;
        path[n++] = at;
    }
    while (n > 0)
        visit(t, path[--n]);
    return ERR_NONE;
}

static enum error_code visit_all(struct tree *t, struct error *err)
{
    size_t *path = xcalloc(t->n + 1, sizeof *path);
    enum error_code code = ERR_NONE;
    for (size_t i = 0; i < t->n && code == ERR_NONE; i++)
        code = visit_path(t, i, path, err);
    free(path);
    return code;
}

static void read_names(struct archive_conversation *c, const json_t *j)
{
    const json_t *title = json_object_get(j, "title");
    const char *id = *chatgpt_str(j, "conversation_id") ? chatgpt_str(j, "conversation_id") : chatgpt_str(j, "id");
    archive_set_source(c, PROVIDER, id, strlen(id));
    if (json_is_string(title))
        archive_set_title(c, json_string_value(title), json_string_length(title));
    c->created_us = time_of(j, "create_time");
    c->updated_us = time_of(j, "update_time");
}

enum error_code archive_read_chatgpt(const json_t *j, struct archive_conversation **ret, struct error *err)
{
    const json_t *mapping = json_object_get(j, "mapping");
    struct tree t = {0};
    if (!json_is_object(mapping))
        return error_set(err, ERR_INVALID_REQUEST,
                         json_object_get(j, "format") ? "it has no mapping: its format may be json"
                                                      : "it has no mapping: it is no conversation of ChatGPT");
    t.c = archive_conversation_new();
    t.places = json_object();
    read_names(t.c, j);
    enum error_code code = read_nodes(&t, mapping, err);
    if (code == ERR_NONE)
        code = visit_all(&t, err);
    size_t head = place_of(&t, json_object_get(j, "current_node"));
    if (code == ERR_NONE && head != ARCHIVE_NONE && t.nodes[head].kept != ARCHIVE_NONE)
        t.c->head = t.nodes[head].kept;
    if (code == ERR_NONE && t.c->n_messages == 0)
        code = error_set(err, ERR_INVALID_REQUEST, "it holds no message");
    json_decref(t.places);
    free(t.nodes);
    if (code != ERR_NONE)
        archive_conversation_free(t.c);
    else
        *ret = t.c;
    return code;
}
