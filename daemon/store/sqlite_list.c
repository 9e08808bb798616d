/* STORE_LIST: the conversations of a user, newest first. */
#include "daemon/store/sqlite_internal.h"
#include "lib/proto/mp.h"

void sqlite_put_tags(struct store_db *db, struct buf *b, int64_t conversation)
{
    int64_t n = 0;
    struct query q = query(db, "SELECT count(*) FROM tag WHERE conversation = ?");

    query_int(&q, conversation);
    query_number(&q, &n);
    mp_put_array(b, (uint32_t)n);
    if (n == 0)
        return;
    q = query(db, "SELECT tag FROM tag WHERE conversation = ? ORDER BY tag");
    query_int(&q, conversation);
    while (query_next(&q))
        mp_put_cstr(b, query_get_text(&q, 0));
}

static void put_item(struct store_db *db, struct buf *b, int64_t num)
{
    struct query q = query(db, "SELECT id, title, created, updated, messages, model, directory, pinned, deleted, host"
                               " FROM conversation WHERE num = ?");

    query_int(&q, num);
    if (!query_next(&q))
        return;
    bool deleted = query_get_text(&q, 8) != NULL;
    const char *host = query_get_text(&q, 9);
    mp_put_map(b, 9U + deleted + (host != NULL));
    mp_put_entry(b, "conversation", query_get_text(&q, 0));
    mp_put_entry(b, "title", query_get_text(&q, 1));
    mp_put_entry_time(b, "created", query_get_int(&q, 2));
    mp_put_entry_time(b, "updated", query_get_int(&q, 3));
    mp_put_entry_int(b, "messages", query_get_int(&q, 4));
    mp_put_entry(b, "model", query_get_text(&q, 5));
    mp_put_entry(b, "directory", query_get_text(&q, 6));
    if (host)
        mp_put_entry(b, "host", host);
    mp_put_cstr(b, "pinned");
    mp_put_bool(b, query_get_int(&q, 7) != 0);
    if (deleted)
        mp_put_entry_time(b, "deleted", query_get_int(&q, 8));
    mp_put_cstr(b, "tags");
    sqlite_put_tags(db, b, num);
    query_end(&q);
}

/* Where the list goes on: behind what was looked at in the slice before, behind a conversation, before a time. */
static bool find_start(struct store_db *db, struct store_list *l)
{
    if (l->seen_num != 0)
        return true;
    l->seen_us = l->before_us > 0 ? l->before_us : INT64_MAX;
    l->seen_num = INT64_MIN;
    if (!l->before[0])
        return true;
    struct query q = query(db, "SELECT updated, num FROM conversation WHERE id = ? AND uid = ?");
    query_text(&q, l->before);
    query_int(&q, l->uid);
    bool found = query_next(&q);
    if (found) {
        l->seen_us = query_get_int(&q, 0);
        l->seen_num = query_get_int(&q, 1);
    }
    query_end(&q);
    return found;
}

/* ?8 is store_list.pinned. Walks the index of those in that state. The filter is a column and not a condition, so that
 * a list that finds little can be cut between two rows. */
#define WALK(index, which)                                                                                             \
    "SELECT updated, num," SQLITE_ASKED_THERE(                                                                         \
        "num", "?1", "?5", "?9") " AND (?6 IS NULL OR num IN (SELECT t.conversation FROM tag t WHERE t.tag = ?6))"     \
                                 " AND (?7 IS NULL OR model = ?7) AND (?8 = 0 OR pinned = (?8 = 1))"                   \
                                 " FROM conversation INDEXED BY " index " WHERE uid = ?1 AND " which                   \
                                 " AND updated >= ?4 AND (updated, num) < (?2, ?3) ORDER BY updated DESC, num DESC"

static struct query walk(struct store_db *db, const struct store_list *l)
{
    if (l->deleted)
        return query(db, WALK("conversation_trash", "state = " CONVERSATION_TRASH));
    if (l->pinned == STORE_PINNED)
        return query(db, WALK("conversation_pinned", "state = " CONVERSATION_LIVE " AND pinned = 1"));
    return query(db, WALK("conversation_list", "state = " CONVERSATION_LIVE));
}

enum store_step sqlite_list(struct store_db *db, struct store_job *job)
{
    struct store_list *l = &job->list;

    if (!find_start(db, l))
        return sqlite_no_conversation(job, "before");
    struct query q = walk(db, l);
    query_int(&q, l->uid);
    query_int(&q, l->seen_us);
    query_int(&q, l->seen_num);
    query_int(&q, l->since_us);
    query_text(&q, l->directory);
    query_text(&q, l->tag);
    query_text(&q, l->model);
    query_int(&q, (int64_t)l->pinned);
    query_text(&q, l->host);
    while (job->n_out < l->limit && !job->out.failed && query_next(&q)) {
        l->seen_us = query_get_int(&q, 0);
        l->seen_num = query_get_int(&q, 1);
        if (query_get_int(&q, 2)) {
            put_item(db, &job->out, l->seen_num);
            job->n_out++;
        }
        if (sqlite_late(db)) {
            query_end(&q);
            return STORE_STEP_MORE;
        }
    }
    query_end(&q);
    return STORE_STEP_DONE;
}
