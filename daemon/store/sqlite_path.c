/* STORE_PATH: what a question follows, from the root to its parent. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <stdio.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)

/* Which conversation */

/* The conversation that was asked in last: here (terminal told), or in this directory of the host. Fills in its id. */
static bool find_last(struct store_db *db, struct store_path *p)
{
    struct query q;
    const char *directory = p->directory ? p->directory : "", *host = p->host ? p->host : "";

    if (p->terminal) {
        q = query(db, "SELECT c.id FROM place p CROSS JOIN conversation c ON c.num = p.conversation"
                      " WHERE p.uid = ? AND p.directory = ? AND p.host = ? AND p.used >= ? AND p.terminal = ?"
                      " AND c.state = " CONVERSATION_LIVE " ORDER BY p.used DESC, p.conversation DESC LIMIT 1");
    } else {
        q = query(db, "SELECT c.id FROM place p CROSS JOIN conversation c ON c.num = p.conversation"
                      " WHERE p.uid = ? AND p.directory = ? AND p.host = ? AND p.used >= ?"
                      " AND c.state = " CONVERSATION_LIVE " ORDER BY p.used DESC, p.conversation DESC LIMIT 1");
    }
    query_int(&q, p->uid);
    query_text(&q, directory);
    query_text(&q, host);
    query_int(&q, p->not_before_us);
    if (p->terminal)
        query_text(&q, p->terminal);
    if (!query_next(&q))
        return false;
    query_get_id(&q, 0, p->conversation);
    query_end(&q);
    return true;
}

static bool find_last_near(struct store_db *db, struct store_path *p)
{
    if (find_last(db, p))
        return true;
    if (!p->terminal)
        return false;
    char *terminal = p->terminal;
    p->terminal = NULL;
    bool found = find_last(db, p);
    p->terminal = terminal;
    return found;
}

/* The conversation of the message that is named. */
static bool find_of_message(struct store_db *db, struct store_path *p)
{
    struct query q = query(db, "SELECT c.id FROM message m CROSS JOIN conversation c ON c.num = m.conversation"
                               " WHERE m.id = ? AND c.uid = ? AND c.state = " CONVERSATION_LIVE);

    query_text(&q, p->to == STORE_PATH_PARENT ? p->parent : p->of);
    query_int(&q, p->uid);
    if (!query_next(&q))
        return false;
    query_get_id(&q, 0, p->conversation);
    query_end(&q);
    return true;
}

static const char *const path_params[] = {
    [STORE_PATH_PARENT] = "parent", [STORE_PATH_EDIT] = "edit", [STORE_PATH_REGENERATE] = "regenerate"};

static enum store_step no_last(struct store_job *job)
{
    char within[48] = "";
    int64_t since_us = clock_wall_us() - job->path.not_before_us;

    sqlite_not_found(job, "conversation", "");
    if (job->path.not_before_us > 0)
        snprintf(within, sizeof(within), " of the last %lld h", (long long)((since_us + HOUR_US / 2) / HOUR_US));
    snprintf(job->error.message, sizeof(job->error.message),
             "no conversation%s here: askctl conv list shows the others", within);
    return STORE_STEP_DONE;
}

/* What is said in it */

/* One message that is damaged must not take the conversation with it: what it says is kept beside its parts.
 * Returns the bytes of its attachments; more than room: they are not all there. */
static size_t put_content(struct store_db *db, const struct row *row, struct message *m, size_t room)
{
    struct error why = ERROR_INIT;

    if (row->parts.len > 0 && codec_get_content(row->parts.data, row->parts.len, m, &why) != ERR_NONE)
        message_done(m);
    size_t filled = sqlite_fill_in(db, m, room);
    if (m->n_parts == 0 && row->text.len > 0)
        message_add_text(m, (const char *)row->text.data, row->text.len);
    return filled;
}

