#include "lib/chat/message.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/base/names.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const role_names[] = {
#define X(code, name) [code] = (name),
    ROLE_MAP(X)
#undef X
};

static const char *const part_names[] = {
#define X(code, name) [code] = (name),
    PART_MAP(X)
#undef X
};

struct part *message_add_part(struct message *m, enum part_kind kind)
{
    m->parts = grow_one(m->parts, m->n_parts, sizeof(*m->parts));
    struct part *p = &m->parts[m->n_parts++];
    p->kind = kind;
    return p;
}

void message_add_text(struct message *m, const char *text, size_t len)
{
    struct part *p = message_add_part(m, PART_TEXT);

    p->text = xmalloc(len + 1);
    if (len > 0)
        memcpy(p->text, text, len); /* not xstrndup, which would stop at a NUL inside */
    p->text[len] = '\0';
    p->text_len = len;
}

static void part_done(struct part *p)
{
    free(p->text);
    free(p->mime);
    free(p->data);
    free(p->url);
    free(p->name);
    free(p->id);
    free(p->signature);
    value_unref(p->opaque);
}

void message_done(struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++)
        part_done(&m->parts[i]);
    free(m->parts);
    m->parts = NULL;
    m->n_parts = 0;
}

bool mime_is_text(const char *mime)
{
    static const char *const others[] = {"application/json", "application/xml",  "application/javascript",
                                         "application/x-sh", "application/toml", "application/yaml",
                                         "application/sql",  "image/svg+xml"};

    if (mime && strncasecmp(mime, "text/", 5) == 0)
        return true;
    for (size_t i = 0; mime && i < NAMES_COUNT(others); i++)
        if (strcasecmp(mime, others[i]) == 0)
            return true;
    return false;
}

bool part_is_attachment(const struct part *p)
{
    return p->kind == PART_IMAGE || p->kind == PART_AUDIO || p->kind == PART_FILE;
}

size_t part_base64_len(const struct part *p)
{
    return (p->data_len + 2) / 3 * 4;
}

bool part_is_text_file(const struct part *p)
{
    return p->kind == PART_FILE && p->data && mime_is_text(p->mime);
}

const char *role_name(enum role role)
{
    assert((size_t)role < NAMES_COUNT(role_names));
    return role_names[role];
}

bool role_from_name(const char *s, size_t len, enum role *role)
{
    int i = names_find(role_names, NAMES_COUNT(role_names), s, len);

    if (i >= 0)
        *role = (enum role)i;
    return i >= 0;
}

const char *part_kind_name(enum part_kind kind)
{
    assert((size_t)kind < NAMES_COUNT(part_names));
    return part_names[kind];
}

bool part_kind_from_name(const char *s, size_t len, enum part_kind *kind)
{
    int i = names_find(part_names, NAMES_COUNT(part_names), s, len);

    if (i >= 0)
        *kind = (enum part_kind)i;
    return i >= 0;
}
