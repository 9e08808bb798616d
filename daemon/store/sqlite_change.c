/* The small changes to a conversation: what it is called, its marks and its head, into the trash and out of it. */
#include "daemon/store/sqlite_internal.h"
#include "lib/chat/conversation.h"
#include "lib/proto/mp.h"

/* The statement has run; where it changed no row there is no such conversation. */
static enum store_step changed_one(struct store_db *db, struct store_job *job, struct query *q)
{
    if (query_run(q) && sqlite3_changes(db->sql) == 0)
        return sqlite_no_conversation(job, "conversation");
    return STORE_STEP_DONE;
}

enum store_step sqlite_rename(struct store_db *db, struct store_job *job)
{
    const struct store_rename *r = &job->rename;
    struct query q = query(db, "UPDATE conversation SET title = ?, titled = " TITLED_BY_USER
                               " WHERE id = ? AND uid = ? AND state = " CONVERSATION_LIVE);

    query_text(&q, r->title);
    query_text(&q, r->conversation);
    query_int(&q, r->uid);
    if (changed_one(db, job, &q) == STORE_STEP_DONE && job->code == ERR_NONE)
        sqlite_title_changed(db, r->conversation);
    return STORE_STEP_DONE;
}

enum store_step sqlite_title(struct store_db *db, struct store_job *job)
{
    struct store_title *t = &job->title;
    struct sqlite_conversation found;

    t->set = false;
    if (!sqlite_conversation(db, t->conversation, t->uid, &found))
        return sqlite_no_conversation(job, "conversation");
    struct query q = query(db, "UPDATE conversation SET title = ?, titled = " TITLED_BY_MODEL " WHERE num = ?"
                               " AND (title IS NULL OR titled = " TITLED_BY_WORDS ")");
    query_text(&q, t->title);
    query_int(&q, found.num);
    t->set = query_run(&q) && sqlite3_changes(db->sql) > 0 && sqlite_title_changed(db, t->conversation);
    return STORE_STEP_DONE;
}

enum store_step sqlite_pin(struct store_db *db, struct store_job *job)
{
    const struct store_pin *p = &job->pin;
    struct query q =
        query(db, "UPDATE conversation SET pinned = ? WHERE id = ? AND uid = ? AND state = " CONVERSATION_LIVE);

    query_int(&q, p->pinned);
    query_text(&q, p->conversation);
    query_int(&q, p->uid);
    return changed_one(db, job, &q);
}

/* Tags */

static bool each_tag(struct store_db *db, const char *text, int64_t conversation, char *const *tags, size_t n)
{
    for (size_t i = 0; i < n && db->fault == SQLITE_OK; i++) {
        struct query q = query(db, text);
        query_int(&q, conversation);
        query_text(&q, tags[i]);
        query_run(&q);
    }
    return db->fault == SQLITE_OK;
}

bool sqlite_add_tags(struct store_db *db, int64_t conversation, char *const *tags, size_t n)
{
    return each_tag(db, "INSERT INTO tag(conversation, tag) VALUES(?, ?) ON CONFLICT DO NOTHING", conversation, tags,
                    n);
}

static bool too_many_tags(struct store_db *db, int64_t conversation)
{
    int64_t n = 0;
    struct query q = query(db, "SELECT count(*) FROM tag WHERE conversation = ?");

    query_int(&q, conversation);
    return query_number(&q, &n) && n > CONVERSATION_TAGS_MAX;
}

/* What would be too many changes nothing: it is taken back. */
enum store_step sqlite_tag(struct store_db *db, struct store_job *job)
{
    const struct store_tag *t = &job->tag;
    struct sqlite_conversation found;

    if (!sqlite_conversation(db, t->conversation, t->uid, &found))
        return sqlite_no_conversation(job, "conversation");
    if (!sqlite_exec(db, "SAVEPOINT tags") ||
        !each_tag(db, "DELETE FROM tag WHERE conversation = ? AND tag = ?", found.num, t->remove, t->n_remove) ||
        !sqlite_add_tags(db, found.num, t->add, t->n_add))
        return STORE_STEP_DONE;
    bool over = too_many_tags(db, found.num);
    if (!sqlite_exec(db, over ? "ROLLBACK TO tags; RELEASE tags" : "RELEASE tags"))
        return STORE_STEP_DONE;
    if (over)
        job->code = error_set_param(&job->error, "add", "a conversation has at most %d tags", CONVERSATION_TAGS_MAX);
    else
        sqlite_put_tags(db, &job->out, found.num);
    return STORE_STEP_DONE;
}

/* The head */

enum store_step sqlite_head(struct store_db *db, struct store_job *job)
{
    const struct store_head *h = &job->head;
    struct sqlite_conversation found;
    int64_t message;

    if (!sqlite_conversation(db, h->conversation, h->uid, &found))
        return sqlite_no_conversation(job, "conversation");
    if ((message = sqlite_message(db, found.num, h->message)) == 0)
        return sqlite_not_found(job, "message", "no such message in this conversation");
    struct query q = query(db, "UPDATE conversation SET head = ? WHERE num = ?");
    query_int(&q, message);
    query_int(&q, found.num);
    query_run(&q);
    return STORE_STEP_DONE;
}

/* The trash */

static enum store_step purge(struct store_db *db, struct store_job *job)
{
    const struct store_delete *d = &job->delete;
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_DELETED " WHERE id = ? AND uid = ?"
                               " AND state IN (" CONVERSATION_LIVE ", " CONVERSATION_TRASH ")");

    query_text(&q, d->conversation);
    query_int(&q, d->uid);
    return changed_one(db, job, &q);
}

enum store_step sqlite_delete(struct store_db *db, struct store_job *job)
{
    const struct store_delete *d = &job->delete;

    if (d->purge)
        return purge(db, job);
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_TRASH ", deleted = ?"
                               " WHERE id = ? AND uid = ? AND state = " CONVERSATION_LIVE);
    query_int(&q, d->deleted_us);
    query_text(&q, d->conversation);
    query_int(&q, d->uid);
    return changed_one(db, job, &q);
}

enum store_step sqlite_restore(struct store_db *db, struct store_job *job)
{
    const struct store_restore *r = &job->restore;
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_LIVE ", deleted = NULL"
                               " WHERE id = ? AND uid = ? AND state = " CONVERSATION_TRASH);

    query_text(&q, r->conversation);
    query_int(&q, r->uid);
    if (query_run(&q) && sqlite3_changes(db->sql) == 0)
        return sqlite_not_found(job, "conversation", "no such conversation in the trash");
    return STORE_STEP_DONE;
}

/* Whether it is there */

enum store_step sqlite_find(struct store_db *db, struct store_job *job)
{
    struct sqlite_conversation found;

    return sqlite_conversation(db, job->find.conversation, job->find.uid, &found)
               ? STORE_STEP_DONE
               : sqlite_no_conversation(job, "conversation");
}
