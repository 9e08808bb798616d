/* The SQLite backend's handle: its file, its settings, transactions and jobs. sqlite_internal.h says where the rest is.
 */
#include "daemon/core/database.h"
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "askd.db"

/* The file */

static enum error_code check_file(int fd, const char *path, struct error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, ERR_UNAVAILABLE, "%s is not a regular file: move it away", path);
    if (st.st_uid != geteuid())
        return error_set(err, ERR_UNAVAILABLE, "%s belongs to uid %u, not to uid %u: move it away", path,
                         (unsigned)st.st_uid, (unsigned)geteuid());
    if ((st.st_mode & 077) && fchmod(fd, 0600) < 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "%s is open to others: chmod 600 it", path);
    return ERR_NONE;
}

/* Makes the file, since SQLite would make it with another mode and follow a link, and looks whose it is. Only before a
 * handle is open: closing any descriptor of a file drops the locks that this process has on it. */
static enum error_code make_file(int dirfd, const char *path, struct error *err)
{
    int fd = openat(dirfd, FILE_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

    if (fd < 0)
        return errno == ELOOP ? error_set(err, ERR_UNAVAILABLE, "%s is a link: move it away", path)
                              : error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot open %s", path);
    enum error_code code = check_file(fd, path, err);
    close(fd);
    return code;
}

static enum error_code look_at_place(const struct store_place *place, const char *path, bool make, bool *exclusive,
                                     struct error *err)
{
    enum error_code code = ERR_NONE;
    int dirfd = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dirfd < 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot open the state folder %s", place->dir);
    *exclusive =
        place->locking == STORE_LOCKING_AUTO ? fd_on_network(dirfd) : place->locking == STORE_LOCKING_EXCLUSIVE;
    if (make)
        code = make_file(dirfd, path, err);
    close(dirfd);
    return code;
}

/* The handle */

static struct store_db *sqlite_close(struct store_db *db)
{
    if (!db)
        return NULL;
    while (!LIST_EMPTY(&db->cursors))
        sqlite_cursor_free(LIST_FIRST(&db->cursors));
    sqlite_halves_forget(db);
    sqlite_ledger_forget(db);
    for (size_t i = 0; i < SQLITE_STATEMENTS; i++)
        sqlite3_finalize(db->cached[i].stmt);
    sqlite_tokenizer_close(db);
    sqlite3_close(db->sql);
    rows_free(db->rows);
    free(db->path);
    free(db);
    return NULL;
}

/* Each row that this handle changes; it is the only one that writes. */
static void on_change(void *data, int what, const char *database, const char *table, sqlite3_int64 num)
{
    struct store_db *db = data;
    (void)what, (void)database;

    if (strcmp(table, "message") == 0)
        rows_forget(db->rows, num);
}

static bool connect_file(struct store_db *db, bool exclusive)
{
    int rc = sqlite3_open_v2(db->path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                             NULL);

    if (rc != SQLITE_OK) {
        sqlite_note(db, rc);
        return false;
    }
    sqlite3_extended_result_codes(db->sql, 1);
    sqlite3_busy_timeout(db->sql, 200);
    sqlite3_update_hook(db->sql, on_change, db);
    database_distrust(db->sql);
    /* Idle memory counts: two handles with SQLite's own cache of 2 MB would be most of the daemon. */
    return sqlite_exec(db, "PRAGMA cache_size = -512; PRAGMA mmap_size = 0; PRAGMA temp_store = memory;"
                           "PRAGMA cell_size_check = on;") &&
           sqlite_tokenizer_open(db) && sqlite_facts_open(db) &&
           (!exclusive || sqlite_exec(db, "PRAGMA locking_mode = exclusive"));
}

static enum error_code enter_wal(struct store_db *db, struct error *err)
{
    struct query q = query(db, "PRAGMA journal_mode = wal");
    bool wal = query_next(&q) && strcmp(query_get_text(&q, 0), "wal") == 0;

