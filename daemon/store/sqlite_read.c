/* What is read of conversations. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)

/* Where a read stands */

struct sqlite_cursor *sqlite_cursor_free(struct sqlite_cursor *c)
{
    if (!c)
        return NULL;
    LIST_REMOVE(c, link);
    free(c->nums);
    free(c);
    return NULL;
}

static struct sqlite_cursor *cursor_new(struct store_db *db, struct store_job *job)
{
    struct sqlite_cursor *c = NEW(struct sqlite_cursor);

    LIST_INSERT_HEAD(&db->cursors, c, link);
    job->cursor = c;
    return c;
}

/* STORE_PATH */

/* The conversation that was asked in last: here (terminal told), or in this directory. Fills in its id. */
static bool find_last(struct store_db *db, struct store_path *p)
{
    struct query q;
    const char *directory = p->directory ? p->directory : "";

    if (p->terminal) {
        q = query(db, "SELECT c.id FROM place p CROSS JOIN conversation c ON c.num = p.conversation"
                      " WHERE p.uid = ? AND p.directory = ? AND p.used >= ? AND p.terminal = ?"
                      " AND c.state = " CONVERSATION_LIVE " ORDER BY p.used DESC, p.conversation DESC LIMIT 1");
    } else {
        q = query(db, "SELECT c.id FROM place p CROSS JOIN conversation c ON c.num = p.conversation"
                      " WHERE p.uid = ? AND p.directory = ? AND p.used >= ?"
                      " AND c.state = " CONVERSATION_LIVE " ORDER BY p.used DESC, p.conversation DESC LIMIT 1");
    }
    query_int(&q, p->uid);
    query_text(&q, directory);
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

/* One message that is damaged must not take the conversation with it: what it says is kept beside its parts.
 * Returns the bytes of its attachments; more than room: they are not all there. */
static size_t get_content(struct store_db *db, const struct query *q, struct message *m, size_t room)
{
    struct store_bytes text = query_get(q, 4), parts = query_get(q, 5);
    struct error why = ERROR_INIT;

    if (parts.len > 0 && codec_get_content(parts.data, parts.len, m, &why) != ERR_NONE)
        message_done(m);
    size_t filled = sqlite_fill_in(db, m, room);
    if (m->n_parts == 0 && text.len > 0)
        message_add_text(m, (const char *)text.data, text.len);
    return filled;
}

/* The path is read from its end: the first that is found reaches farthest. */
static void get_summary(const struct query *q, struct sqlite_cursor *c, struct store_path *p, const char *id)
{
    if (p->summary)
        return;
    p->summary = query_get_copy(q, 6);
    c->held += p->summary ? strlen(p->summary) : 0;
    if (p->summary)
        memcpy(p->summarized, id, STORE_ID);
}

/* The next message of the path, and where that goes on; false where the job has its error, or a fault came. */
static bool get_said(struct store_db *db, struct store_job *job, struct store_said *said)
{
    struct sqlite_cursor *c = job->cursor;
    struct query q =
        query(db, "SELECT id, role, state, created, text, parts, summary, parent FROM message WHERE num = ?");

    query_int(&q, c->next);
    if (!query_next(&q)) {
        sqlite_not_found(job, "conversation", "it was deleted meanwhile");
        return false;
    }
    const char *role = query_get_text(&q, 1), *state = query_get_text(&q, 2);
    if (!role || !role_from_name(role, strlen(role), &said->message.role))
        said->message.role = ROLE_USER;
    query_get_id(&q, 0, said->id);
    get_summary(&q, c, &job->path, said->id);
    error_text(said->state, sizeof(said->state), state ? state : "", state ? strlen(state) : 0);
    said->created_us = query_get_int(&q, 3);
    int64_t parent = query_get_int(&q, 7);
    c->next = parent < c->next ? parent : 0;
    c->held += sizeof(*said) + query_get(&q, 4).len + query_get(&q, 5).len;
    if (c->held <= job->out.max)
        c->held += get_content(db, &q, &said->message, job->out.max - c->held);
    if (c->held > job->out.max)
        store_job_too_large(job);
    query_end(&q);
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
    static const char *const params[] = {
        [STORE_PATH_PARENT] = "parent", [STORE_PATH_EDIT] = "edit", [STORE_PATH_REGENERATE] = "regenerate"};
    const struct store_path *p = &job->path;
    const char *id = p->to == STORE_PATH_PARENT ? p->parent : p->of, *param = params[p->to];
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

/* The last message of the path: from here on nothing that is written changes it, since no message gets another parent.
 * The job has its error where it returns false. */
static bool begin_path(struct store_db *db, struct store_job *job)
{
    struct store_path *p = &job->path;
    struct sqlite_conversation found;

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
    struct sqlite_cursor *c = cursor_new(db, job);
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

/* One walk from the parent to the root, which reads what each says: to look up whom it passes first would cost as much
 * again. It begins with the parent, which may be running still: that one is read in the first slice. */
enum store_step sqlite_path(struct store_db *db, struct store_job *job)
{
    struct store_path *p = &job->path;

    if (!job->cursor && !begin_path(db, job))
        return STORE_STEP_DONE;
    struct sqlite_cursor *c = job->cursor;
    while (c->next != 0) {
        p->said = grow_one(p->said, p->n_said, sizeof(*p->said));
        if (!get_said(db, job, &p->said[p->n_said++]))
            return STORE_STEP_DONE;
        if (c->next != 0 && sqlite_late(db))
            return STORE_STEP_MORE;
    }
    turn_round(p);
    if (p->n_said > 0)
        memcpy(p->parent, p->said[p->n_said - 1].id, STORE_ID);
    return STORE_STEP_DONE;
}

/* STORE_GET */

static void all_nums(struct store_db *db, int64_t conversation, struct sqlite_cursor *c)
{
    struct query q = query(db, "SELECT num FROM message WHERE conversation = ? ORDER BY num");

    query_int(&q, conversation);
    while (query_next(&q)) {
        c->nums = grow_one(c->nums, c->n, sizeof(*c->nums));
        c->nums[c->n++] = query_get_int(&q, 0);
    }
}

/* All of the map but the messages. */
static void put_get_head(struct store_db *db, struct buf *b, int64_t conversation, uint32_t n_messages)
{
    struct query q = query(db, "SELECT c.id, c.title, m.id, c.system, c.created, c.updated, c.pinned"
                               " FROM conversation c LEFT JOIN message m ON m.num = c.head WHERE c.num = ?");

    query_int(&q, conversation);
    if (!query_next(&q))
        return;
    const char *system = query_get_text(&q, 3);
    mp_put_map(b, system ? 9 : 8);
    mp_put_entry(b, "conversation", query_get_text(&q, 0));
    mp_put_entry(b, "title", query_get_text(&q, 1));
    mp_put_entry(b, "head", query_get_text(&q, 2));
    if (system)
        mp_put_entry(b, "system", system);
    mp_put_entry_time(b, "created", query_get_int(&q, 4));
    mp_put_entry_time(b, "updated", query_get_int(&q, 5));
    mp_put_cstr(b, "pinned");
    mp_put_bool(b, query_get_int(&q, 6) != 0);
    mp_put_cstr(b, "tags");
    sqlite_put_tags(db, b, conversation);
    mp_put_cstr(b, "messages");
    mp_put_array(b, n_messages);
    query_end(&q);
}

static uint32_t put_known(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return 0;
    mp_put_entry(b, key, value);
    return 1;
}

/* Content as a client gets it: data that is kept elsewhere stands in its place again. */
static void put_parts(struct store_db *db, struct buf *b, const struct query *q, struct store_bytes parts)
{
    const char *role = query_get_text(q, 2);
    struct message m = {.role = ROLE_USER};
    struct error why = ERROR_INIT;

    if (!sqlite_is_attached(db, query_get_int(q, 11))) {
        buf_append(b, parts.data, parts.len);
        return;
    }
    if (role)
        (void)role_from_name(role, strlen(role), &m.role);
    if (codec_get_content(parts.data, parts.len, &m, &why) == ERR_NONE && sqlite_fill_in(db, &m, b->max) <= b->max)
        codec_put_content(b, &m);
    else
        b->failed = true;
    message_done(&m);
}

static void put_message(struct store_db *db, struct buf *b, const struct query *q)
{
    size_t at = mp_open_map(b);
    struct store_bytes text = query_get(q, 7), parts = query_get(q, 8), rest = query_get(q, 9);
    uint32_t n = 2;

    n += put_known(b, "id", query_get_text(q, 0));
    n += put_known(b, "parent", query_get_text(q, 1));
    n += put_known(b, "role", query_get_text(q, 2));
    n += put_known(b, "state", query_get_text(q, 3));
    n += put_known(b, "provider", query_get_text(q, 4));
    n += put_known(b, "model", query_get_text(q, 5));
    mp_put_entry_time(b, "created", query_get_int(q, 6));
    mp_put_cstr(b, "content");
    if (parts.len > 0)
        put_parts(db, b, q, parts);
    else
        mp_put_str(b, text.len > 0 ? (const char *)text.data : "", text.len);
    if (rest.len > 0) {
        buf_append(b, rest.data, rest.len);
        n += (uint32_t)query_get_int(q, 10);
    }
    mp_close_map(b, at, n);
}

/* False where it is gone. */
static bool get_message(struct store_db *db, struct buf *b, int64_t num)
{
    struct query q = query(db, "SELECT m.id, p.id, m.role, m.state, m.provider, m.model, m.created, m.text, m.parts,"
                               " m.rest, m.n_rest, m.num FROM message m LEFT JOIN message p ON p.num = m.parent"
                               " WHERE m.num = ?");

    query_int(&q, num);
    if (!query_next(&q))
        return false;
    put_message(db, b, &q);
    query_end(&q);
    return true;
}

/* Which messages, and the map's head. The job has its error where it returns NULL. */
static struct sqlite_cursor *begin_get(struct store_db *db, struct store_job *job)
{
    const struct store_get *g = &job->get;
    struct sqlite_conversation found;
    int64_t leaf = 0;

    if (!sqlite_conversation(db, g->conversation, g->uid, &found)) {
        sqlite_no_conversation(job, "conversation");
        return NULL;
    }
    if (g->branch[0] && (leaf = sqlite_message(db, found.num, g->branch)) == 0) {
        sqlite_not_found(job, "branch", "no such message in this conversation");
        return NULL;
    }
    struct sqlite_cursor *c = cursor_new(db, job);
    if (g->branch[0])
        sqlite_path_nums(db, leaf, &c->nums, &c->n);
    else
        all_nums(db, found.num, c);
    put_get_head(db, &job->out, found.num, (uint32_t)c->n);
    return c;
}

enum store_step sqlite_get(struct store_db *db, struct store_job *job)
{
    struct sqlite_cursor *c = job->cursor ? job->cursor : begin_get(db, job);
    bool gone = false;

    while (c && c->at < c->n && !gone && db->fault == SQLITE_OK && !job->out.failed) {
        gone = !get_message(db, &job->out, c->nums[c->at++]);
        if (!gone && sqlite_late(db))
            return STORE_STEP_MORE;
    }
    return gone ? sqlite_not_found(job, "conversation", "it was deleted meanwhile") : STORE_STEP_DONE;
}
