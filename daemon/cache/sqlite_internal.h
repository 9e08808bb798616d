/* What the files of the SQLite tier share. sqlite.c is on the loop: it makes jobs, and tells what came of them. The
 * rest runs on the tier's one thread: sqlite_thread.c decides what is done next, and in which transaction;
 * sqlite_rows.c does what the jobs ask, in small steps; sqlite_room.c keeps the file within its bound; sqlite_db.c has
 * the handle: the file, statements, transactions.
 *
 * Faults. What SQLite does not manage is noted in the handle (`rc`, the first). Whatever is asked of the handle then
 * does nothing, and says that there is no row, so that only the thread has to look, after each step.
 *
 * Steps. Nothing here takes longer than a step, which reads or changes a few rows: between two steps the thread answers
 * the gets that have come meanwhile, within the transaction that is open. */
#ifndef ASKD_CACHE_SQLITE_INTERNAL_H
#define ASKD_CACHE_SQLITE_INTERNAL_H

#include "daemon/cache/keyset.h"
#include "daemon/cache/tier.h"
#include "daemon/core/worker.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/queue.h>

#define CACHEDB_FILE "cache.db"

enum {
    CACHEDB_VERSION = 1,            /* user_version; a file of another one is made anew */
    CACHEDB_PAGE = 4096,            /* bytes */
    CACHEDB_SIZE_MIN = 256 << 10,   /* of tier_options: below it there is no room for the tables */
    CACHEDB_TOUCHED = 512,          /* entries whose use is not written yet */
    CACHEDB_LIST_BYTES = 4 << 20,   /* of blobs in one page of a list, and at least one blob */
    CACHEDB_EXPIRED_MAX = 10000,    /* entries that one round of upkeep takes away */
    CACHEDB_PIECE_US = 10000,       /* a transaction ends after so long, */
    CACHEDB_PIECE_BYTES = 64 << 10, /* or so much was put, */
    CACHEDB_PIECE_STEPS = 16,       /* or so many steps */
};

/* How long and how much; tests choose their own. */
struct cachedb_pace {
    int64_t retry_ms;   /* what could not be opened or written is tried again */
    int64_t upkeep_ms;  /* between two rounds of upkeep: what was used is written, what has expired leaves */
    int64_t close_ms;   /* from close on, what waits is worked on for so long */
    size_t waiting_max; /* bytes of puts that wait; what comes beyond is lost */
};
extern const struct cachedb_pace cachedb_pace_usual;
struct tier *cachedb_tier_open(uv_loop_t *loop, const struct tier_options *opt, const struct cachedb_pace *pace,
                               struct error *err);

/* -- jobs -- */

enum cachedb_kind {
    CACHEDB_TICK, /* opens, or tries again, or begins a round of upkeep */
    CACHEDB_GET,
    CACHEDB_PUT,
    CACHEDB_CLEAR,
    CACHEDB_LIST,
};

/* name in the status */
#define CACHEDB_STATE_MAP(X)                                                                                           \
    X(CACHEDB_OPENING, "opening")                                                                                      \
    X(CACHEDB_OK, "ok")                                                                                                \
    X(CACHEDB_FAILING, "failing") /* what it has it tells, and takes no more */                                        \
    X(CACHEDB_OFF, "off")         /* there is no handle */
enum cachedb_state {
#define X(code, name) code,
    CACHEDB_STATE_MAP(X)
#undef X
};

/* How the thread stands when it gives a job back. */
struct cachedb_report {
    enum cachedb_state state;
    char why[256]; /* FAILING, OFF */
    int64_t entries, bytes;
    uint64_t evictions, failures;
    unsigned remade; /* how often the file was made anew, */
    const char *was; /* and what was wrong with it; static */
};

struct cachedb_get {
    char *scope;
    struct cache_key *keys;
    struct item_bytes *blobs; /* owned */
    size_t n;
    atomic_bool cancelled;
};

struct cachedb_put {
    struct cache_item *it; /* the loop's reference: the thread reads it alone */
    size_t charge;
    unsigned tries;
};

struct cachedb_clear {
    LIST_ENTRY(cachedb_clear) link; /* of those that wait, or are under way */
    char *scope, *model;            /* model: NULL for any */
    bool one;                       /* it names a key: */
    struct cache_key key;
    int64_t before_us;
    bool begun;
    int64_t at, last; /* row numbers: where it stands, and what it does not go beyond */
    int64_t removed;
    bool failed;
};

