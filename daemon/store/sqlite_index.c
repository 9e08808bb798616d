/* The index of the search: STORE_INDEX brings it up to what is stored, and what is purged leaves it.
 *
 * Nothing that writes a message has to do with the index, so that no answer waits for it. `search_mark` says up to
 * which number messages and titles are in the index, and, in a database that was there before it, down to which. What
 * cannot be taken yet when its turn comes is `due`: a message that runs; so is a title that has changed.
 *
 * `search` has the words alone and reads no text: to take a message out, FTS5 has to be told again what it said. So no
 * text may change once it is in. `search_title` keeps its titles. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/clock.h"

#define SLICE_US INT64_C(5000) /* others wait for no more than this, and one message */
#define PIECE "8"              /* messages that are purged at once */

static bool run_for(struct store_db *db, const char *text, int64_t num)
{
    struct query q = query(db, text);

    query_int(&q, num);
    return query_run(&q);
}

static bool number_for(struct store_db *db, const char *text, int64_t *num)
{
    struct query q = query(db, text);

    return query_number(&q, num);
}

/* One that is in the index already is left alone: numbers are used again, and the two marks may cross. */
static void take_message(struct store_db *db, int64_t num)
{
    sqlite_take_facts(db, num);
    run_for(db,
            "INSERT INTO search(rowid, text) SELECT num, text FROM message WHERE num = ? AND text <> ''"
            " AND NOT EXISTS (SELECT 1 FROM search_docsize WHERE id = num)",
            num);
}

static void take_title(struct store_db *db, int64_t num)
{
    run_for(db, "DELETE FROM search_title WHERE rowid = ?", num);
    run_for(db,
            "INSERT INTO search_title(rowid, title) SELECT num, title FROM conversation"
            " WHERE num = ? AND title IS NOT NULL",
            num);
}

/* Each of these takes one and tells whether there was any. */

static bool due_message(struct store_db *db)
{
    int64_t num;

    if (!number_for(db,
                    "SELECT d.num FROM search_due d CROSS JOIN message m ON m.num = d.num WHERE m.state <> 'running'"
                    " LIMIT 1",
                    &num))
        return false;
    take_message(db, num);
    return run_for(db, "DELETE FROM search_due WHERE num = ?", num);
}

static bool due_title(struct store_db *db)
{
    int64_t num;

    if (!number_for(db, "SELECT num FROM search_due_title LIMIT 1", &num))
        return false;
    take_title(db, num);
    return run_for(db, "DELETE FROM search_due_title WHERE num = ?", num);
}

/* What the query finds, if it has ended; else later. */
static bool take_or_wait(struct store_db *db, const char *text, int64_t *num)
{
    struct query q = query(db, text);

    if (!query_next(&q))
        return false;
    *num = query_get_int(&q, 0);
    bool running = query_get_int(&q, 1) != 0;
    query_end(&q);
    if (running)
        run_for(db, "INSERT OR IGNORE INTO search_due(num) VALUES(?)", *num);
    else
        take_message(db, *num);
    return true;
}

static bool new_message(struct store_db *db)
{
    int64_t num;

    return take_or_wait(
               db,
               "SELECT num, state = 'running' FROM message WHERE num >= (SELECT next FROM search_mark WHERE one = 1)"
               " ORDER BY num LIMIT 1",
               &num) &&
           run_for(db, "UPDATE search_mark SET next = ? + 1 WHERE one = 1", num);
}

static bool old_message(struct store_db *db)
{
    int64_t num;

    return take_or_wait(
               db,
               "SELECT num, state = 'running' FROM message WHERE num < (SELECT below FROM search_mark WHERE one = 1)"
               " ORDER BY num DESC LIMIT 1",
               &num) &&
           run_for(db, "UPDATE search_mark SET below = ? WHERE one = 1", num);
}

static bool new_title(struct store_db *db)
{
    int64_t num;

    if (!number_for(db,
                    "SELECT num FROM conversation WHERE num >= (SELECT next_title FROM search_mark WHERE one = 1)"
                    " ORDER BY num LIMIT 1",
                    &num))
        return false;
    take_title(db, num);
    return run_for(db, "UPDATE search_mark SET next_title = ? + 1 WHERE one = 1", num);
}

static bool old_title(struct store_db *db)
{
    int64_t num;

    if (!number_for(db,
                    "SELECT num FROM conversation WHERE num < (SELECT below_title FROM search_mark WHERE one = 1)"
                    " ORDER BY num DESC LIMIT 1",
                    &num))
        return false;
    take_title(db, num);
    return run_for(db, "UPDATE search_mark SET below_title = ? WHERE one = 1", num);
}

enum store_step sqlite_index(struct store_db *db, struct store_job *job)
{
    struct store_index *x = &job->index;
    int64_t end_us = clock_mono_us() + SLICE_US;

    if (end_us < db->until_us)
        db->until_us = end_us;
    while ((x->more = due_message(db) || due_title(db) || new_message(db) || new_title(db) || old_title(db) ||
                      old_message(db)))
        if (sqlite_late(db))
            return clock_mono_us() < x->until_us ? STORE_STEP_MORE : STORE_STEP_DONE;
    return STORE_STEP_DONE;
}

bool sqlite_title_changed(struct store_db *db, const char *conversation)
{
    struct query q = query(db, "INSERT OR IGNORE INTO search_due_title(num) SELECT num FROM conversation WHERE id = ?");

    query_text(&q, conversation);
    return query_run(&q);
}

#define SOME "(SELECT num FROM message WHERE conversation = ?1 ORDER BY num LIMIT " PIECE ")"

/* Numbers at the end of a table are used again, once the rows that had them are gone. */
static bool take_back_marks(struct store_db *db)
{
    struct query q =
        query(db, "UPDATE search_mark SET next = min(next, (SELECT coalesce(max(num), 0) + 1 FROM message)),"
                  " next_title = min(next_title, (SELECT coalesce(max(num), 0) + 1 FROM conversation))"
                  " WHERE one = 1");

    return query_run(&q);
}

static void drop_facts(struct store_db *db, int64_t conversation)
{
    struct query q = query(db, "SELECT num FROM " SOME);

    query_int(&q, conversation);
    while (query_next(&q))
        sqlite_drop_facts(db, query_get_int(&q, 0));
}

bool sqlite_purge_messages(struct store_db *db, int64_t conversation)
{
    drop_facts(db, conversation);
    run_for(db,
            "INSERT INTO search(search, rowid, text) SELECT 'delete', num, text FROM message WHERE num IN " SOME
            " AND EXISTS (SELECT 1 FROM search_docsize WHERE id = num)",
            conversation);
    run_for(db, "DELETE FROM search_due WHERE num IN " SOME, conversation);
    run_for(db,
            "UPDATE attachment SET refs = refs - (SELECT count(*) FROM attached a WHERE a.message IN " SOME
            " AND a.attachment = attachment.num) WHERE num IN (SELECT attachment FROM attached WHERE message IN " SOME
            ")",
            conversation);
    run_for(db, "DELETE FROM attached WHERE message IN " SOME, conversation);
    return run_for(db, "DELETE FROM message WHERE num IN " SOME, conversation) && sqlite3_changes(db->sql) > 0 &&
           take_back_marks(db);
}

bool sqlite_purge_title(struct store_db *db, int64_t conversation)
{
    return run_for(db, "DELETE FROM search_title WHERE rowid = ?", conversation) &&
           run_for(db, "DELETE FROM search_due_title WHERE num = ?", conversation) && take_back_marks(db);
}
