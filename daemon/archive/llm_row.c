/* A row of logs.db, and what stands beside it, as messages. */
#include "daemon/archive/llm_internal.h"
#include "daemon/archive/stamp.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

#define PROVIDER "llm" /* who answered: none of the daemon's providers */

struct view {
    const char *s;
    size_t len;
};

/* Nothing where it is no text; what is no UTF-8 is repaired where it is taken. */
static struct view column(struct llm *l, sqlite3_stmt *q, int at)
{
    if (sqlite3_column_type(q, at) == SQLITE_NULL)
        return (struct view){0};
    const char *s = (const char *)sqlite3_column_text(q, at);
    struct view v = {s, s ? (size_t)sqlite3_column_bytes(q, at) : 0};
    l->held += v.len;
    return v;
}

static char *copy(struct view v)
{
    struct buf b;
    buf_init(&b, v.len * 3 + 1);
    utf8_append_repaired(&b, v.s, v.len);
    char *s = xstrndup(b.len ? (const char *)b.data : "", b.len);
    buf_done(&b);
    return s;
}

static char *copy_known(struct view v)
{
    return v.len > 0 ? copy(v) : NULL;
}

static void append(struct buf *b, struct view v)
{
    if (v.len == 0)
        return;
    if (b->len > 0)
        buf_putc(b, '\n');
    utf8_append_repaired(b, v.s, v.len);
}

/* Begins the extra's rows of this response; NULL where this version has none. */
static sqlite3_stmt *begin_extra(struct llm *l, enum llm_extra kind)
{
    sqlite3_stmt *q = l->extra[kind];
    if (q)
        sqlite3_bind_value(q, 1, sqlite3_column_value(l->row, LLM_ID));
    return q;
}

/* False after a fault, and where it is too much. */
static bool next_extra(struct llm *l, sqlite3_stmt *q, bool *good)
{
    if (!q || !*good)
        return false;
    int rc = sqlite3_step(q);
    *good = (rc == SQLITE_ROW || rc == SQLITE_DONE) && l->held <= l->max_entry;
    if (rc == SQLITE_ROW && *good)
        return true;
    sqlite3_reset(q);
    return false;
}

/* Fragments come before what was typed, as llm sends them. */
static bool gather_text(struct llm *l, enum llm_extra fragments, int at, struct buf *b)
{
    bool good = true;
    sqlite3_stmt *q = begin_extra(l, fragments);
    while (next_extra(l, q, &good))
        append(b, column(l, q, 0));
    append(b, column(l, l->row, at));
    return good;
}

static struct archive_message *add(struct archive_conversation *c, enum role role, int64_t when)
{
    struct archive_message *m = archive_add(c, role, c->n_messages > 0 ? c->n_messages - 1 : ARCHIVE_NONE);
    m->created_us = when;
    return m;
}

/* The first is the conversation's; llm keeps it with each response, so that the same again says nothing. */
static bool take_system(struct llm *l, struct archive_conversation *c, int64_t when)
{
    struct buf b;
    buf_init(&b, SIZE_MAX / 2); /* of the row's size, which is bounded */
    bool good = gather_text(l, LLM_SYSTEM_FRAGMENTS, LLM_SYSTEM, &b);
    if (b.len > 0 && memchr(b.data, '\0', b.len) == NULL && !c->system && c->n_messages == 0)
        c->system = archive_copy((const char *)b.data, b.len);
    else if (b.len > 0 && (!c->system || strcmp(c->system, buf_cstr(&b)) != 0))
        message_add_text(&add(c, ROLE_SYSTEM, when)->said, (const char *)b.data, b.len);
    buf_done(&b);
    return good;
}

static enum part_kind kind_of(struct view mime)
{
    if (mime.len > 6 && memcmp(mime.s, "image/", 6) == 0)
        return PART_IMAGE;
    return mime.len > 6 && memcmp(mime.s, "audio/", 6) == 0 ? PART_AUDIO : PART_FILE;
}

static void add_attachment(struct llm *l, sqlite3_stmt *q, struct message *m)
{
    struct view mime = column(l, q, 0), path = column(l, q, 1), url = column(l, q, 2);
    size_t len = (size_t)sqlite3_column_bytes(q, 3);
    if (len == 0 && url.len == 0) { /* it was a file of that machine's */
        char *name = copy(path);
        char *text = xasprintf("[file %s]", name);
        message_add_text(m, text, strlen(text));
        free(text);
        free(name);
        return;
    }
    struct part *p = message_add_part(m, kind_of(mime));
    p->mime = copy_known(mime);
    if (len > 0) {
        p->data = (uint8_t *)archive_copy(sqlite3_column_blob(q, 3), len);
        p->data_len = len;
        l->held += len;
    } else {
        p->url = copy(url);
    }
}

