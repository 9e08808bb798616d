/* What leaves the SQLite tier: the file stays within its bound, what has expired goes, and what was used is written so
 * that the right entries go first.
 *
 * The bound is on pages: those of the database, with what is free in it, and those that the journal may have
 * (CACHEDB_PIECE_STEPS and journal_pages bound a transaction). max_page_count is the guard behind the estimate. */
#include "daemon/cache/sqlite_internal.h"
#include "lib/base/clock.h"

enum {
    SPARE_PAGES = 16,   /* that one entry may need beside its blob: indices that split, lists of free pages */
    ENTRY_SHARE = 4,    /* an entry has no more than this part of all pages */
    LOOSE_PAGES = 1024, /* so many free ones stay, for what comes next */
    VACUUM_DIRTY = 32,  /* pages that one step of it may change */
};

bool cachedb_fits(const struct cachedb *db, size_t bytes)
{
    return (int64_t)bytes < INT32_MAX && cachedb_pages_of((int64_t)bytes) <= db->max_pages / ENTRY_SHARE;
}

bool cachedb_has_room(struct cachedb *db, size_t bytes, unsigned tries)
{
    int64_t unused = db->max_pages - cachedb_number(db, SQL_PAGES) + cachedb_number(db, SQL_FREE);
    return unused >= cachedb_pages_of((int64_t)bytes) + (SPARE_PAGES << tries);
}

/* -- use -- */

static struct cachedb_use *touched(struct cachedb *db, int64_t num)
{
    for (size_t i = 0; i < db->n_touched; i++)
        if (db->touched[i].num == num)
            return &db->touched[i];
    return NULL;
}

/* Where too many are waiting to be written, this one is forgotten: it may leave somewhat early. */
void cachedb_touch(struct cachedb *db, int64_t num)
{
    struct cachedb_use *use = touched(db, num);
    if (!use && db->n_touched < CACHEDB_TOUCHED)
        use = &db->touched[db->n_touched++];
    if (use)
        *use = (struct cachedb_use){num, clock_wall_us()};
}

static void write_use(struct cachedb *db, struct cachedb_use *use)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_USE);
    cachedb_bind_int(db, stmt, 1, use->used_us);
    cachedb_bind_int(db, stmt, 2, use->num);
    cachedb_run(db, stmt);
    *use = db->touched[--db->n_touched];
}

bool cachedb_write_use(struct cachedb *db)
{
    if (db->n_touched == 0)
        return false;
    write_use(db, &db->touched[db->n_touched - 1]);
    return true;
}

/* -- leaving -- */

bool cachedb_expire(struct cachedb *db)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_EXPIRED);
    cachedb_bind_int(db, stmt, 1, clock_wall_us());
    struct cachedb_row row = cachedb_row(db, stmt);
    if (!row.stmt)
        return false;
    cachedb_row_leave(db, &row);
    return true;
}

bool cachedb_evict(struct cachedb *db)
{
    if (cachedb_expire(db))
        return true;
    struct cachedb_row row = cachedb_row(db, cachedb_statement(db, SQL_UNUSED));
    if (!row.stmt)
        return false;
    struct cachedb_use *use = touched(db, row.num);
    if (use) { /* it was used after all: it takes its place, and the next step looks again */
        cachedb_row_end(&row);
        write_use(db, use);
        return true;
    }
    cachedb_row_leave(db, &row);
    db->now.evictions++;
    return true;
}

/* -- shrinking -- */

bool cachedb_shrink(struct cachedb *db)
{
    int64_t pages = cachedb_number(db, SQL_PAGES), unused = cachedb_number(db, SQL_FREE);
    bool over = pages > db->max_pages, loose = unused > LOOSE_PAGES && unused > pages / 2;
    if (db->rc != SQLITE_OK || (!over && !loose))
        return false;
    if (over && unused == 0)
        return cachedb_evict(db);
    db->dirty += VACUUM_DIRTY;
    cachedb_run(db, cachedb_statement(db, SQL_VACUUM));
    return !over || cachedb_bound_pages(db);
}
