/* A conversation from elsewhere, made in slices. It is CONVERSATION_HALF until it is whole; its rows tell how far it
 * has come, so that a slice that was rolled back is done again. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/grow.h"
#include <stdlib.h>

/* -- is it there already? -- */

/* One that another import makes just now counts, a deleted one and one that was given up do not. */
static bool is_known(struct store_db *db, struct store_import *i)
{
    sqlite_take_back_halves(db);
    struct query q =
        query(db, "SELECT c.id FROM origin o JOIN conversation c ON c.num = o.conversation"
                  " WHERE o.uid = ?1 AND o.source = ?2 AND c.state IN (" CONVERSATION_LIVE ", " CONVERSATION_HALF ")"
                  " UNION ALL SELECT id FROM conversation WHERE id = ?3 AND uid = ?1"
                  " AND state = " CONVERSATION_LIVE " LIMIT 1");

    query_int(&q, i->uid);
    query_text(&q, i->source);
    query_id(&q, i->conversation);
    if (!query_next(&q))
        return false;
    query_get_id(&q, 0, i->conversation);
    query_end(&q);
    return true;
}

static bool is_taken(struct store_db *db, const char *id)
{
    int64_t found = 0;
    struct query q = query(db, "SELECT 1 FROM message WHERE id = ?");

    query_text(&q, id);
    return query_number(&q, &found);
}

static int64_t find(struct store_db *db, const char *id, bool *live)
{
    struct query q = query(db, "SELECT num, state = " CONVERSATION_LIVE " FROM conversation WHERE id = ?");

    query_text(&q, id);
    if (!query_next(&q))
        return 0;
    int64_t num = query_get_int(&q, 0);
    *live = query_get_int(&q, 1) != 0;
    query_end(&q);
    return num;
}

/* -- its rows -- */

static void put_origin(struct store_db *db, const struct store_import *i, int64_t num)
{
    struct query q = query(db, "INSERT OR REPLACE INTO origin(uid, source, conversation) VALUES(?, ?, ?)");

    query_int(&q, i->uid);
    query_text(&q, i->source);
    query_int(&q, num);
    query_run(&q);
}

static int64_t begin(struct store_db *db, const struct store_import *i)
{
    struct query q = query(db, "INSERT INTO conversation(id, uid, state, created, updated, messages, title, system,"
                               " pinned, directory, host) VALUES(?, ?, " CONVERSATION_HALF ", ?, ?, 0, ?, ?, ?, ?, ?)");

    query_text(&q, i->conversation);
    query_int(&q, i->uid);
    query_int(&q, i->created_us);
    query_int(&q, i->updated_us);
    query_text(&q, i->title);
    query_text(&q, i->system);
    query_int(&q, i->pinned);
    query_text(&q, i->directory);
    query_text(&q, i->host);
    if (!query_run(&q))
        return 0;
    int64_t num = sqlite3_last_insert_rowid(db->sql);
    sqlite_add_tags(db, num, i->tags, i->n_tags);
    (void)sqlite_place_begun(db, num);
    if (i->source)
        put_origin(db, i, num);
    return num;
}

/* Who answered, and how; its text is there. */
static bool put_reply(struct store_db *db, int64_t message, const struct store_reply *r)
{
    if (!r->provider[0] && !r->model[0] && r->n_rest == 0)
        return true;
    struct query q = query(db, "UPDATE message SET provider = ?, model = ?, n_rest = ?, rest = ? WHERE num = ?");
    query_id(&q, r->provider);
    query_id(&q, r->model);
    query_int(&q, r->n_rest);
    query_blob(&q, &r->rest);
    query_int(&q, message);
    return query_run(&q);
}

static int64_t put_message(struct store_db *db, struct store_imported *m, int64_t conversation, int64_t parent)
{
    if (!m->message.id[0] || is_taken(db, m->message.id))
        id_new(m->message.id);
    int64_t num = sqlite_insert_message(db, conversation, parent, &m->message, m->state);
    return num != 0 && put_reply(db, num, &m->reply) ? num : 0;
}

/* Those that the slices before have made, in their order. */
static void made_so_far(struct store_db *db, int64_t conversation, int64_t **nums, size_t *n)
{
    struct query q = query(db, "SELECT num FROM message WHERE conversation = ? ORDER BY num");

    query_int(&q, conversation);
    while (query_next(&q)) {
        *nums = grow_one(*nums, *n, sizeof(**nums));
        (*nums)[(*n)++] = query_get_int(&q, 0);
    }
}

static void make_whole(struct store_db *db, const struct store_import *i, int64_t conversation, const int64_t *nums)
{
    struct query q =
        query(db, "UPDATE conversation SET state = " CONVERSATION_LIVE ", messages = ?1, head = ?2, model ="
                  " (SELECT m.model FROM message m WHERE m.conversation = ?3 AND m.model IS NOT NULL"
                  "  ORDER BY m.num DESC LIMIT 1) WHERE num = ?3");

    query_int(&q, (int64_t)i->n_messages);
    if (i->head < i->n_messages)
        query_int(&q, nums[i->head]);
    else
        query_text(&q, NULL);
    query_int(&q, conversation);
    query_run(&q);
}

static enum store_step grow(struct store_db *db, struct store_import *i, int64_t conversation)
{
    int64_t *nums = NULL;
    size_t n = 0;
    bool late = false;

    made_so_far(db, conversation, &nums, &n);
    while (n < i->n_messages && !late && db->fault == SQLITE_OK) {
        struct store_imported *m = &i->messages[n];
        nums = grow_one(nums, n, sizeof(*nums));
        nums[n] = put_message(db, m, conversation, m->parent < n ? nums[m->parent] : 0);
        n++;
        late = sqlite_late(db);
    }
    bool whole = n == i->n_messages && db->fault == SQLITE_OK;
    if (whole)
        make_whole(db, i, conversation, nums);
    free(nums);
    return whole || db->fault != SQLITE_OK ? STORE_STEP_DONE : STORE_STEP_MORE;
}

enum store_step sqlite_import(struct store_db *db, struct store_job *job)
{
    struct store_import *i = &job->import;
    bool live = false;

    if (!i->begun) {
        if ((i->known = is_known(db, i)) || db->fault != SQLITE_OK)
            return STORE_STEP_DONE;
        if (!i->conversation[0] || find(db, i->conversation, &live))
            id_new(i->conversation);
        i->begun = true;
    }
    int64_t num = find(db, i->conversation, &live);
    if (num != 0 && live) /* it came before, and its commit looked as if it had failed */
        return STORE_STEP_DONE;
    if (num == 0)
        num = begin(db, i);
    return num != 0 ? grow(db, i, num) : STORE_STEP_DONE;
}
