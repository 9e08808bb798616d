/* The handle of the SQLite tier: its file and settings, statements, transactions.
 *
 * Why a rollback journal and not a WAL. The bound is on all files together. What is put goes into pages that are new or
 * were free, and those need no copy in a rollback journal: it holds the few pages of the indices that change, however
 * large the entry is. A WAL would hold the entry a second time, and would have to have room for the largest. Nobody
 * reads while somebody writes, since there is one handle, which is what a WAL is good for. The journal is kept between
 * transactions (persist), for making and removing a file each time costs more than the transaction.
 *
 * Nothing is synced: a process that is killed leaves its writes with the kernel, and the next open rolls back what was
 * half done. A machine that loses its power may leave a damaged file, which is made anew. */
#include "daemon/cache/sqlite_internal.h"
#include "daemon/core/database.h"
#include "lib/base/alloc.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define APPLICATION_ID 1634954083 /* "askc" */
#define STRING(x) STRING_(x)
#define STRING_(x) #x
#define SCHEMA_VERSION 1
_Static_assert(SCHEMA_VERSION == CACHEDB_VERSION, "an enumerator cannot be written into a text");

enum {
    JOURNAL_SHARE = 16, /* of the bound, within: */
    JOURNAL_MIN = 128 << 10,
    JOURNAL_MAX = 4 << 20,
    JOURNAL_RECORD = CACHEDB_PAGE + 8, /* a page in the journal */
};

static const char *const texts[] = {
#define X(name, text) [name] = text,
    CACHEDB_STATEMENT_MAP(X)
#undef X
};

/* Blobs stand in a table of their own, so that a row whose use is written does not take its blob along. The index by
 * scope and key finds one entry and pages through those of a scope. Row numbers grow with time, so that both tables
 * grow at their end. */
static const char schema[] =
    "CREATE TABLE entry("
    "  num INTEGER PRIMARY KEY, scope TEXT NOT NULL, key BLOB NOT NULL, kind INTEGER NOT NULL, provider TEXT NOT NULL,"
    "  model TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX entry_key ON entry(scope, key);"
    "CREATE INDEX entry_used ON entry(used);"
    "CREATE INDEX entry_expires ON entry(expires);"
    "CREATE TABLE blob(num INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    /* One row, so that nothing has to be counted. */
    "CREATE TABLE total(entries INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "INSERT INTO total VALUES(0, 0);"
    "PRAGMA application_id = " STRING(APPLICATION_ID) ";"
                                                      "PRAGMA user_version = " STRING(SCHEMA_VERSION) ";";

/* -- faults -- */

static void note(struct cachedb *db, int rc)
{
    if (db->rc != SQLITE_OK)
        return;
    db->rc = rc;
    db->sys_errno = sqlite3_system_errno(db->sql);
}

