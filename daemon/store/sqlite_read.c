/* What is read of conversations. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

/* Where a read stands */

struct sqlite_cursor *sqlite_cursor_free(struct sqlite_cursor *c)
{
    if (!c)
        return NULL;
    LIST_REMOVE(c, link);
    free(c->nums);
    sqlite_usage_free(c->usage);
    free(c);
    return NULL;
}

struct sqlite_cursor *sqlite_cursor_new(struct store_db *db, struct store_job *job)
{
    struct sqlite_cursor *c = NEW(struct sqlite_cursor);

    LIST_INSERT_HEAD(&db->cursors, c, link);
    job->cursor = c;
    return c;
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
    struct query q = query(db, "SELECT c.id, c.title, m.id, c.system, c.created, c.updated, c.pinned, c.directory,"
                               " c.host"
                               " FROM conversation c LEFT JOIN message m ON m.num = c.head WHERE c.num = ?");

    query_int(&q, conversation);
    if (!query_next(&q))
        return;
    const char *system = query_get_text(&q, 3), *directory = query_get_text(&q, 7), *host = query_get_text(&q, 8);
    mp_put_map(b, 8U + (system != NULL) + (directory != NULL) + (host != NULL));
    mp_put_entry(b, "conversation", query_get_text(&q, 0));
    mp_put_entry(b, "title", query_get_text(&q, 1));
    mp_put_entry(b, "head", query_get_text(&q, 2));
    if (system)
        mp_put_entry(b, "system", system);
    if (directory)
        mp_put_entry(b, "directory", directory);
    if (host)
        mp_put_entry(b, "host", host);
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

    if (query_get_int(q, 11) == 0) { /* nothing of it is kept elsewhere */
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
    struct query q =
        query(db, "SELECT m.id, p.id, m.role, m.state, m.provider, m.model, m.created, m.text, m.parts,"
                  " m.rest, m.n_rest, m.parts IS NOT NULL AND EXISTS (SELECT 1 FROM attached a WHERE a.message = m.num)"
                  " FROM message m LEFT JOIN message p ON p.num = m.parent"
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
    struct sqlite_cursor *c = sqlite_cursor_new(db, job);
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
