/* conversation.rename, pin, tag, head, delete and restore: the small changes. */
#include "daemon/rpc/conversation_call.h"
#include "daemon/rpc/handlers.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/chat/conversation.h"
#include "lib/proto/mp.h"
#include <stdio.h>

static enum error_code read_conversation(const struct call *c, char id[STORE_ID], struct error *err)
{
    return conversation_read_id(c, "conversation", "conversation", id, err);
}

enum error_code m_conversation_rename(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_RENAME);
    job->rename.uid = conversation_scope(c);
    enum error_code code = read_conversation(c, job->rename.conversation, err);
    if (code == ERR_NONE)
        code = conversation_read_title(c, &job->rename.title, err);
    return conversation_submit(c, job, code, err);
}

enum error_code m_conversation_pin(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_PIN);
    job->pin.uid = conversation_scope(c);
    job->pin.pinned = conversation_flag(c, "pinned");
    return conversation_submit(c, job, read_conversation(c, job->pin.conversation, err), err);
}

/* Tags to put on, or to take off. Absent: none. */
static enum error_code read_tags(const struct call *c, const char *key, char ***ret, size_t *n, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, key);
    msgpack_object_array list = {0};
    enum error_code code = ERR_NONE;
    if (o)
        mp_array(o, &list);
    if (list.size > CONVERSATION_TAGS_MAX)
        return error_set_param(err, key, "%s must hold at most %d tags", key, CONVERSATION_TAGS_MAX);
    if (list.size > 0)
        *ret = xcalloc(list.size, sizeof **ret);
    for (uint32_t i = 0; i < list.size && code == ERR_NONE; i++) {
        const char *s = "";
        size_t len = 0;
        char at[32];
        (void)snprintf(at, sizeof at, "%s[%u]", key, (unsigned)i);
        mp_str(&list.ptr[i], &s, &len);
        code = conversation_check_line(s, len, CONVERSATION_TAG_MAX, at, err);
        if (code == ERR_NONE)
            (*ret)[(*n)++] = xstrndup(s, len);
    }
    return code;
}

enum error_code m_conversation_tag(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_TAG);
    struct store_tag *t = &job->tag;
    t->uid = conversation_scope(c);
    enum error_code code = read_conversation(c, t->conversation, err);
    if (code == ERR_NONE)
        code = read_tags(c, "add", &t->add, &t->n_add, err);
    if (code == ERR_NONE)
        code = read_tags(c, "remove", &t->remove, &t->n_remove, err);
    return conversation_submit(c, job, code, err);
}

enum error_code m_conversation_head(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_HEAD);
    job->head.uid = conversation_scope(c);
    enum error_code code = read_conversation(c, job->head.conversation, err);
    if (code == ERR_NONE)
        code = conversation_read_id(c, "message", "message", job->head.message, err);
    return conversation_submit(c, job, code, err);
}

enum error_code m_conversation_delete(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_DELETE);
    job->delete.uid = conversation_scope(c);
    job->delete.deleted_us = clock_wall_us();
    job->delete.purge = conversation_flag(c, "purge");
    return conversation_submit(c, job, read_conversation(c, job->delete.conversation, err), err);
}

enum error_code m_conversation_restore(struct call *c, struct error *err)
{
    struct store_job *job = conversation_job(STORE_RESTORE);
    job->restore.uid = conversation_scope(c);
    return conversation_submit(c, job, read_conversation(c, job->restore.conversation, err), err);
}
