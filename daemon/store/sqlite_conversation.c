/* What makes and changes conversations. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

/* Looking up */

bool sqlite_conversation(struct store_db *db, const char *id, uid_t uid, struct sqlite_conversation *ret)
{
    struct query q = query(db, "SELECT num, head FROM conversation WHERE id = ? AND uid = ?"
                               " AND state = " CONVERSATION_LIVE);

    query_text(&q, id);
    query_int(&q, uid);
    if (!query_next(&q))
        return false;
    *ret = (struct sqlite_conversation){query_get_int(&q, 0), query_get_int(&q, 1)};
    query_end(&q);
    return true;
}

int64_t sqlite_message(struct store_db *db, int64_t conversation, const char *id)
{
    int64_t num = 0;
    struct query q = query(db, "SELECT num FROM message WHERE id = ? AND conversation = ?");

    query_text(&q, id);
    query_int(&q, conversation);
    query_number(&q, &num);
    return num;
}

void sqlite_path_nums(struct store_db *db, int64_t leaf, int64_t **nums, size_t *n)
{
    struct query q = query(db, "WITH RECURSIVE path(num, parent) AS ("
                               "  SELECT num, parent FROM message WHERE num = ?"
                               "  UNION ALL"
                               "  SELECT m.num, m.parent FROM path CROSS JOIN message m ON m.num = path.parent"
                               "  WHERE m.num < path.num)"
                               "SELECT num FROM path");

    query_int(&q, leaf);
    while (query_next(&q)) {
        *nums = grow_one(*nums, *n, sizeof(**nums));
        (*nums)[(*n)++] = query_get_int(&q, 0);
    }
    for (size_t i = 0, j = *n; i + 1 < j; i++) { /* it went from the leaf to the root */
        int64_t num = (*nums)[i];
        (*nums)[i] = (*nums)[--j];
        (*nums)[j] = num;
    }
}

enum store_step sqlite_not_found(struct store_job *job, const char *param, const char *what)
{
    job->code = error_set(&job->error, ERR_NOT_FOUND, "%s", what);
    error_text(job->error.param, sizeof(job->error.param), param, strlen(param));
    return STORE_STEP_DONE;
}

enum store_step sqlite_no_conversation(struct store_job *job, const char *param)
{
    return sqlite_not_found(job, param, "no such conversation");
}

/* Any conversation with this id, whoever's and in whatever state. */
struct found {
    int64_t num, uid, messages, head;
    bool live, deleted; /* deleted: in the trash too */
};
static bool find_any(struct store_db *db, const char *id, struct found *ret)
{
    struct query q =
        query(db, "SELECT num, uid, messages, head, state = " CONVERSATION_LIVE ", state IN (" CONVERSATION_DELETED
                  ", " CONVERSATION_TRASH ") FROM conversation WHERE id = ?");

    query_text(&q, id);
    if (!query_next(&q))
        return false;
    *ret = (struct found){.num = query_get_int(&q, 0),
                          .uid = query_get_int(&q, 1),
                          .messages = query_get_int(&q, 2),
                          .head = query_get_int(&q, 3),
                          .live = query_get_int(&q, 4) != 0,
                          .deleted = query_get_int(&q, 5) != 0};
    query_end(&q);
    return true;
}

/* Messages */

static void query_num(struct query *q, int64_t num)
{
    if (num > 0)
        query_int(q, num);
    else
        query_text(q, NULL);
}

int64_t sqlite_insert_message(struct store_db *db, int64_t conversation, int64_t parent, const struct store_message *m,
                              const char *state)
{
    struct query q = query(db, "INSERT INTO message(id, conversation, parent, role, state, created, text, parts)"
                               " VALUES(?, ?, ?, ?, ?, ?, ?, ?)");

    query_text(&q, m->id);
    query_int(&q, conversation);
    query_num(&q, parent);
    query_text(&q, role_name(m->role));
    query_text(&q, state);
    query_int(&q, m->created_us);
    query_string(&q, &m->text);
    query_blob(&q, &m->parts);
    if (!query_run(&q))
        return 0;
    int64_t num = sqlite3_last_insert_rowid(db->sql);
    return sqlite_attach(db, num, m) ? num : 0;
}