struct cachedb_list {
    char *scope, *after;
    uint32_t limit;
    bool begun;
    struct cache_key at;
    struct item_bytes *blobs; /* owned */
    size_t n, bytes;
    bool more; /* behind `at` */
};

struct cachedb_job {
    struct worker_item item;
    enum cachedb_kind kind;
    struct cachedb_report report;
    struct error error; /* of a clear or a list */
    union {
        struct keyset *keys; /* of a tick that opened the file: what is in it; owned. NULL: not known */
        struct cachedb_get get;
        struct cachedb_put put;
        struct cachedb_clear clear;
        struct cachedb_list list;
    };
    union {
        void (*got)(void *data, const struct item_bytes *blobs, size_t n);
        void (*cleared)(void *data, int64_t removed, const struct error *err);
        void (*listed)(void *data, const struct item_bytes *blobs, size_t n, const char *after,
                       const struct error *err);
    };
    void *data;
};
LIST_HEAD(cachedb_clears, cachedb_clear);

/* -- the thread -- */

struct cachedb_shared {
    char *dir;
    int64_t size;
    atomic_int_least64_t close_us; /* monotonic, when what waits is dropped; 0: it does not close */
};

void cachedb_thread(struct cachedb_shared *s, struct worker *w);

/* -- the handle -- */

