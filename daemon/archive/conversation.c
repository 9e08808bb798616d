#include "daemon/archive/conversation.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/base/utf8.h"
#include "lib/chat/conversation.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_MAX 4096 /* bytes of a folder, and of a machine's name */

struct archive_conversation *archive_conversation_new(void)
{
    struct archive_conversation *c = NEW(struct archive_conversation);
    c->head = ARCHIVE_NONE;
    return c;
}

char *archive_copy(const char *s, size_t len)
{
    char *copy = xmalloc(len + 1);
    if (len > 0)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

static void message_free(struct archive_message *m)
{
    message_done(&m->said);
    free(m->provider);
    free(m->model);
    free(m->reasoning);
    value_unref(m->tool_calls);
    value_unref(m->usage);
}

struct archive_conversation *archive_conversation_free(struct archive_conversation *c)
{
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->n_messages; i++)
        message_free(&c->messages[i]);
    free(c->messages);
    for (size_t i = 0; i < c->n_tags; i++)
        free(c->tags[i]);
    free(c->tags);
    free(c->source);
    free(c->title);
    free(c->system);
    free(c->directory);
    free(c->host);
    free(c);
    return NULL;
}

struct archive_message *archive_add(struct archive_conversation *c, enum role role, size_t parent)
{
    c->messages = grow_one(c->messages, c->n_messages, sizeof *c->messages);
    struct archive_message *m = &c->messages[c->n_messages];
    m->parent = parent;
    m->said.role = role;
    m->finish = -1;
    strcpy(m->state, "done");
    c->head = c->n_messages++;
    return m;
}

void archive_set_title(struct archive_conversation *c, const char *s, size_t len)
{
    struct buf b;
    size_t chars = 0, end = 0;
    free(c->title);
    c->title = NULL;
    buf_init(&b, CONVERSATION_TITLE_MAX * 4);
    for (size_t at = 0, k; at < len && chars < CONVERSATION_TITLE_MAX; at += k) {
        k = utf8_char(s + at, len - at);
        bool space = k == 0 || utf8_is_control(s + at, k) || s[at] == ' ';
        if (k == 0)
            k = 1;
        if (space && b.len == 0)
            continue;
        buf_append(&b, space ? " " : s + at, space ? 1 : k);
        chars++;
        if (!space)
            end = b.len;
    }
    if (end > 0)
        c->title = xstrndup((const char *)b.data, end);
    buf_done(&b);
}

void archive_set_place(char **place, const char *s, size_t len)
{
    free(*place);
    *place = len > 0 && len <= PLACE_MAX && !memchr(s, '\0', len) ? archive_copy(s, len) : NULL;
}

bool archive_add_tag(struct archive_conversation *c, const char *s, size_t len)
{
    size_t chars;
    if (!utf8_is_line(s, len, &chars) || chars < 1 || chars > CONVERSATION_TAG_MAX)
        return false;
    c->tags = grow_one(c->tags, c->n_tags, sizeof *c->tags);
    c->tags[c->n_tags++] = xstrndup(s, len);
    return true;
}

void archive_set_source(struct archive_conversation *c, const char *kind, const char *id, size_t len)
{
    free(c->source);
    c->source = NULL;
    if (len == 0 || len > ARCHIVE_SOURCE_MAX || memchr(id, '\0', len))
        return;
    c->source = xasprintf("%s:%.*s", kind, (int)len, id);
}

void archive_set_source_digest(struct archive_conversation *c, const char *kind, const void *data, size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    size_t n = 0;
    if (!EVP_Q_digest(NULL, "SHA256", NULL, data, len, digest, &n))
        return;
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    archive_set_source(c, kind, hex, 2 * n);
}

bool archive_set_state(struct archive_message *m, const char *s, size_t len)
{
    static const char *const states[] = {"done", "failed", "cancelled", "interrupted"};
    if (len == 7 && memcmp(s, "running", 7) == 0)
        return archive_set_state(m, "interrupted", 11);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strlen(states[i]) == len && memcmp(states[i], s, len) == 0) {
            strcpy(m->state, states[i]);
            return true;
        }
    }
    return false;
}

bool archive_has_data(const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++)
        if (m->parts[i].hashed && !m->parts[i].data)
            return false;
    return true;
}

static int64_t bound(int64_t us)
{
    return us < 0 ? 0 : us > ARCHIVE_TIME_MAX ? ARCHIVE_TIME_MAX : us;
}

void archive_settle_times(struct archive_conversation *c, int64_t now_us)
{
    int64_t last = c->created_us = bound(c->created_us);
    for (size_t i = 0; last == 0 && i < c->n_messages; i++)
        last = bound(c->messages[i].created_us);
    if (last == 0)
        last = c->updated_us > 0 ? bound(c->updated_us) : now_us;
    if (c->created_us == 0)
        c->created_us = last;
    for (size_t i = 0; i < c->n_messages; i++) {
        struct archive_message *m = &c->messages[i];
        m->created_us = bound(m->created_us);
        if (m->created_us == 0)
            m->created_us = m->parent == ARCHIVE_NONE ? c->created_us : c->messages[m->parent].created_us;
        if (m->created_us > last)
            last = m->created_us;
    }
    c->updated_us = c->updated_us > 0 ? bound(c->updated_us) : last;
}