/* The answer that is going to be: without text, and with the model that was asked. */
static bool insert_reply(struct store_db *db, const struct store_begin *b, int64_t conversation, int64_t parent)
{
    struct query q = query(db, "INSERT INTO message(id, conversation, parent, role, state, created, provider, model)"
                               " VALUES(?, ?, ?, ?, 'running', ?, ?, ?)");

    query_text(&q, b->message);
    query_int(&q, conversation);
    query_num(&q, parent);
    query_text(&q, role_name(ROLE_ASSISTANT));
    query_int(&q, b->started_us);
    query_text(&q, b->provider);
    query_text(&q, b->model);
    return query_run(&q);
}

bool sqlite_end_message(struct store_db *db, const char *message, const char *state, const struct store_reply *r)
{
    struct query q = query(db, "UPDATE message SET state = ?, provider = coalesce(?, provider),"
                               " model = coalesce(?, model), n_rest = ?, text = ?, parts = ?, rest = ? WHERE id = ?");

    query_text(&q, state);
    query_id(&q, r->provider);
    query_id(&q, r->model);
    query_int(&q, r->n_rest);
    query_string(&q, &r->text);
    query_blob(&q, &r->parts);
    query_blob(&q, &r->rest);
    query_text(&q, message);
    return query_run(&q);
}

bool sqlite_move_head(struct store_db *db, const char *message, int64_t ended_us)
{
    struct query q = query(db, "UPDATE conversation SET head = m.num, updated = max(updated, ?),"
                               " model = coalesce(m.model, conversation.model)"
                               " FROM message m WHERE m.id = ? AND conversation.num = m.conversation");

    query_int(&q, ended_us);
    query_text(&q, message);
    return query_run(&q);
}

bool sqlite_head_leads_to(struct store_db *db, const char *message)
{
    int64_t found = 0;
    struct query q = query(db, "WITH RECURSIVE path(num, parent, head) AS ("
                               "  SELECT m.num, m.parent, c.head FROM message m CROSS JOIN conversation c"
                               "   ON c.num = m.conversation WHERE m.id = ?"
                               "  UNION ALL"
                               "  SELECT m.num, m.parent, path.head FROM path CROSS JOIN message m"
                               "   ON m.num = path.parent WHERE m.num < path.num AND m.num >= path.head)"
                               "SELECT 1 FROM path WHERE head IS NULL OR num = head LIMIT 1");

    query_text(&q, message);
    return query_number(&q, &found);
}

bool sqlite_message_lives(struct store_db *db, const char *message)
{
    int64_t found = 0;
    struct query q = query(db, "SELECT 1 FROM message m CROSS JOIN conversation c ON c.num = m.conversation"
                               " WHERE m.id = ? AND c.state = " CONVERSATION_LIVE);

    query_text(&q, message);
    return query_number(&q, &found);
}

/* STORE_BEGIN */

bool sqlite_find_spot(struct store_db *db, struct store_job *job, struct sqlite_spot *spot)
{
    const struct store_begin *b = &job->begin;
    struct found c = {0};
    bool found = find_any(db, b->conversation, &c);

    /* One that was to be made may be there: a second answer to the same question began before. */
    if (found ? c.uid != (int64_t)b->uid || !c.live : !b->create) {
        sqlite_no_conversation(job, "conversation");
        return false;
    }
    spot->conversation = c.num;
    if (b->parent[0] && (spot->parent = sqlite_message(db, c.num, b->parent)) == 0) {
        sqlite_not_found(job, "parent", "no such message in this conversation");
        return false;
    }
    return db->fault == SQLITE_OK;
}

static int64_t insert_conversation(struct store_db *db, const struct store_begin *b)
{
    struct query q =
        query(db, "INSERT INTO conversation(id, uid, state, created, updated, messages, model,"
                  " directory, system, host) VALUES(?1, ?2, " CONVERSATION_LIVE ", ?3, ?3, 0, ?4, ?5, ?6, ?7)");

    query_text(&q, b->conversation);
    query_int(&q, b->uid);
    query_int(&q, b->started_us);
    query_text(&q, b->model);
    query_text(&q, b->directory);
    query_text(&q, b->system);
    query_text(&q, b->host);
    return query_run(&q) ? sqlite3_last_insert_rowid(db->sql) : 0;
}

