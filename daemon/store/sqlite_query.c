/* Statements that are prepared once, and what becomes of a fault. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

/* Faults */

void sqlite_note(struct store_db *db, int rc)
{
    if (db->fault != SQLITE_OK)
        return;
    db->fault = rc;
    db->fault_errno = sqlite3_system_errno(db->sql);
}

static bool disk_is_full(const struct store_db *db)
{
    struct statvfs fs;

    return statvfs(db->path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < UINT64_C(1) << 20;
}

static enum error_code full(struct store_db *db, struct error *err)
{
    if (db->max_bytes > 0 && db->fault_errno != EDQUOT && !disk_is_full(db))
        return error_set(err, ERR_UNAVAILABLE,
                         "%s has reached max_size (%lld bytes): delete conversations for good (askctl conv rm "
                         "--purge), set keep, or raise it",
                         db->path, (long long)db->max_bytes);
    return error_set(err, ERR_UNAVAILABLE, "the disk is full (or a quota reached): no room for %s", db->path);
}

enum error_code sqlite_fault(struct store_db *db, struct error *err)
{
    switch (db->fault & 0xff) {
    case SQLITE_FULL: return full(db, err);
    case SQLITE_IOERR:
        if (db->fault_errno == ENOSPC || db->fault_errno == EDQUOT)
            return full(db, err);
        return error_set_errno(err, ERR_UNAVAILABLE, db->fault_errno ? db->fault_errno : EIO,
                               "cannot read or write %s (%s)", db->path, sqlite3_errstr(db->fault));
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return error_set(err, ERR_UNAVAILABLE, "%s cannot be written: look at its owner and mode, and its file system",
                         db->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return error_set(err, ERR_UNAVAILABLE,
                         "the database is damaged: move %s away, with its -wal and -shm; answers go on without it",
                         db->path);
    case SQLITE_CANTOPEN:
        return error_set_errno(err, ERR_UNAVAILABLE, db->fault_errno ? db->fault_errno : EIO, "cannot open %s",
                               db->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(err, ERR_UNAVAILABLE, "%s is held by another program, maybe on another host", db->path);
    default: return error_set(err, ERR_UNAVAILABLE, "%s: %s", db->path, sqlite3_errstr(db->fault));
    }
}

bool sqlite_late(const struct store_db *db)
{
    return clock_mono_us() >= db->until_us;
}

bool sqlite_exec(struct store_db *db, const char *sql)
{
    int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

    if (rc != SQLITE_OK)
        sqlite_note(db, rc);
    return rc == SQLITE_OK;
}

/* Queries */

static sqlite3_stmt *prepared(struct store_db *db, const char *text)
{
    size_t i = (size_t)(((uintptr_t)text >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32);

    for (size_t tries = 0; tries < SQLITE_STATEMENTS; tries++, i++) {
        size_t slot = i & (SQLITE_STATEMENTS - 1);
        if (db->cached[slot].text == text)
            return db->cached[slot].stmt;
        if (db->cached[slot].text)
            continue;
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (rc != SQLITE_OK) {
            sqlite_note(db, rc);
            return NULL;
        }
        db->cached[slot].text = text;
        db->cached[slot].stmt = stmt;
        return stmt;
    }
    abort(); /* more statements than SQLITE_STATEMENTS in this program */
}

struct query query(struct store_db *db, const char *text)
{
    struct query q = {db, db->fault == SQLITE_OK ? prepared(db, text) : NULL, 0};

    if (q.stmt)
        sqlite3_reset(q.stmt);
    return q;
}

static void bound(struct query *q, int rc)
{
    if (rc == SQLITE_OK)
        return;
    sqlite_note(q->db, rc);
    q->stmt = NULL;
}

void query_int(struct query *q, int64_t v)
{
    if (q->stmt)
        bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, v));
}

void query_real(struct query *q, double v)
{
    if (q->stmt)
        bound(q, sqlite3_bind_double(q->stmt, ++q->bound, v));
}

void query_text(struct query *q, const char *s)
{
    if (q->stmt)
        bound(q, sqlite3_bind_text(q->stmt, ++q->bound, s, -1, SQLITE_STATIC));
}

void query_id(struct query *q, const char *id)
{
    query_text(q, *id ? id : NULL);
}

void query_string(struct query *q, const struct store_bytes *b)
{
    const char *s = b->len > 0 ? (const char *)b->data : "";

    if (q->stmt)
        bound(q, sqlite3_bind_text64(q->stmt, ++q->bound, s, b->len, SQLITE_STATIC, SQLITE_UTF8));
}

void query_blob(struct query *q, const struct store_bytes *b)
{
    if (q->stmt)
        bound(q, sqlite3_bind_blob64(q->stmt, ++q->bound, b->len > 0 ? b->data : NULL, b->len, SQLITE_STATIC));
}

bool query_next(struct query *q)
{
    if (!q->stmt)
        return false;
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        sqlite_note(q->db, rc);
    query_end(q);
    return false;
}

void query_end(struct query *q)
{
    if (q->stmt)
        sqlite3_reset(q->stmt);
    q->stmt = NULL;
}

bool query_run(struct query *q)
{
    while (query_next(q))
        ;
    return q->db->fault == SQLITE_OK;
}

bool query_number(struct query *q, int64_t *ret)
{
    bool found = query_next(q);

    if (found)
        *ret = query_get_int(q, 0);
    query_end(q);
    return found;
}

int64_t query_get_int(const struct query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

bool query_is_null(const struct query *q, int column)
{
    return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

double query_get_real(const struct query *q, int column)
{
    return sqlite3_column_double(q->stmt, column);
}

struct store_bytes query_get(const struct query *q, int column)
{
    struct store_bytes b = {0};
    const void *data = sqlite3_column_blob(q->stmt, column);
    int len = sqlite3_column_bytes(q->stmt, column);

    if (data && len > 0) {
        b.data = (uint8_t *)(uintptr_t)data; /* whoever borrows does not write */
        b.len = (size_t)len;
    }
    return b;
}

const char *query_get_text(const struct query *q, int column)
{
    return (const char *)sqlite3_column_text(q->stmt, column);
}

void sqlite_id(const struct store_bytes *b, char id[STORE_ID])
{
    const char *s = b->len > 0 ? (const char *)b->data : "";

    if (id_valid(s, b->len)) { /* almost always, and of a path for each message */
        memcpy(id, s, b->len);
        id[b->len] = '\0';
    } else {
        error_text(id, STORE_ID, s, b->len);
    }
}

void query_get_id(const struct query *q, int column, char id[STORE_ID])
{
    struct store_bytes b = query_get(q, column);

    sqlite_id(&b, id);
}

char *query_get_copy(const struct query *q, int column)
{
    return xstrdup(query_get_text(q, column));
}