bool cachedb_is_damage(int rc)
{
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

/* A quota or a limit of the process is a failed write to SQLite, which does not keep the reason for long. */
bool cachedb_is_full(const struct cachedb *db)
{
    return (db->rc & 0xff) == SQLITE_FULL || db->rc == SQLITE_IOERR_WRITE;
}

bool cachedb_disk_is_full(const struct cachedb *db)
{
    struct statvfs fs;
    if ((db->rc & 0xff) != SQLITE_FULL) /* it was the system that said so */
        return true;
    return statvfs(db->path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < UINT64_C(1) << 20;
}

void cachedb_fault(const struct cachedb *db, struct error *err)
{
    if (cachedb_is_full(db)) {
        error_set(err, ERR_UNAVAILABLE, "%s cannot be written: the disk is full, or a quota or limit reached",
                  db->path);
        return;
    }
    switch (db->rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error_set(err, ERR_UNAVAILABLE, "%s is held by another program, maybe another askd", db->path);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        error_set(err, ERR_UNAVAILABLE, "%s cannot be written: look at its owner and mode, and its folder's", db->path);
        break;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        error_set_errno(err, ERR_UNAVAILABLE, db->sys_errno ? db->sys_errno : EIO, "cannot read or write %s (%s)",
                        db->path, sqlite3_errstr(db->rc));
        break;
    default: error_set(err, ERR_UNAVAILABLE, "%s: %s", db->path, sqlite3_errstr(db->rc));
    }
}

/* -- statements -- */

sqlite3_stmt *cachedb_statement(struct cachedb *db, enum cachedb_statement which)
{
    return db->rc == SQLITE_OK ? db->stmts[which] : NULL;
}

bool cachedb_step(struct cachedb *db, sqlite3_stmt *stmt)
{
    if (!stmt)
        return false;
    int rc = db->rc == SQLITE_OK ? sqlite3_step(stmt) : SQLITE_DONE;
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        note(db, rc);
    sqlite3_reset(stmt);
    return false;
}

bool cachedb_run(struct cachedb *db, sqlite3_stmt *stmt)
{
    while (cachedb_step(db, stmt))
        ;
    return db->rc == SQLITE_OK;
}

static void bound(struct cachedb *db, int rc)
{
    if (rc != SQLITE_OK)
        note(db, rc);
}

void cachedb_bind_int(struct cachedb *db, sqlite3_stmt *stmt, int at, int64_t v)
{
    if (stmt)
        bound(db, sqlite3_bind_int64(stmt, at, v));
}

void cachedb_bind_text(struct cachedb *db, sqlite3_stmt *stmt, int at, const char *s)
{
    if (stmt)
        bound(db, sqlite3_bind_text(stmt, at, s, -1, SQLITE_STATIC));
}

void cachedb_bind_blob(struct cachedb *db, sqlite3_stmt *stmt, int at, const void *data, size_t len)
{
    if (stmt)
        bound(db, sqlite3_bind_blob64(stmt, at, data, len, SQLITE_STATIC));
}

int64_t cachedb_number(struct cachedb *db, enum cachedb_statement which)
{
    sqlite3_stmt *stmt = cachedb_statement(db, which);
    if (!cachedb_step(db, stmt))
        return 0;
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return n;
}

static bool run_text(struct cachedb *db, const char *text)
{
    bound(db, sqlite3_exec(db->sql, text, NULL, NULL, NULL));
    return db->rc == SQLITE_OK;
}

bool cachedb_bound_pages(struct cachedb *db)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA max_page_count = %lld", (long long)db->max_pages);
    return run_text(db, text);
}

/* -- transactions -- */

bool cachedb_begin(struct cachedb *db)
{
    db->dirty = 0;
    db->in_piece = cachedb_run(db, cachedb_statement(db, SQL_BEGIN));
    return db->in_piece;
}

bool cachedb_commit(struct cachedb *db)
{
    if (db->now.entries != db->written.entries || db->now.bytes != db->written.bytes) {
        sqlite3_stmt *stmt = cachedb_statement(db, SQL_SET_TOTAL);
        cachedb_bind_int(db, stmt, 1, db->now.entries);
        cachedb_bind_int(db, stmt, 2, db->now.bytes);
        cachedb_run(db, stmt);
    }
    if (!cachedb_run(db, cachedb_statement(db, SQL_COMMIT)))
        return false;
    db->written = db->now;
    db->in_piece = false;
    return true;
}

bool cachedb_rollback(struct cachedb *db)
{
    db->rc = SQLITE_OK;
    db->now = db->written;
    db->in_piece = false;
    return sqlite3_get_autocommit(db->sql) /* some faults roll back by themselves */ || run_text(db, "ROLLBACK");
}

/* -- the file -- */

static enum error_code check_file(int fd, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return error_set(err, ERR_UNAVAILABLE, "%s is not a file of uid %u: remove it", path, (unsigned)geteuid());
    if ((st.st_mode & 077) && fchmod(fd, 0600) < 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "%s is open to others: chmod 600 it", path);
    return ERR_NONE;
}

/* SQLite would make it with another mode. Before a handle is open: closing any descriptor of a file drops the locks
 * that this process has on it. */
static enum error_code make_file(const char *dir, const char *path, struct error *err)
{
    int dirfd, fd;
    enum error_code code = fd_open_dir(dir, geteuid(), true, false, &dirfd, err);
    if (code != ERR_NONE)
        return code;
    fd = openat(dirfd, CACHEDB_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0)
        code = error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot open %s", path);
    else
        code = check_file(fd, path, err);
    if (fd >= 0)
        close(fd);
    close(dirfd);
    return code;
}

static void remove_files(const char *path)
{
    static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *name = xasprintf("%s%s", path, ends[i]);
        unlink(name);
        free(name);
    }
}

/* -- opening -- */

static void set_bounds(struct cachedb *db, int64_t size)
{
    int64_t journal = size / JOURNAL_SHARE;
    journal = journal < JOURNAL_MIN ? JOURNAL_MIN : journal > JOURNAL_MAX ? JOURNAL_MAX : journal;
    db->max_pages = (size - journal) / CACHEDB_PAGE;
    db->journal_pages = journal / JOURNAL_RECORD - 1; /* its head has the size of a sector */
}

/* The lock is taken with the first transaction, and kept. secure_delete: what is deleted is blotted out where the page
 * is written anyway; to write each page that becomes free, as some builds do by themselves, would put it into the
 * journal. */