/* name, text */
#define CACHEDB_STATEMENT_MAP(X)                                                                                       \
    X(SQL_BEGIN, "BEGIN IMMEDIATE")                                                                                    \
    X(SQL_COMMIT, "COMMIT")                                                                                            \
    X(SQL_PAGES, "PRAGMA page_count")                                                                                  \
    X(SQL_FREE, "PRAGMA freelist_count")                                                                               \
    X(SQL_VACUUM, "PRAGMA incremental_vacuum(8)")                                                                      \
    X(SQL_TOTAL, "SELECT entries, bytes FROM total")                                                                   \
    X(SQL_SET_TOTAL, "UPDATE total SET entries = ?, bytes = ?")                                                        \
    X(SQL_LAST, "SELECT max(num) FROM entry")                                                                          \
    X(SQL_KEYS, "SELECT key FROM entry")                                                                               \
    X(SQL_FIND, "SELECT " CACHEDB_COLUMNS " FROM entry WHERE scope = ? AND key = ?")                                   \
    X(SQL_NEXT, "SELECT " CACHEDB_COLUMNS " FROM entry WHERE num > ? AND num <= ? ORDER BY num LIMIT 1")               \
    X(SQL_PAGE, "SELECT " CACHEDB_COLUMNS " FROM entry WHERE scope = ? AND key > ? ORDER BY key LIMIT 1")              \
    X(SQL_EXPIRED, "SELECT " CACHEDB_COLUMNS " FROM entry WHERE expires <= ? ORDER BY expires LIMIT 1")                \
    X(SQL_UNUSED, "SELECT " CACHEDB_COLUMNS " FROM entry ORDER BY used LIMIT 1")                                       \
    X(SQL_USE, "UPDATE entry SET used = ? WHERE num = ?")                                                              \
    X(SQL_BLOB, "SELECT data FROM blob WHERE num = ?")                                                                 \
    X(SQL_ADD, "INSERT INTO entry(num, scope, key, kind, provider, model, created, expires, used, bytes)"              \
               " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                                \
    X(SQL_ADD_BLOB, "INSERT INTO blob(num, data) VALUES(?, ?)")                                                        \
    X(SQL_DELETE, "DELETE FROM entry WHERE num = ?")                                                                   \
    X(SQL_DELETE_BLOB, "DELETE FROM blob WHERE num = ?")
#define CACHEDB_COLUMNS "num, scope, key, provider, model, created, expires, bytes"
enum cachedb_statement {
#define X(name, text) name,
    CACHEDB_STATEMENT_MAP(X)
#undef X
        CACHEDB_STATEMENTS
};

struct cachedb_totals {
    int64_t entries, bytes;
    uint64_t evictions;
};

struct cachedb {
    sqlite3 *sql;
    char *path;
    sqlite3_stmt *stmts[CACHEDB_STATEMENTS];
    int rc; /* the fault; SQLITE_OK for none */
    int sys_errno;
    int64_t max_pages;             /* of the database */
    int64_t journal_pages;         /* of its journal */
    struct cachedb_totals now;     /* with what the open transaction has done */
    struct cachedb_totals written; /* without */
    bool in_piece;
    int64_t dirty;    /* pages that the transaction may have to journal, at most about */
    int64_t next_num; /* of an entry; none is ever given again to another */
    struct cachedb_use {
        int64_t num, used_us;
    } touched[CACHEDB_TOUCHED];
    size_t n_touched;
};

/* Opens the file, or makes it. One that is damaged or of another version is removed first; *was then says so, else it
 * stays. ERR_UNAVAILABLE: no handle. */
enum error_code cachedb_open(const char *dir, int64_t size, struct cachedb **ret, const char **was, struct error *err);
/* Removes a file whose damage showed later; the handle is gone then. */
struct cachedb *cachedb_discard(struct cachedb *db);
struct cachedb *cachedb_close(struct cachedb *db); /* NULL is fine; always returns NULL */

bool cachedb_bound_pages(struct cachedb *db); /* as low as the file lets it be */
bool cachedb_begin(struct cachedb *db);
bool cachedb_commit(struct cachedb *db);   /* with the totals */
bool cachedb_rollback(struct cachedb *db); /* also forgets the fault; false where that fails too */
bool cachedb_is_damage(int rc);
bool cachedb_is_full(const struct cachedb *db);      /* the fault: the bound, the disk, a quota or a limit */
bool cachedb_disk_is_full(const struct cachedb *db); /* of such a fault: not the bound */
void cachedb_fault(const struct cachedb *db, struct error *err); /* as a sentence */

/* A statement, ready to be bound; NULL after a fault, which the functions below take. */
sqlite3_stmt *cachedb_statement(struct cachedb *db, enum cachedb_statement which);
bool cachedb_step(struct cachedb *db, sqlite3_stmt *stmt); /* there is a row; without one it is reset */
bool cachedb_run(struct cachedb *db, sqlite3_stmt *stmt);  /* without rows; false after a fault */
void cachedb_bind_int(struct cachedb *db, sqlite3_stmt *stmt, int at, int64_t v);
void cachedb_bind_text(struct cachedb *db, sqlite3_stmt *stmt, int at, const char *s); /* borrowed until it is done */
void cachedb_bind_blob(struct cachedb *db, sqlite3_stmt *stmt, int at, const void *data, size_t len); /* likewise */
int64_t cachedb_number(struct cachedb *db, enum cachedb_statement which); /* without parameters; 0 for NULL */

/* -- rows -- */

/* An entry without its blob. Strings are SQLite's, until the statement is reset. */
struct cachedb_row {
    sqlite3_stmt *stmt; /* NULL: there is none */
    int64_t num, created_us, expires_us, bytes;
    const char *scope, *provider, *model;
    const struct cache_key *key;
};
struct cachedb_row cachedb_row(struct cachedb *db, sqlite3_stmt *stmt); /* steps it */
void cachedb_row_end(struct cachedb_row *row);
void cachedb_row_leave(struct cachedb *db, struct cachedb_row *row); /* it is deleted */
int64_t cachedb_pages_of(int64_t bytes);                             /* that a blob has, about */

/* The keys of all entries; NULL where there are more than KEYSET_MAX, or after a fault. */
struct keyset *cachedb_keys(struct cachedb *db);
/* hidden: what they will take away is told no more. */
void cachedb_get(struct cachedb *db, struct cachedb_get *get, const struct cachedb_clears *hidden);
bool cachedb_remove_old(struct cachedb *db, const struct cache_item *it); /* of the same key; false: there was none */
void cachedb_put(struct cachedb *db, const struct cache_item *it);        /* then, and where there is room */
/* One step; true: there is more to do. */
bool cachedb_clear(struct cachedb *db, struct cachedb_clear *c);
bool cachedb_list(struct cachedb *db, struct cachedb_list *l, struct error *err);
void cachedb_blobs_free(struct item_bytes *blobs, size_t n);

/* -- room -- */

bool cachedb_fits(const struct cachedb *db, size_t bytes); /* an entry that is not too large for the bound */
/* An entry of so many bytes can be put. tries: how often that was said and was wrong. */
bool cachedb_has_room(struct cachedb *db, size_t bytes, unsigned tries);
/* One step each; false: there was nothing to do. */
bool cachedb_evict(struct cachedb *db);  /* what has expired, else what was not used for longest */
bool cachedb_expire(struct cachedb *db); /* what has expired */
bool cachedb_write_use(struct cachedb *db);
bool cachedb_shrink(struct cachedb *db); /* a file over its bound, or mostly empty */
void cachedb_touch(struct cachedb *db, int64_t num);

#endif
