#include "daemon/rpc/import_job.h"
#include "daemon/attach/kind.h"
#include "daemon/engine/keep.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/chat/usage.h"
#include "lib/proto/mp.h"
#include <string.h>
#include <time.h>

static uint32_t put_value(struct buf *b, const char *key, const struct value *v)
{
    size_t len;
    if (!v)
        return 0;
    const uint8_t *bytes = value_told(v, &len);
    mp_put_cstr(b, key);
    buf_append(b, bytes, len);
    return 1;
}

/* What conversation.get shows of an answer beside its content. */
static void fill_reply(struct store_reply *r, const struct archive_message *m)
{
    struct buf b;
    buf_init(&b, SIZE_MAX / 2); /* of the entry's size, which is bounded */
    if (m->provider)
        error_text(r->provider, sizeof r->provider, m->provider, strlen(m->provider));
    if (m->model)
        error_text(r->model, sizeof r->model, m->model, strlen(m->model));
    r->n_rest = put_value(&b, "tool_calls", m->tool_calls) + put_value(&b, "usage", m->usage);
    if (m->reasoning) {
        mp_put_cstr(&b, "reasoning");
        mp_put_str(&b, m->reasoning, m->reasoning_len);
        r->n_rest++;
    }
    if (m->finish >= 0) {
        mp_put_entry(&b, "finish_reason", finish_name((enum finish_reason)m->finish));
        r->n_rest++;
    }
    r->rest = store_bytes_take(&b);
    buf_done(&b);
}

/* What cannot be settled, as text in no character set, is kept as it was told: nobody can mend what is imported. Data
 * without a hash would be stored too, but once for each time that it came. */
static void settle(struct message *m, struct sniff **sniff)
{
    struct error why;
    for (size_t i = 0; i < m->n_parts; i++)
        if (part_is_attachment(&m->parts[i]) && m->parts[i].data && kind_settle(&m->parts[i], sniff, &why) != ERR_NONE)
            (void)kind_hash(&m->parts[i], NULL);
}

static void fill_message(struct store_imported *to, struct archive_message *m, struct sniff **sniff)
{
    settle(&m->said, sniff);
    keep_message(&to->message, &m->said, m->created_us);
    memcpy(to->message.id, m->id, sizeof to->message.id);
    memcpy(to->state, m->state, sizeof to->state);
    to->parent = m->parent;
    if (m->said.role == ROLE_ASSISTANT)
        fill_reply(&to->reply, m);
}

static size_t size_of(const struct store_imported *m)
{
    size_t size = sizeof *m + m->message.text.len + m->message.parts.len + m->reply.rest.len;
    for (size_t i = 0; i < m->message.n_blobs; i++)
        size += m->message.blobs[i].bytes.len;
    return size;
}

/* What the two hold alike changes hands. */
static void take_head(struct store_import *i, struct archive_conversation *c)
{
    memcpy(i->conversation, c->id, sizeof i->conversation);
    i->created_us = c->created_us;
    i->updated_us = c->updated_us;
    i->source = c->source;
    i->title = c->title;
    i->system = c->system;
    i->directory = c->directory;
    i->host = c->host;
    i->tags = c->tags;
    i->n_tags = c->n_tags;
    i->pinned = c->pinned;
    i->head = c->head;
    c->source = c->title = c->system = c->directory = c->host = NULL;
    c->tags = NULL;
    c->n_tags = 0;
}

static bool is_too_old(const struct archive_conversation *c, int64_t not_before_us, struct error *err)
{
    time_t t = (time_t)(c->updated_us / 1000000);
    struct tm tm;
    char day[16] = "";
    if (c->updated_us >= not_before_us)
        return false;
    if (gmtime_r(&t, &tm))
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    error_set(err, ERR_INVALID_REQUEST, "%.200s: it changed last on %s, which is longer ago than keep in [store]",
              c->title ? c->title : "(no title)", day);
    return true;
}

struct store_job *import_job(struct archive_conversation *c, uid_t uid, int64_t not_before_us, struct sniff **sniff,
                             size_t *bytes, struct error *err)
{
    archive_settle_times(c, clock_wall_us());
    if (is_too_old(c, not_before_us, err)) {
        archive_conversation_free(c);
        return NULL;
    }
    struct store_job *job = store_job_new(STORE_IMPORT, NULL, NULL);
    struct store_import *i = &job->import;
    i->uid = uid;
    take_head(i, c);
    i->n_messages = c->n_messages;
    i->messages = c->n_messages > 0 ? xcalloc(c->n_messages, sizeof *i->messages) : NULL;
    for (size_t k = 0; k < c->n_messages; k++) {
        fill_message(&i->messages[k], &c->messages[k], sniff);
        message_done(&c->messages[k].said); /* so that little is held twice */
        *bytes += size_of(&i->messages[k]);
    }
    archive_conversation_free(c);
    return job;
}