    query_end(&q);
    if (db->fault != SQLITE_OK)
        return sqlite_fault(db, err);
    if (!wal)
        return error_set(err, ERR_UNAVAILABLE,
                         "the file system of %s has no shared memory: set locking = exclusive in [store]", db->path);
    if (!sqlite_exec(db, "PRAGMA synchronous = normal; PRAGMA journal_size_limit = 4194304"))
        return sqlite_fault(db, err);
    return ERR_NONE;
}

/* SQLite takes no limit below what the file has: it then grows no more, and lives on what is deleted. */
static bool limit_size(struct store_db *db, int64_t max_bytes)
{
    char text[64];
    int64_t page = 4096;
    struct query q = query(db, "PRAGMA page_size");

    db->max_bytes = max_bytes;
    if (max_bytes <= 0)
        return true;
    query_number(&q, &page);
    snprintf(text, sizeof(text), "PRAGMA max_page_count = %lld", (long long)(max_bytes > page ? max_bytes / page : 1));
    return sqlite_exec(db, text);
}

static enum error_code set_up(struct store_db *db, const struct store_place *place, bool exclusive, struct error *err)
{
    int version = 0;
    enum error_code code;

    if (!connect_file(db, exclusive))
        return sqlite_fault(db, err);
    if ((code = sqlite_check_version(db, &version, err)) != ERR_NONE) {
        sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return code;
    }
    /* Before the first table, or never. */
    if (version == 0 && !sqlite_exec(db, "PRAGMA auto_vacuum = incremental"))
        return sqlite_fault(db, err);
    if ((code = enter_wal(db, err)) != ERR_NONE || (code = sqlite_migrate(db, version, err)) != ERR_NONE)
        return code;
    /* The bound last: a database that has reached it must open. */
    return sqlite_recover(db, place) && limit_size(db, place->max_bytes) ? ERR_NONE : sqlite_fault(db, err);
}

static struct store_db *new_handle(const struct store_place *place)
{
    struct store_db *db = NEW(struct store_db);

    db->path = xasprintf("%s/" FILE_NAME, place->dir);
    db->rows = rows_new((size_t)place->path_memory);
    LIST_INIT(&db->cursors);
    LIST_INIT(&db->halves);
    return db;
}

static enum error_code sqlite_open(const struct store_place *place, struct store_db **ret, struct error *err)
{
    struct store_db *db = new_handle(place);
    bool exclusive = false;
    enum error_code code = look_at_place(place, db->path, true, &exclusive, err);

    if (code == ERR_NONE)
        code = set_up(db, place, exclusive, err);
    if (code != ERR_NONE)
        sqlite_close(db);
    else
        *ret = db;
    return code;
}

static enum error_code sqlite_open_reader(const struct store_place *place, struct store_db **ret, struct error *err)
{
    struct store_db *db = new_handle(place);
    bool exclusive = false;
    enum error_code code = look_at_place(place, db->path, false, &exclusive, err);