/* The path is read from its end: the first that is found reaches farthest. */
static void put_summary(struct sqlite_cursor *c, struct store_path *p, const struct row *row, const char *id)
{
    if (p->summary || row->summary.len == 0)
        return;
    p->summary = xstrndup((const char *)row->summary.data, row->summary.len);
    c->held += row->summary.len;
    memcpy(p->summarized, id, STORE_ID);
}

/* The message of the row, and where the path goes on; false where the job has its error. */
static bool put_said(struct store_db *db, struct store_job *job, const struct row *row)
{
    struct sqlite_cursor *c = job->cursor;
    struct store_path *p = &job->path;
    const struct store_bytes *role = &row->role, *state = &row->state;

    p->said = grow_one(p->said, p->n_said, sizeof(*p->said));
    struct store_said *said = &p->said[p->n_said++];
    if (role->len == 0 || !role_from_name((const char *)role->data, role->len, &said->message.role))
        said->message.role = ROLE_USER;
    sqlite_id(&row->id, said->id);
    put_summary(c, p, row, said->id);
    error_text(said->state, sizeof(said->state), state->len > 0 ? (const char *)state->data : "", state->len);
    said->created_us = row->created_us;
    c->next = row->parent < row->num ? row->parent : 0;
    c->held += sizeof(*said) + row->text.len + row->parts.len;
    if (c->held <= job->out.max)
        c->held += put_content(db, row, &said->message, job->out.max - c->held);
    if (c->held > job->out.max)
        store_job_too_large(job);
    return job->code == ERR_NONE;
}

static void get_system(struct store_db *db, struct store_path *p, int64_t conversation)
{
    struct query q = query(db, "SELECT system FROM conversation WHERE num = ?");

    query_int(&q, conversation);
    if (query_next(&q))
        p->system = query_get_copy(&q, 0);
    query_end(&q);
}

/* A message by its role, 0 where it is not there. */
static int64_t message_role(struct store_db *db, int64_t num, int64_t *parent, enum role *role)
{
    struct query q = query(db, "SELECT role, coalesce(parent, 0) FROM message WHERE num = ?");

    query_int(&q, num);
    if (!query_next(&q))
        return 0;
    const char *name = query_get_text(&q, 0);
    if (!name || !role_from_name(name, strlen(name), role))
        *role = ROLE_USER;
    *parent = query_get_int(&q, 1);
    query_end(&q);
    return num;
}

static bool refuse_of(struct store_job *job, const char *param, const char *why)
{
    job->code = error_set_param(&job->error, param, "%s", why);
    return false;
}

/* The last message of what is followed, 0 for none; where one is edited or answered anew, by that one. False: the job
 * has its error. */
static bool find_leaf(struct store_db *db, struct store_job *job, const struct sqlite_conversation *c, int64_t *leaf)
{
    const struct store_path *p = &job->path;
    const char *id = p->to == STORE_PATH_PARENT ? p->parent : p->of, *param = path_params[p->to];
    int64_t parent = 0;
    enum role role;

    *leaf = id[0] ? sqlite_message(db, c->num, id) : c->head;
    if (id[0] && *leaf == 0) {
        sqlite_not_found(job, param, "no such message in this conversation");
        return false;
    }
    if (p->to == STORE_PATH_PARENT || !message_role(db, *leaf, &parent, &role))
        return true;
    if (p->to == STORE_PATH_EDIT) {
        *leaf = parent;
        return role == ROLE_USER || refuse_of(job, param, "edit must be a message of the user's");
    }
    if (role == ROLE_ASSISTANT && !(*leaf = message_role(db, parent, &parent, &role)))
        return refuse_of(job, param, "that message answers no question");
    return role == ROLE_USER || role == ROLE_TOOL ||
           refuse_of(job, param, "regenerate must be an answer, or a message of the user's");
}

/* Another program that wrote to the database changed who knows what. */
static void look_for_others(struct store_db *db)
{
    int64_t version = 0;
    struct query q = query(db, "PRAGMA data_version");

    if (query_number(&q, &version) && version != db->data_version)
        rows_forget_all(db->rows);
    db->data_version = version;
}