static bool enter_file(struct cachedb *db)
{
    char *text = xasprintf("PRAGMA cache_size = -512; PRAGMA mmap_size = 0; PRAGMA temp_store = memory;"
                           "PRAGMA cell_size_check = on; PRAGMA secure_delete = fast; PRAGMA synchronous = off;"
                           "PRAGMA locking_mode = exclusive; PRAGMA page_size = %d; PRAGMA auto_vacuum = incremental;"
                           "PRAGMA journal_mode = persist; PRAGMA journal_size_limit = %lld; BEGIN EXCLUSIVE",
                           CACHEDB_PAGE, (long long)(db->journal_pages + 1) * JOURNAL_RECORD);
    bool entered = run_text(db, text);
    free(text);
    return entered;
}

static int64_t number_of(struct cachedb *db, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    bound(db, sqlite3_prepare_v2(db->sql, text, -1, &stmt, NULL));
    int64_t n = cachedb_step(db, stmt) ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return n;
}

/* Makes the tables in an empty file. NULL, or what is wrong with the file (or there is a fault). */
static const char *check_version(struct cachedb *db)
{
    int64_t version = number_of(db, "PRAGMA user_version"),
            tables = number_of(db, "SELECT count(*) FROM sqlite_schema");
    if (db->rc != SQLITE_OK)
        return NULL;
    if (version == 0 && tables == 0) {
        run_text(db, schema);
        return NULL;
    }
    bool ours =
        number_of(db, "PRAGMA application_id") == APPLICATION_ID && number_of(db, "PRAGMA page_size") == CACHEDB_PAGE;
    if (db->rc != SQLITE_OK)
        return NULL;
    return !ours ? "was not a cache of askd" : version != CACHEDB_VERSION ? "was of another version" : NULL;
}

static void prepare(struct cachedb *db)
{
    for (size_t i = 0; i < CACHEDB_STATEMENTS && db->rc == SQLITE_OK; i++)
        bound(db, sqlite3_prepare_v3(db->sql, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmts[i], NULL));
}

static void read_totals(struct cachedb *db)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_TOTAL);
    if (cachedb_step(db, stmt)) {
        db->now.entries = sqlite3_column_int64(stmt, 0);
        db->now.bytes = sqlite3_column_int64(stmt, 1);
        sqlite3_reset(stmt);
    } else {
        note(db, SQLITE_CORRUPT);
    }
    if (db->now.entries < 0 || db->now.bytes < 0)
        note(db, SQLITE_CORRUPT);
    db->written = db->now;
    db->next_num = cachedb_number(db, SQL_LAST) + 1;
}

/* What is wrong with the file, NULL for nothing; or there is a fault. */
static const char *look_in(struct cachedb *db)
{
    const char *was = enter_file(db) ? check_version(db) : NULL;
    if (!was && db->rc == SQLITE_OK) {
        prepare(db);
        read_totals(db);
        if (db->rc == SQLITE_OK && run_text(db, "COMMIT"))
            cachedb_bound_pages(db);
    }
    if (cachedb_is_damage(db->rc) || (db->rc & 0xff) == SQLITE_ERROR /* there is no such table */)
        return "was damaged";
    return was;
}

static enum error_code try_open(struct cachedb *db, const char *dir, const char **was, struct error *err)
{
    enum error_code code = make_file(dir, db->path, err);
    if (code != ERR_NONE)
        return code;
    int rc = sqlite3_open_v2(
        db->path, &db->sql,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW, NULL);
    bound(db, rc);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(db->sql, 1);
        database_distrust(db->sql);
        *was = look_in(db);
    }
    if (db->rc == SQLITE_OK && !*was)
        return ERR_NONE;
    cachedb_fault(db, err);
    return ERR_UNAVAILABLE;
}

enum error_code cachedb_open(const char *dir, int64_t size, struct cachedb **ret, const char **was, struct error *err)
{
    const char *wrong = NULL;
    for (int tries = 0; tries < 2; tries++) {
        struct cachedb *db = NEW(struct cachedb);
        db->path = xasprintf("%s/" CACHEDB_FILE, dir);
        set_bounds(db, size);
        wrong = NULL;
        if (try_open(db, dir, &wrong, err) == ERR_NONE) {
            *ret = db;
            return ERR_NONE;
        }
        if (!wrong || tries > 0) {
            cachedb_close(db);
            break;
        }
        *was = wrong;
        cachedb_discard(db);
    }
    return ERR_UNAVAILABLE;
}

struct cachedb *cachedb_close(struct cachedb *db)
{
    if (!db)
        return NULL;
    for (size_t i = 0; i < CACHEDB_STATEMENTS; i++)
        sqlite3_finalize(db->stmts[i]);
    sqlite3_close(db->sql);
    free(db->path);
    free(db);
    return NULL;
}

struct cachedb *cachedb_discard(struct cachedb *db)
{
    char *path = db->path;
    db->path = NULL;
    cachedb_close(db);
    remove_files(path);
    free(path);
    return NULL;
}