static bool take_prompt(struct llm *l, struct archive_conversation *c, int64_t when)
{
    struct buf b;
    struct message m = {.role = ROLE_USER};
    buf_init(&b, SIZE_MAX / 2); /* of the row's size, which is bounded */
    bool good = gather_text(l, LLM_FRAGMENTS, LLM_PROMPT, &b);
    sqlite3_stmt *q = begin_extra(l, LLM_ATTACHMENTS);
    while (next_extra(l, q, &good))
        add_attachment(l, q, &m);
    if (b.len > 0 || (m.n_parts == 0 && !l->extra[LLM_TOOL_RESULTS]))
        message_add_text(&m, (const char *)b.data, b.len);
    buf_done(&b);
    if (m.n_parts > 0)
        add(c, ROLE_USER, when)->said = m;
    return good;
}

static bool take_results(struct llm *l, struct archive_conversation *c, int64_t when)
{
    struct message m = {.role = ROLE_TOOL};
    bool good = true;
    sqlite3_stmt *q = begin_extra(l, LLM_TOOL_RESULTS);
    while (next_extra(l, q, &good)) {
        struct view id = column(l, q, 0), name = column(l, q, 1), output = column(l, q, 2);
        struct part *p = message_add_part(&m, PART_TOOL_RESULT);
        p->id = id.len > 0 ? copy(id) : xstrdup("call");
        p->name = copy_known(name);
        p->text = copy(output);
        p->text_len = strlen(p->text);
    }
    if (m.n_parts > 0)
        add(c, ROLE_TOOL, when)->said = m;
    return good;
}

static struct value *value_of(const struct buf *b)
{
    return b->failed ? NULL : value_from_packed(b->data, b->len);
}

/* As parts, which go back to a model, and as the list that conversation.get shows. */
static bool take_calls(struct llm *l, struct archive_message *m)
{
    struct buf list, all;
    uint32_t n = 0;
    bool good = true;
    sqlite3_stmt *q = begin_extra(l, LLM_TOOL_CALLS);
    buf_init(&list, SIZE_MAX / 2); /* of the row's size, which is bounded */
    buf_init(&all, SIZE_MAX / 2);
    while (next_extra(l, q, &good)) {
        struct view id = column(l, q, 0), name = column(l, q, 1), arguments = column(l, q, 2);
        struct part *p = message_add_part(&m->said, PART_TOOL_CALL);
        p->id = id.len > 0 ? copy(id) : xstrdup("call");
        p->name = name.len > 0 ? copy(name) : xstrdup("tool");
        p->text = copy(arguments);
        p->text_len = strlen(p->text);
        mp_put_map(&list, 3);
        mp_put_entry(&list, "id", p->id);
        mp_put_entry(&list, "name", p->name);
        mp_put_entry(&list, "arguments", p->text);
        n++;
    }
    mp_put_array(&all, n);
    buf_append(&all, list.data, list.len);
    m->tool_calls = n > 0 ? value_of(&all) : NULL;
    buf_done(&list);
    buf_done(&all);
    return good;
}

static void take_usage(struct llm *l, struct archive_message *m)
{
    static const struct {
        int at;
        const char *key;
    } figures[] = {{LLM_INPUT, "input_tokens"}, {LLM_OUTPUT, "output_tokens"}};
    struct buf b;
    buf_init(&b, 256);
    size_t at = mp_open_map(&b);
    uint32_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        if (sqlite3_column_type(l->row, figures[i].at) != SQLITE_INTEGER)
            continue;
        mp_put_entry_int(&b, figures[i].key, sqlite3_column_int64(l->row, figures[i].at));
        n++;
    }
    mp_put_cstr(&b, "estimated");
    mp_put_bool(&b, false);
    mp_close_map(&b, at, n + 1);
    m->usage = n > 0 ? value_of(&b) : NULL;
    buf_done(&b);
}

static bool take_answer(struct llm *l, struct archive_conversation *c, int64_t when)
{
    struct archive_message *m = add(c, ROLE_ASSISTANT, when);
    struct view text = column(l, l->row, LLM_RESPONSE), resolved = column(l, l->row, LLM_RESOLVED),
                model = column(l, l->row, LLM_MODEL);
    struct buf b;
    buf_init(&b, SIZE_MAX / 2); /* of the row's size, which is bounded */
    utf8_append_repaired(&b, text.s, text.len);
    message_add_text(&m->said, (const char *)b.data, b.len);
    buf_done(&b);
    m->provider = xstrdup(PROVIDER);
    m->model = copy_known(resolved.len > 0 ? resolved : model);
    take_usage(l, m);
    return take_calls(l, m);
}

bool llm_take_row(struct llm *l, struct archive_conversation *c)
{
    struct view time = column(l, l->row, LLM_TIME);
    int64_t when = time.s ? stamp_read(time.s, time.len) : 0;
    if (c->n_messages == 0)
        c->created_us = when;
    bool good =
        take_system(l, c, when) && take_results(l, c, when) && take_prompt(l, c, when) && take_answer(l, c, when);
    return good && l->held <= l->max_entry;
}