/* The first question names a conversation that nobody has: one that has only instructions goes by these so far. */
static bool entitle(struct store_db *db, const struct store_begin *b, int64_t conversation)
{
    struct query q = query(db, "UPDATE conversation SET title = ?, titled = " TITLED_BY_WORDS " WHERE num = ?"
                               " AND (title IS NULL OR (messages = 0 AND titled = " TITLED_BY_WORDS "))");

    query_text(&q, b->title);
    query_int(&q, conversation);
    return query_run(&q) && sqlite3_changes(db->sql) > 0;
}

/* more: messages that it has now. Where it was begun is told once, folder and host together. */
static bool touch_conversation(struct store_db *db, const struct store_begin *b, int64_t conversation, int64_t more)
{
    struct query q = query(db, "UPDATE conversation SET messages = messages + ?, updated = max(updated, ?),"
                               " host = iif(directory IS NULL AND messages = 0, ?, host),"
                               " directory = coalesce(directory, ?) WHERE num = ?");

    query_int(&q, more);
    query_int(&q, b->started_us);
    query_text(&q, b->host);
    query_text(&q, b->directory);
    query_int(&q, conversation);
    return query_run(&q);
}

static bool remember_place(struct store_db *db, const struct store_begin *b, int64_t conversation)
{
    struct query q = query(db, "INSERT INTO place(conversation, directory, terminal, host, uid, used)"
                               " VALUES(?, ?, ?, ?, ?, ?)"
                               " ON CONFLICT DO UPDATE SET used = max(used, excluded.used)");

    query_int(&q, conversation);
    query_text(&q, b->directory ? b->directory : "");
    query_text(&q, b->terminal ? b->terminal : "");
    query_text(&q, b->host ? b->host : "");
    query_int(&q, b->uid);
    query_int(&q, b->started_us);
    return query_run(&q);
}

bool sqlite_append_question(struct store_db *db, struct store_begin *b, struct sqlite_spot spot)
{
    int64_t parent = spot.parent;

    b->made = spot.conversation == 0;
    b->added = 0;
    if (b->made)
        spot.conversation = insert_conversation(db, b);
    b->titled = b->title && entitle(db, b, spot.conversation) && sqlite_title_changed(db, b->conversation);
    for (size_t i = 0; i < b->n_messages && db->fault == SQLITE_OK; i++) {
        int64_t there = b->again ? sqlite_message(db, spot.conversation, b->messages[i].id) : 0;
        parent = there ? there : sqlite_insert_message(db, spot.conversation, parent, &b->messages[i], "done");
        b->added += there == 0;
    }
    return insert_reply(db, b, spot.conversation, parent) &&
           touch_conversation(db, b, spot.conversation, (int64_t)b->added + 1) &&
           remember_place(db, b, spot.conversation);
}

/* Making one in slices. It is CONVERSATION_HALF until it is whole; its row tells how far it has come, so that a slice
 * that was rolled back is done again. */

static bool grow_half(struct store_db *db, struct found *c, int64_t message)
{
    struct query q = query(db, "UPDATE conversation SET messages = ?, head = ? WHERE num = ?");

    query_int(&q, ++c->messages);
    query_int(&q, c->head = message);
    query_int(&q, c->num);
    return query_run(&q);
}

static bool make_whole(struct store_db *db, const struct found *c)
{
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_LIVE " WHERE num = ?");

    query_int(&q, c->num);
    return query_run(&q);
}

static bool insert_half(struct store_db *db, const struct store_create *cr)
{
    struct query q = query(db, "INSERT INTO conversation(id, uid, state, created, updated, messages, title, system,"
                               " titled) VALUES(?1, ?2, " CONVERSATION_HALF
                               ", ?3, ?3, 0, ?4, ?5, iif(?6, " TITLED_BY_WORDS ", " TITLED_BY_USER "))");

    query_text(&q, cr->conversation);
    query_int(&q, cr->uid);
    query_int(&q, cr->created_us);
    query_text(&q, cr->title);
    query_text(&q, cr->system);
    query_int(&q, cr->automatic);
    return query_run(&q);
}

enum store_step sqlite_create(struct store_db *db, struct store_job *job)
{
    const struct store_create *cr = &job->create;
    struct found c = {0};

    if (!find_any(db, cr->conversation, &c) && !(insert_half(db, cr) && find_any(db, cr->conversation, &c)))
        return STORE_STEP_DONE;
    if (c.uid != (int64_t)cr->uid || c.deleted)
        return sqlite_no_conversation(job, "conversation");
    if (c.live) /* the job came before, and its commit looked as if it had failed */
        return STORE_STEP_DONE;
    while ((size_t)c.messages < cr->n_messages) {
        int64_t num = sqlite_insert_message(db, c.num, c.head, &cr->messages[c.messages], "done");
        if (num == 0 || !grow_half(db, &c, num))
            return STORE_STEP_DONE;
        if (sqlite_late(db))
            return STORE_STEP_MORE;
    }
    make_whole(db, &c);
    return STORE_STEP_DONE;
}

