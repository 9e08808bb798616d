/* What has outlived its time leaves, a piece at a time. */
#include "daemon/store/sqlite_ledger.h"
#include "lib/base/grow.h"

/* Each function below takes away at most one piece and tells whether it found any: small enough for a slice. */

static bool changed(struct query *q)
{
    return query_run(q) && sqlite3_changes(q->db->sql) > 0;
}

/* Notes the conversations that it has taken away. */
static bool take_away(struct query *q, struct store_expire *e)
{
    while (query_next(q)) {
        e->gone = grow_one(e->gone, e->n_gone, sizeof(*e->gone));
        struct store_gone *g = &e->gone[e->n_gone++];
        query_get_id(q, 0, g->conversation);
        g->uid = (uid_t)query_get_int(q, 1);
    }
    return e->n_gone > 0;
}

/* Those of a user in that state that were not touched since, the pinned ones apart. */
#define AGED(state, index)                                                                                             \
    "UPDATE conversation SET state = " CONVERSATION_DELETED " WHERE num IN (SELECT num FROM conversation"              \
    " INDEXED BY " index " WHERE state = " state " AND uid = ? AND updated < ? AND pinned = 0 LIMIT 64)"               \
    " RETURNING id, uid"
#define NEXT_UID(state, index)                                                                                         \
    "SELECT uid FROM conversation INDEXED BY " index " WHERE state = " state " AND uid > ? ORDER BY uid LIMIT 1"

static bool next_uid(struct store_db *db, const char *text, int64_t *uid)
{
    struct query q = query(db, text);

    query_int(&q, *uid);
    return query_number(&q, uid);
}

/* By user, since that is how the index goes. */
static bool age_in(struct store_db *db, const char *users, const char *aged, struct store_expire *e)
{
    int64_t before_us = e->conversations_before_us, uid = -1;

    while (before_us > 0 && next_uid(db, users, &uid)) {
        struct query q = query(db, aged);
        query_int(&q, uid);
        query_int(&q, before_us);
        if (take_away(&q, e))
            return true;
    }
    return false;
}

static bool age_conversations(struct store_db *db, struct store_expire *e)
{
    return age_in(db, NEXT_UID(CONVERSATION_LIVE, "conversation_list"), AGED(CONVERSATION_LIVE, "conversation_list"),
                  e) ||
           age_in(db, NEXT_UID(CONVERSATION_TRASH, "conversation_trash"),
                  AGED(CONVERSATION_TRASH, "conversation_trash"), e);
}

static bool empty_trash(struct store_db *db, struct store_expire *e)
{
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_DELETED " WHERE num IN"
                               " (SELECT num FROM conversation INDEXED BY conversation_deleted"
                               "  WHERE state = " CONVERSATION_TRASH " AND deleted < ? LIMIT 64)"
                               " RETURNING id, uid");

    query_int(&q, e->trash_before_us);
    return take_away(&q, e);
}

static bool purge_rows(struct store_db *db, const char *text, int64_t conversation)
{
    struct query q = query(db, text);

    query_int(&q, conversation);
    return changed(&q);
}

static bool purge_conversation(struct store_db *db)
{
    int64_t num = 0;
    struct query q = query(db, "SELECT num FROM conversation WHERE state > " CONVERSATION_LIVE
                               " AND state = " CONVERSATION_DELETED " LIMIT 1");

    if (!query_number(&q, &num))
        return false;
    if (sqlite_purge_messages(db, num))
        return true;
    purge_rows(db, "DELETE FROM place WHERE conversation = ?", num);
    purge_rows(db, "DELETE FROM tag WHERE conversation = ?", num);
    purge_rows(db, "DELETE FROM origin WHERE conversation = ?", num);
    return purge_rows(db, "DELETE FROM conversation WHERE num = ?", num) && sqlite_purge_title(db, num);
}

static bool age_answers(struct store_db *db, int64_t before_us)
{
    struct query q = query(db, "DELETE FROM answer WHERE num IN"
                               " (SELECT num FROM answer WHERE ended < ? LIMIT 32)");

    query_int(&q, before_us);
    return changed(&q);
}

static bool surplus_answers(struct store_db *db, int64_t max)
{
    int64_t n = 0;
    struct query q = query(db, "SELECT count(*) FROM answer WHERE ended > 0");

    if (!query_number(&q, &n) || n <= max)
        return false;
    q = query(db, "DELETE FROM answer WHERE num IN"
                  " (SELECT num FROM answer WHERE ended > 0 ORDER BY ended LIMIT min(?, 32))");
    query_int(&q, n - max);
    return changed(&q);
}

/* Logs that no answer is left on. */
static bool purge_log(struct store_db *db)
{
    int64_t num = 0;
    struct query q = query(db, "SELECT num FROM log WHERE NOT EXISTS (SELECT 1 FROM answer WHERE answer.log = log.num)"
                               " LIMIT 1");

    if (!query_number(&q, &num))
        return false;
    q = query(db, "DELETE FROM run WHERE log = ?1 AND seq IN (SELECT seq FROM run WHERE log = ?1 LIMIT 64)");
    query_int(&q, num);
    if (changed(&q))
        return true;
    q = query(db, "DELETE FROM log WHERE num = ?");
    query_int(&q, num);
    return changed(&q);
}

/* Rows of the ledger, by whole hours: what is counted by rows and what by sums has a border at full hours. */
static bool age_ledger(struct store_db *db, int64_t before_us)
{
    struct query q = query(db, "DELETE FROM ledger WHERE (at, answer, arm) IN"
                               " (SELECT at, answer, arm FROM ledger WHERE at < ? ORDER BY at LIMIT 256)");

    query_int(&q, before_us - before_us % HOUR_US);
    return changed(&q);
}

/* Much that is free goes back to the file system; some stays for what comes next. */
static bool shrink(struct store_db *db)
{
    int64_t pages = 0, unused = 0;
    struct query q = query(db, "PRAGMA page_count");

    query_number(&q, &pages);
    q = query(db, "PRAGMA freelist_count");
    if (!query_number(&q, &unused) || unused < 1024 || unused < pages / 2)
        return false;
    q = query(db, "PRAGMA incremental_vacuum(256)");
    return query_run(&q);
}

enum store_step sqlite_expire(struct store_db *db, struct store_job *job)
{
    struct store_expire *e = &job->expire;

    e->n_gone = 0;
    if (age_conversations(db, e) || empty_trash(db, e))
        return STORE_STEP_DONE; /* so that what is told to be gone is what this transaction has taken */
    while (sqlite_take_back_halves(db) || purge_conversation(db) || age_answers(db, e->answers_before_us) ||
           surplus_answers(db, e->answers_max) || age_ledger(db, e->ledger_before_us) ||
           sqlite_make_day(db, e->now_us) || purge_log(db) || sqlite_purge_attachment(db) || shrink(db))
        if (sqlite_late(db))
            return STORE_STEP_MORE;
    return STORE_STEP_DONE;
}