    if (code == ERR_NONE && exclusive)
        code = error_set(err, ERR_NOT_FOUND, "%s admits one handle alone", db->path);
    /* Open for writing, though it does not: a handle that cannot write cannot join a WAL in every case. */
    else if (code == ERR_NONE && !(connect_file(db, false) && sqlite_exec(db, "PRAGMA query_only = on")))
        code = sqlite_fault(db, err);
    if (code != ERR_NONE)
        sqlite_close(db);
    else
        *ret = db;
    return code;
}

/* Transactions and jobs */

static enum error_code run_alone(struct store_db *db, const char *text, struct error *err)
{
    db->fault = SQLITE_OK;
    struct query q = query(db, text);
    return query_run(&q) ? ERR_NONE : sqlite_fault(db, err);
}

static enum error_code sqlite_begin_transaction(struct store_db *db, struct error *err)
{
    return run_alone(db, "BEGIN IMMEDIATE", err);
}

static enum error_code sqlite_commit(struct store_db *db, struct error *err)
{
    return run_alone(db, "COMMIT", err);
}

static void sqlite_rollback(struct store_db *db)
{
    sqlite_ledger_forget(db);
    if (!sqlite3_get_autocommit(db->sql)) /* a full disk rolls back by itself */
        run_alone(db, "ROLLBACK", NULL);
}

static sqlite_job *const jobs[STORE_KINDS] = {
    [STORE_BEGIN] = sqlite_begin,     [STORE_RUNS] = sqlite_runs,
    [STORE_END] = sqlite_end,         [STORE_CREATE] = sqlite_create,
    [STORE_FORK] = sqlite_fork,       [STORE_RENAME] = sqlite_rename,
    [STORE_TITLE] = sqlite_title,     [STORE_PIN] = sqlite_pin,
    [STORE_TAG] = sqlite_tag,         [STORE_HEAD] = sqlite_head,
    [STORE_DELETE] = sqlite_delete,   [STORE_RESTORE] = sqlite_restore,
    [STORE_EXPIRE] = sqlite_expire,   [STORE_FIND] = sqlite_find,
    [STORE_PATH] = sqlite_path,       [STORE_LIST] = sqlite_list,
    [STORE_GET] = sqlite_get,         [STORE_ANSWER] = sqlite_answer,
    [STORE_ANSWERS] = sqlite_answers, [STORE_SPEEDS_SAVE] = sqlite_speeds_save,
    [STORE_SUMMARY] = sqlite_summary, [STORE_SPEEDS] = sqlite_speeds,
    [STORE_INDEX] = sqlite_index,     [STORE_SEARCH] = sqlite_search,
    [STORE_IMPORT] = sqlite_import,   [STORE_SPEND] = sqlite_spend,
    [STORE_USAGE] = sqlite_usage,     [STORE_SPENT] = sqlite_spent,
    [STORE_REPRICE] = sqlite_reprice,
};

/* A read sees one state of the database for the length of its slice; on the writer's handle maybe within a transaction
 * of the store's. */
static enum store_step run_read(struct store_db *db, struct store_job *job)
{
    bool mine = sqlite3_get_autocommit(db->sql) != 0;

    if (mine && !sqlite_exec(db, "BEGIN"))
        return STORE_STEP_DONE;
    enum store_step step = jobs[job->kind](db, job);
    if (mine) /* cannot fail, as a commit might after a fault: this handle would then read an old state for good */
        sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
    return step;
}

static enum store_step sqlite_run(struct store_db *db, struct store_job *job, int64_t until_us)
{
    enum store_step step = STORE_STEP_DONE;

    job->code = ERR_NONE;
    db->fault = SQLITE_OK;
    db->until_us = until_us;
    if (STORE_IS_READ(job->kind)) {
        step = run_read(db, job);
    } else if (sqlite3_get_autocommit(db->sql)) {
        job->code = error_set(&job->error, ERR_UNAVAILABLE, "the transaction was rolled back by an earlier fault");
    } else {
        step = jobs[job->kind](db, job);
    }
    if (db->fault != SQLITE_OK) {
        job->code = sqlite_fault(db, &job->error);
        step = STORE_STEP_DONE;
    }
    if (step == STORE_STEP_MORE) {
        sqlite_half_goes_on(db, job);
    } else { /* however it came to that */
        job->cursor = sqlite_cursor_free(job->cursor);
        sqlite_half_ends(db, job);
    }
    return step;
}

const struct store_backend store_sqlite = {
    .name = "sqlite",
    .stores = true,
    .indexes = true,
    .open = sqlite_open,
    .open_reader = sqlite_open_reader,
    .close = sqlite_close,
    .begin = sqlite_begin_transaction,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .run = sqlite_run,
    .give_up = sqlite_half_ends,
};