static bool begin_fork(struct store_db *db, const struct store_fork *f, int64_t from)
{
    struct query q =
        query(db, "INSERT INTO conversation(id, uid, state, created, updated, messages, title, model,"
                  " directory, host, system, titled) SELECT ?1, ?2, " CONVERSATION_HALF ", ?3, ?3, 0, title,"
                  " model, directory, host, system, titled FROM conversation WHERE num = ?4");

    query_text(&q, f->conversation);
    query_int(&q, f->uid);
    query_int(&q, f->created_us);
    query_int(&q, from);
    return query_run(&q);
}

bool sqlite_place_begun(struct store_db *db, int64_t conversation)
{
    struct query q = query(db, "INSERT INTO place(conversation, directory, terminal, host, uid, used)"
                               " SELECT num, directory, '', coalesce(host, ''), uid, 0 FROM conversation"
                               " WHERE num = ? AND directory IS NOT NULL");

    query_int(&q, conversation);
    return query_run(&q);
}

/* A copy ends as interrupted where its original still runs: nobody is going to fill it in. */
static int64_t copy_message(struct store_db *db, const struct found *to, int64_t message)
{
    char id[STORE_ID];
    struct query q = query(db, "INSERT INTO message(id, conversation, parent, role, state, created, provider, model,"
                               " n_rest, text, parts, rest) SELECT ?, ?, ?, role,"
                               " CASE state WHEN 'running' THEN 'interrupted' ELSE state END, created, provider, model,"
                               " n_rest, text, parts, rest FROM message WHERE num = ?");

    id_new(id);
    query_text(&q, id);
    query_int(&q, to->num);
    query_num(&q, to->head);
    query_int(&q, message);
    if (!query_run(&q) || sqlite3_changes(db->sql) == 0)
        return 0;
    int64_t num = sqlite3_last_insert_rowid(db->sql);
    return sqlite_attach_again(db, message, num) ? num : 0;
}

/* Its source went away between two slices. */
static enum store_step abandon(struct store_db *db, struct store_job *job, const struct found *half, const char *param)
{
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_DELETED " WHERE num = ?");

    query_int(&q, half->num);
    query_run(&q);
    return sqlite_not_found(job, param, "it was deleted meanwhile");
}

static enum store_step copy_path(struct store_db *db, struct store_job *job, struct found *to, const int64_t *nums,
                                 size_t n)
{
    while ((size_t)to->messages < n) {
        int64_t num = copy_message(db, to, nums[to->messages]);
        if (num == 0)
            return abandon(db, job, to, "message");
        grow_half(db, to, num);
        if (sqlite_late(db))
            return STORE_STEP_MORE;
    }
    make_whole(db, to);
    return STORE_STEP_DONE;
}

enum store_step sqlite_fork(struct store_db *db, struct store_job *job)
{
    const struct store_fork *f = &job->fork;
    struct sqlite_conversation from;
    struct found to = {0};
    int64_t *nums = NULL, leaf;
    size_t n = 0;

    bool begun = find_any(db, f->conversation, &to);
    if (begun && (to.uid != (int64_t)f->uid || to.deleted))
        return sqlite_no_conversation(job, "conversation");
    if (begun && to.live) /* it came before */
        return STORE_STEP_DONE;
    if (!sqlite_conversation(db, f->from, f->uid, &from))
        return begun ? abandon(db, job, &to, "conversation") : sqlite_no_conversation(job, "conversation");
    if ((leaf = sqlite_message(db, from.num, f->message)) == 0)
        return sqlite_not_found(job, "message", "no such message in this conversation");
    if (!begun &&
        !(begin_fork(db, f, from.num) && find_any(db, f->conversation, &to) && sqlite_place_begun(db, to.num)))
        return STORE_STEP_DONE;
    sqlite_path_nums(db, leaf, &nums, &n);
    enum store_step step = db->fault == SQLITE_OK ? copy_path(db, job, &to, nums, n) : STORE_STEP_DONE;
    free(nums);
    return step;
}