/* The last message of the path: from here on nothing that is written changes it, since no message gets another parent.
 * The job has its error where it returns false. */
static bool begin_path(struct store_db *db, struct store_job *job)
{
    struct store_path *p = &job->path;
    struct sqlite_conversation found;

    look_for_others(db);
    if (!p->conversation[0] && p->by_message && !find_of_message(db, p)) {
        sqlite_not_found(job, path_params[p->to], "no conversation has such a message");
        return false;
    }
    if (!p->conversation[0] && !find_last_near(db, p)) {
        no_last(job);
        return false;
    }
    if (!sqlite_conversation(db, p->conversation, p->uid, &found)) {
        sqlite_no_conversation(job, "conversation");
        return false;
    }
    int64_t leaf;
    if (!find_leaf(db, job, &found, &leaf))
        return false;
    p->at_head = leaf == found.head;
    get_system(db, p, found.num);
    struct sqlite_cursor *c = sqlite_cursor_new(db, job);
    c->conversation = found.num;
    c->next = leaf;
    c->held = p->system ? strlen(p->system) : 0;
    if (c->held > job->out.max)
        store_job_too_large(job);
    return job->code == ERR_NONE;
}

static void turn_round(struct store_path *p)
{
    for (size_t i = 0, j = p->n_said; i + 1 < j; i++) {
        struct store_said said = p->said[i];
        p->said[i] = p->said[--j];
        p->said[j] = said;
    }
}

/* As much of the path as stands in a row, with nothing of another branch between: most often that is all of it. False
 * where the job has its error, or a fault came. */
static bool read_run(struct store_db *db, struct store_job *job)
{
    struct sqlite_cursor *c = job->cursor;
    struct query q = query(db, "SELECT num, parent, created, id, role, state, text, parts, summary FROM message"
                               " WHERE conversation = ? AND num <= ? ORDER BY num DESC");
    bool committed = sqlite3_txn_state(db->sql, NULL) != SQLITE_TXN_WRITE;
    size_t n = job->path.n_said;

    query_int(&q, c->conversation);
    query_int(&q, c->next);
    while (c->next != 0 && query_next(&q) && query_get_int(&q, 0) == c->next) {
        const struct row row = {query_get_int(&q, 0), query_get_int(&q, 1), query_get_int(&q, 2),
                                query_get(&q, 3),     query_get(&q, 4),     query_get(&q, 5),
                                query_get(&q, 6),     query_get(&q, 7),     query_get(&q, 8)};
        if (committed)
            rows_keep(db->rows, &row);
        if (!put_said(db, job, &row) || sqlite_late(db))
            break;
    }
    query_end(&q);
    if (job->path.n_said == n)
        sqlite_not_found(job, "conversation", "it was deleted meanwhile");
    return job->code == ERR_NONE;
}

static bool read_next(struct store_db *db, struct store_job *job)
{
    const struct sqlite_cursor *c = job->cursor;
    const struct row *row = rows_find(db->rows, c->next);

    return row ? put_said(db, job, row) : read_run(db, job);
}

/* One walk from the parent to the root, which reads what each says: to look up whom it passes first would cost as much
 * again. It begins with the parent, which may be running still: that one is read in the first slice. */
enum store_step sqlite_path(struct store_db *db, struct store_job *job)
{
    struct store_path *p = &job->path;

    if (!job->cursor && !begin_path(db, job))
        return STORE_STEP_DONE;
    const struct sqlite_cursor *c = job->cursor;
    while (c->next != 0) {
        if (!read_next(db, job))
            return STORE_STEP_DONE;
        if (c->next != 0 && sqlite_late(db))
            return STORE_STEP_MORE;
    }
    turn_round(p);
    if (p->n_said > 0)
        memcpy(p->parent, p->said[p->n_said - 1].id, STORE_ID);
    return STORE_STEP_DONE;
}
