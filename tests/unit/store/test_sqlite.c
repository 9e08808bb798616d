/* What is SQLite's own: the file, versions, bounds, locking, query plans. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/fd.h"
#include "tests/unit/store/ledger_jobs.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void path_in(const struct fixture *f, char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", f->dir, name);
}

/* A look at the file with SQLite alone. */
static int64_t number(const struct fixture *f, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    path_in(f, path, "askd.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static uint8_t *read_whole(const char *path, size_t *len)
{
    struct buf b;
    struct error err;

    buf_init(&b, 1 << 26);
    assert_int_equal(fd_read_file(path, false, &b, &err), ERR_NONE);
    return buf_take(&b, len);
}

/* Opening fails with a sentence that holds `says`, and the file is as it was. */
static void refuses(struct fixture *f, const char *says)
{
    char path[128];
    size_t len[2];
    struct store_db *db = NULL;

    path_in(f, path, "askd.db");
    uint8_t *before = read_whole(path, &len[0]);
    assert_int_equal(f->variant->backend->open(&f->place, &db, &f->err), ERR_UNAVAILABLE);
    assert_null(db);
    if (!strstr(f->err.message, says))
        fail_msg("%s", f->err.message);
    uint8_t *after = read_whole(path, &len[1]);
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(before, after, len[0]);
    free(before);
    free(after);
}

static void the_file_is_ours_alone(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"askd.db", "askd.db-wal", "askd.db-shm"};
    char path[128];
    struct stat st;

    for (size_t i = 0; i < 3; i++) {
        path_in(f, path, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    assert_non_null(f->reader);
    assert_int_equal(number(f, "PRAGMA user_version"), sqlite_version());
    close_db(f);

    path_in(f, path, "askd.db");
    assert_int_equal(chmod(path, 0644), 0);
    open_db(f);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    close_db(f);

    char elsewhere[128];
    path_in(f, elsewhere, "other.db");
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink("other.db", path), 0);
    refuses(f, "is a link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(f->variant->backend->open(&f->place, &f->db, &f->err), ERR_UNAVAILABLE);
    f->place.dir = "/nonexistent";
    assert_int_equal(f->variant->backend->open(&f->place, &f->db, &f->err), ERR_UNAVAILABLE);
}

static void a_newer_version_is_refused(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    close_db(f);
    number(f, "PRAGMA user_version = 1000");
    refuses(f, "was written by a newer askd");
    number(f, "PRAGMA user_version = -1");
    refuses(f, "not a database of askd");
    number(f, "PRAGMA user_version = 0"); /* tables of somebody else's */
    refuses(f, "not a database of askd");
}

/* A database of version 1 is one of ours without what came later. */
static void an_older_version_is_migrated(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, rename_of("c", "named")), ERR_NONE);
    assert_int_equal(
        sqlite3_exec(f->db->sql,
                     "DROP TABLE speed; DROP TABLE search; DROP TABLE search_title; DROP TABLE search_due;"
                     "DROP TABLE search_due_title; DROP TABLE search_mark; DROP TABLE search_facts;"
                     "DROP TABLE attached; DROP TABLE attachment_data;"
                     "DROP TABLE attachment;"
                     " DROP TABLE origin;"
                     "DROP TABLE ledger; DROP TABLE ledger_hour; DROP TABLE ledger_day; DROP TABLE ledger_text;",
                     NULL, NULL, NULL),
        SQLITE_OK);
    close_db(f);
    number(f, "ALTER TABLE message DROP COLUMN summary");
    number(f, "DROP INDEX conversation_pinned");
    number(f, "DROP INDEX conversation_trash");
    number(f, "DROP INDEX conversation_deleted");
    number(f, "ALTER TABLE conversation DROP COLUMN titled");
    number(f, "ALTER TABLE conversation DROP COLUMN pinned");
    number(f, "ALTER TABLE conversation DROP COLUMN deleted");
    number(f, "ALTER TABLE conversation DROP COLUMN host");
    number(f, "DROP TABLE place");
    number(f, "CREATE TABLE place("
              "  conversation INTEGER NOT NULL, directory TEXT NOT NULL, terminal TEXT NOT NULL, uid INTEGER NOT NULL,"
              "  used INTEGER NOT NULL, PRIMARY KEY(conversation, directory, terminal)) WITHOUT ROWID");
    number(f, "INSERT INTO place VALUES(1, '/home', 'tty', 0, 7)");
    number(f, "CREATE INDEX place_directory ON place(uid, directory, used)");
    number(f, "PRAGMA user_version = 1");
    open_db(f);
    assert_int_equal(number(f, "PRAGMA user_version"), sqlite_version());
    assert_path(f, path_of("c", ""), "qa question|ra reply");
    assert_int_equal(number(f, "SELECT count(*) FROM place WHERE directory = '/home' AND terminal = 'tty'"
                               " AND host = '' AND used = 7"),
                     1);
    assert_int_equal(does(f, add_speed(job(STORE_SPEEDS_SAVE), "m", 10, 1)), ERR_NONE);
    assert_speeds(f, "m 10.0/1");
    assert_found(f, search_of("reply"), "");
    index_all(f);
    assert_found(f, search_of("reply"), "ra");
    assert_found(f, search_of("named"), "c");
    assert_int_equal(number(f, "SELECT count(*) FROM search_facts"), 1);
    spend(f, make_row(1, 0, "m", 7));
    assert_usage(f, usage_of(0, DAY, "model"), "m: 1/1 7 USD");
}

static void an_empty_file_becomes_one(void **state)
{
    struct fixture *f = *state;
    char path[128];

    close_db(f);
    path_in(f, path, "askd.db");
    assert_int_equal(truncate(path, 0), 0);
    open_db(f);
    turn(f, "a", 1, "c", true, "");
    assert_path(f, path_of("c", ""), "qa question|ra reply");
}

static void overwrite(const struct fixture *f, off_t at, size_t len)
{
    char path[128], junk[4096];

    path_in(f, path, "askd.db");
    memset(junk, 0x5a, sizeof(junk));
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, junk, len, at), len);
    close(fd);
}

static void a_damaged_file_is_refused(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    close_db(f);
    overwrite(f, 0, 100);
    refuses(f, "the database is damaged: move /tmp");
}

/* Damage behind the first page shows when it is met; it is an error of that job alone. */
static void damage_is_told(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    close_db(f);
    int64_t root = number(f, "SELECT rootpage FROM sqlite_schema WHERE name = 'message'");
    overwrite(f, (root - 1) * 4096, 4096);
    open_db(f);
    struct store_job *j = path_of("c", "");
    assert_int_equal(run(f, j), ERR_UNAVAILABLE);
    assert_non_null(strstr(j->error.message, "the database is damaged"));
    store_job_free(j);
    assert_list(f, list_of(9), "c");
}

static struct store_job *large_begin(int i)
{
    char name[16];
    struct store_job *j;

    snprintf(name, sizeof(name), "c%d", i);
    j = begin(name, i, name, true, "");
    free(j->begin.messages->text.data);
    j->begin.messages->text = (struct store_bytes){xcalloc(1, 100000), 100000};
    memset(j->begin.messages->text.data, 'x', 100000);
    return j;
}

static void the_size_is_bounded(void **state)
{
    struct fixture *f = *state;
    int i = 0;
    enum error_code code;

    close_db(f);
    f->place.max_bytes = 8 << 20;
    open_db(f);
    do {
        struct store_job *j = large_begin(i);
        code = run(f, j);
        if (code != ERR_NONE) {
            assert_int_equal(code, ERR_UNAVAILABLE);
            assert_non_null(strstr(j->error.message, "has reached max_size (8388608 bytes)"));
        }
        store_job_free(j);
    } while (code == ERR_NONE && ++i < 1000);
    assert_in_range(i, 60, 85);
    assert_int_equal(f->variant->backend->begin(f->db, &f->err), ERR_NONE); /* the handle is as good as before */
    f->variant->backend->rollback(f->db);

    /* A file that is over a smaller bound is read, and lives on what is deleted. */
    f->place.max_bytes = 1 << 20;
    reopen(f);
    assert_int_equal(does(f, large_begin(i)), ERR_UNAVAILABLE);
    assert_int_equal(does(f, delete_of("c0")), ERR_NONE);
    assert_int_equal(does(f, delete_of("c1")), ERR_NONE);
    assert_int_equal(does(f, expire(0, 9999, 0)), ERR_NONE);
    assert_int_equal(does(f, large_begin(i)), ERR_NONE);
}

/* A write that the system refuses spoils its transaction, and nothing else. */
static void a_fault_of_the_medium(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, small;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 200000;
    signal(SIGXFSZ, SIG_IGN);
    struct store_job *j;
    enum error_code code;
    int i = 0;
    do {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        j = large_begin(i);
        code = run(f, j);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        if (code != ERR_NONE)
            break;
        store_job_free(j);
    } while (++i < 10);
    assert_int_equal(code, ERR_UNAVAILABLE);
    assert_non_null(strstr(j->error.message, "cannot read or write /tmp"));
    assert_path(f, path_of("c", ""), "qa question|ra reply");
    assert_int_equal(does(f, j), ERR_NONE); /* the same again */
    reopen(f);
    assert_path(f, path_of("c", ""), "qa question|ra reply");
}

/* In a process of its own, which dies between two writes of a transaction. */
static void die_writing(struct fixture *f)
{
    struct store_job *lost = runs("a", 2, " and more");

    open_db(f);
    does(f, begin("a", 1, "c", true, ""));
    does(f, runs("a", 1, "what was told"));
    f->variant->backend->begin(f->db, &f->err);
    f->variant->backend->run(f->db, lost, INT64_MAX);
    kill(getpid(), SIGKILL);
}

static void killed_in_the_midst(void **state)
{
    struct fixture *f = *state;
    int status = 0;

    close_db(f);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        die_writing(f);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    open_db(f);
    assert_path(f, path_of("c", ""), "qa question|ra what was told");
}

static void room_is_given_back(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 80; i++)
        assert_int_equal(does(f, large_begin(i)), ERR_NONE);
    int64_t before = number(f, "PRAGMA page_count");
    assert_int_equal(does(f, expire(0, 9999, 1000)), ERR_NONE);
    assert_in_range(number(f, "PRAGMA page_count"), 1, before * 3 / 4);
    assert_list(f, list_of(9), "");
}

/* Events of an answer whose beginning could not be stored do not pile up. */
static void events_of_nothing_leave(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, runs("lost", 1, "event")), ERR_NONE);
    assert_int_equal(does(f, begin("a", 1, NULL, false, "")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 1, "event")), ERR_NONE);
    assert_int_equal(number(f, "SELECT count(*) FROM run"), 2);
    assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
    assert_int_equal(number(f, "SELECT count(*) FROM run"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM log"), 1);
}

/* Of an entry of an archive: a question, and two replies to it. */
static struct store_job *import_of(const char *conversation)
{
    struct store_job *j = job(STORE_IMPORT);
    struct store_import *i = &j->import;

    set_id(i->conversation, conversation);
    i->uid = ME;
    i->created_us = i->updated_us = T0;
    i->source = xasprintf("there %s", conversation);
    i->n_messages = 3;
    i->messages = xcalloc(i->n_messages, sizeof(*i->messages));
    for (size_t k = 0; k < i->n_messages; k++) {
        i->messages[k].message = (struct store_message){.role = k ? ROLE_ASSISTANT : ROLE_USER, .text = bytes("said")};
        i->messages[k].parent = k ? 0 : SIZE_MAX;
        strcpy(i->messages[k].state, "done");
    }
    return j;
}

static struct store_job *half_of_an_import(struct fixture *f, const char *conversation)
{
    const struct store_backend *b = f->variant->backend;
    struct store_job *j = import_of(conversation);

    assert_int_equal(b->begin(f->db, &f->err), ERR_NONE);
    assert_int_equal(b->run(f->db, j, 0), STORE_STEP_MORE);
    assert_int_equal(b->commit(f->db, &f->err), ERR_NONE);
    return j;
}

static void given_up(struct fixture *f, struct store_job *j)
{
    f->variant->backend->give_up(f->db, j);
    store_job_free(j);
}

static bool is_known(struct fixture *f, const char *conversation)
{
    struct store_job *j = import_of(conversation);

    assert_int_equal(run(f, j), ERR_NONE);
    assert_true(is_id(j->import.conversation, conversation));
    bool known = j->import.known;
    store_job_free(j);
    return known;
}

static void half_an_import_is_taken_back(void **state)
{
    struct fixture *f = *state;
    struct store_job *j = half_of_an_import(f, "c");

    assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
    assert_true(is_known(f, "c")); /* by this one, which goes on */
    assert_int_equal(run(f, j), ERR_NONE);
    store_job_free(j);
    assert_list(f, list_of(9), "c");

    given_up(f, half_of_an_import(f, "d"));
    assert_false(is_known(f, "d"));
    assert_list(f, list_of(9), "d c");
    assert_true(is_known(f, "d"));

    /* Though nobody comes again with it. */
    given_up(f, half_of_an_import(f, "e"));
    assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
    assert_int_equal(number(f, "SELECT count(*) FROM conversation"), 2);
    assert_int_equal(number(f, "SELECT count(*) FROM message"), 6);
    assert_int_equal(number(f, "SELECT count(*) FROM origin"), 2);
}

static void one_handle_alone(void **state)
{
    struct fixture *f = *state;
    struct store_db *second = NULL;

    close_db(f);
    f->place.locking = STORE_LOCKING_EXCLUSIVE;
    open_db(f);
    assert_null(f->reader);
    assert_int_equal(f->err.code, ERR_NOT_FOUND);
    turn(f, "a", 1, "c", true, "");
    assert_path(f, path_of("c", ""), "qa question|ra reply");
    assert_int_equal(f->variant->backend->open(&f->place, &second, &f->err), ERR_UNAVAILABLE);
    assert_non_null(strstr(f->err.message, "held by another program"));
    /* Reads between two slices of another's, on the handle that writes. */
    assert_int_equal(f->variant->backend->begin(f->db, &f->err), ERR_NONE);
    assert_path(f, path_of("c", ""), "qa question|ra reply");
    assert_int_equal(f->variant->backend->commit(f->db, &f->err), ERR_NONE);
    reopen(f);
    assert_list(f, list_of(9), "c");
}

/* Each statement that was prepared finds its rows by an index, in the order in which they are wanted. What may scan:
 * what has neither a condition nor an order, the search for logs without an answer, of which retain_max bounds the
 * number, what waits for the index, which is little, and the index itself, which finds words in its own way. */
static void check_plan(sqlite3 *sql, sqlite3_stmt *stmt)
{
    sqlite3_stmt *plan = NULL;
    char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(stmt));

    assert_int_equal(sqlite3_prepare_v2(sql, text, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        bool scan = strncmp(step, "SCAN ", 5) == 0 && strcmp(step, "SCAN path") != 0 &&
                    strncmp(step, "SCAN log", 8) != 0 && strcmp(step, "SCAN CONSTANT ROW") != 0 &&
                    strcmp(step, "SCAN d") != 0 && strcmp(step, "SCAN search_due_title") != 0 &&
                    !strstr(step, " VIRTUAL TABLE INDEX ");
        if (scan || strstr(step, "TEMP B-TREE"))
            fail_msg("%s: %s", step, text);
    }
    sqlite3_finalize(plan);
    sqlite3_free(text);
}

static unsigned check_plans(const struct store_db *db)
{
    unsigned n = 0;

    for (size_t i = 0; i < SQLITE_STATEMENTS; i++)
        if (db->cached[i].stmt) {
            n++;
            assert_false(sqlite3_stmt_busy(db->cached[i].stmt)); /* nothing holds an old state of the database */
            if (strncmp(db->cached[i].text, "PRAGMA", 6) != 0 && !strstr(db->cached[i].text, "sqlite_schema"))
                check_plan(db->sql, db->cached[i].stmt);
        }
    return n;
}

static bool dearer(void *data, const struct ledger_row *row, int64_t *nano, char currency[8], char **price)
{
    (void)data;
    *nano = row->cost_nano + 1;
    strcpy(currency, "EUR");
    *price = NULL;
    return true;
}

static struct store_job *dearer_of(void)
{
    struct store_job *j = job(STORE_REPRICE);

    j->reprice.everybody = true;
    j->reprice.price = dearer;
    return j;
}

static void one_of_the_ledger(struct fixture *f)
{
    struct store_job *j = job(STORE_EXPIRE);

    spend(f, make_row(1, 0, "m", 7));
    spend(f, make_row(1, 2 * HOUR, "m", 7));
    assert_int_equal(does(f, usage_of(1, 90 * MINUTE, "day model")), ERR_NONE);
    assert_int_equal(does(f, job(STORE_SPENT)), ERR_NONE);
    assert_int_equal(does(f, dearer_of()), ERR_NONE);
    assert_int_equal(does(f, usage_of(-DAY, 3 * DAY, "day model")), ERR_NONE);
    j->expire.answers_max = INT64_MAX;
    j->expire.ledger_before_us = D0 + HOUR;
    j->expire.now_us = D0 + DAY;
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, usage_of(-DAY, 3 * DAY, "day model")), ERR_NONE);
}

static void one_of_each(struct fixture *f)
{
    struct store_job *j = job(STORE_CREATE);

    set_id(j->create.conversation, "made");
    add_message(&j->create.messages, &j->create.n_messages, "m1", ROLE_USER, "one");
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, at_place(begin("a", 1, "c", true, ""), "/x", "t")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 1, "event")), ERR_NONE);
    assert_int_equal(does(f, end("a", 2, "c", "done", "reply")), ERR_NONE);
    assert_int_equal(does(f, fork_of("c", "ra", "n")), ERR_NONE);
    assert_int_equal(does(f, rename_of("n", "t")), ERR_NONE);
    j = path_of("", "");
    j->path.directory = xstrdup("/x");
    j->path.terminal = xstrdup("other");
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, get_of("c", "")), ERR_NONE);
    assert_int_equal(does(f, get_of("c", "ra")), ERR_NONE);
    j = list_of(50);
    set_id(j->list.before, "c");
    j->list.directory = xstrdup("/x");
    assert_int_equal(does(f, j), ERR_NONE);
    j = list_of(50);
    j->list.pinned = STORE_PINNED;
    assert_int_equal(does(f, j), ERR_NONE);
    j = list_of(50);
    j->list.deleted = true;
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, to_message(STORE_PATH_REGENERATE, "c", "ra")), ERR_NONE);
    assert_int_equal(does(f, find_of("c")), ERR_NONE);
    assert_int_equal(does(f, answer_of("a")), ERR_NONE);
    assert_int_equal(does(f, answers("done")), ERR_NONE);
    assert_int_equal(does(f, title_of("c", "t")), ERR_NONE);
    assert_int_equal(does(f, pin_of("c", true)), ERR_NONE);
    assert_int_equal(does(f, pin_of("c", false)), ERR_NONE);
    assert_int_equal(does(f, tag_of("c", "x", "y")), ERR_NONE);
    assert_int_equal(does(f, head_of("c", "qa")), ERR_NONE);
    index_all(f);
    j = search_of("reply t");
    j->search.directory = xstrdup("/x");
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, search_of("reply")), ERR_NONE);
    assert_int_equal(does(f, delete_of("n")), ERR_NONE);
    assert_int_equal(does(f, restore_of("n")), ERR_NONE);
    j = delete_of("n");
    j->delete.purge = true;
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, expire(9, 0, 9)), ERR_NONE);
    number(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
              " INSERT INTO speed SELECT 'openai', i, 1, 1, i FROM n");
    assert_int_equal(does(f, add_speed(job(STORE_SPEEDS_SAVE), "m", 10, 1)), ERR_NONE);
    assert_int_equal(does(f, job(STORE_SPEEDS)), ERR_NONE);
    one_of_the_ledger(f);
}

/* However often a row is given another cost: the first one stays, beside the last. */
static void the_first_cost_stays(void **state)
{
    struct fixture *f = *state;

    spend(f, make_row(1, 0, "m", 7));
    assert_int_equal(does(f, dearer_of()), ERR_NONE);
    assert_int_equal(does(f, dearer_of()), ERR_NONE);
    assert_int_equal(number(f, "SELECT cost FROM ledger"), 7);
    assert_int_equal(number(f, "SELECT text = 'USD' FROM ledger JOIN ledger_text ON num = currency"), 1);
    assert_int_equal(number(f, "SELECT text LIKE 'input 1,%' FROM ledger JOIN ledger_text ON num = price"), 1);
    assert_int_equal(number(f, "SELECT new_cost FROM ledger"), 9);
    assert_int_equal(number(f, "SELECT count(*) FROM ledger_hour"), 1);
    assert_usage(f, usage_of(0, DAY, "model"), "m: 1/1 9 EUR");
}

static void plans_use_an_index(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("k", 1, "k", true, "")), ERR_NONE);
    reopen(f); /* what ends it has its statements too */
    one_of_each(f);
    assert_in_range(check_plans(f->db), 30, SQLITE_STATEMENTS / 2);
    assert_in_range(check_plans(f->reader), 10, SQLITE_STATEMENTS / 2);
}

/* 10,000 conversations of two messages, made by SQLite itself. */
static void many_conversations(void **state)
{
    struct fixture *f = *state;

    number(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
              " INSERT INTO conversation(num, id, uid, state, created, updated, messages, head)"
              " SELECT i, printf('%05d', i), 1000 + i % 2, 0, i, i, 2, 2 * i FROM n");
    number(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
              " INSERT INTO message(num, id, conversation, parent, role, state, created, text)"
              " SELECT i, printf('m%05d', i), (i + 1) / 2, nullif(i - 1, i / 2 * 2), 'user', 'done', i, 'x' FROM n");
    assert_list(f, list_of(3), "10000 09998 09996");
    struct store_job *j = list_of(20000);
    j->list.uid = OTHER;
    j->out.max = 1 << 24;
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->n_out, 5000);
    store_job_free(j);
    one_of_each(f); /* the last of which takes all the old ones away */
    check_plans(f->db);
    check_plans(f->reader);
    assert_list(f, list_of(9), "");
    assert_int_equal(number(f, "SELECT count(*) FROM message"), 0);
}

/* A path of 40,000 messages, each slice of which ends as soon as it can: others have their turn, and do not change it.
 */
static void a_long_path(void **state)
{
    enum { LEN = 40000 };
    struct fixture *f = *state;
    const struct store_backend *b = f->variant->backend;
    struct store_job *j = path_of("c", "");
    int slices = 1;

    turn(f, "a", 1, "c", true, "");
    number(f, "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
              " INSERT INTO message(num, id, conversation, parent, role, state, created, text)"
              " SELECT i, printf('m%035d', i), 1, i - 1, 'user', 'done', i, 'x' FROM n");
    number(f, "UPDATE conversation SET head = 40000");
    j->out.max = 1 << 24;
    assert_int_equal(b->run(f->db, j, 0), STORE_STEP_MORE);
    turn(f, "b", 3, "c", false, "ra");
    for (; b->run(f->db, j, 0) == STORE_STEP_MORE; slices++)
        assert_int_equal(j->code, ERR_NONE);
    assert_int_equal(j->code, ERR_NONE);
    assert_in_range(slices, LEN - 2, LEN);
    assert_int_equal(j->path.n_said, LEN);
    assert_true(is_id(j->path.said[0].id, "qa") && is_id(j->path.said[1].id, "ra"));
    assert_int_equal(j->path.said[LEN - 1].created_us, LEN);
    assert_string_equal(j->path.parent, j->path.said[LEN - 1].id);
    for (size_t i = 1; i < LEN; i++)
        assert_int_equal(j->path.said[i].message.n_parts, 1);
    store_job_free(j);
    j = path_of("c", "");
    j->out.max = 1 << 24;
    assert_path(f, j, "qa question|ra reply|qb question|rb reply");
    j = path_of("c", "m00000000000000000000000000000040000");
    refused(f, j, ERR_TOO_LARGE, ""); /* already in its list */
}

/* What a path says comes from memory the second time, unless it was written to since: by us, or by another program. */
static void a_path_read_again(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    assert_path(f, path_of("c", ""), "qa question|ra reply");
    assert_non_null(rows_find(f->db->rows, 1));
    assert_non_null(rows_find(f->db->rows, 2));
    assert_path(f, path_of("c", ""), "qa question|ra reply");
    assert_true(sqlite_exec(f->db, "UPDATE message SET text = 'second' WHERE num = 2"));
    assert_non_null(rows_find(f->db->rows, 1));
    assert_null(rows_find(f->db->rows, 2));
    assert_path(f, path_of("c", ""), "qa question|ra second");
    number(f, "UPDATE message SET text = 'third' WHERE num = 2");
    assert_path(f, path_of("c", ""), "qa question|ra third");
    assert_true(sqlite_exec(f->db, "DELETE FROM message WHERE num = 1"));
    refused(f, path_of("c", ""), ERR_NOT_FOUND, "conversation");
}

/* What is written and not committed may be rolled back. */
static void a_path_within_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(f->variant->backend->begin(f->db, &err), ERR_NONE);
    assert_true(sqlite_exec(f->db, "UPDATE message SET text = 'second' WHERE num = 2"));
    assert_path(f, path_of("c", ""), "qa question|ra second");
    assert_null(rows_find(f->db->rows, 2));
    f->variant->backend->rollback(f->db);
    assert_path(f, path_of("c", ""), "qa question|ra reply");
}

static int deny_transactions(void *data, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)data, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_TRANSACTION ? SQLITE_DENY : SQLITE_OK;
}

/* Whatever ends a read, its place goes with it. */
static void a_read_that_cannot_go_on(void **state)
{
    struct fixture *f = *state;
    const struct store_backend *b = f->variant->backend;
    struct store_job *jobs[] = {path_of("c", ""), get_of("c", "")};

    turn(f, "a", 1, "c", true, "");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(b->run(f->db, jobs[i], 0), STORE_STEP_MORE);
        assert_false(LIST_EMPTY(&f->db->cursors));
        sqlite3_set_authorizer(f->db->sql, deny_transactions, NULL);
        assert_int_equal(b->run(f->db, jobs[i], 0), STORE_STEP_DONE);
        sqlite3_set_authorizer(f->db->sql, NULL, NULL);
        assert_int_equal(jobs[i]->code, ERR_UNAVAILABLE);
        assert_true(LIST_EMPTY(&f->db->cursors));
        assert_null(jobs[i]->cursor);
        store_job_free(jobs[i]);
    }
}

int main(void)
{
    static struct variant whole = {&store_sqlite, false};
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, &whole}
        T(the_file_is_ours_alone),       T(a_newer_version_is_refused), T(an_older_version_is_migrated),
        T(an_empty_file_becomes_one),    T(a_damaged_file_is_refused),  T(damage_is_told),
        T(the_size_is_bounded),          T(a_fault_of_the_medium),      T(killed_in_the_midst),
        T(room_is_given_back),           T(events_of_nothing_leave),    T(one_handle_alone),
        T(plans_use_an_index),           T(many_conversations),         T(a_long_path),
        T(a_read_that_cannot_go_on),     T(a_path_read_again),          T(a_path_within_a_transaction),
        T(half_an_import_is_taken_back), T(the_first_cost_stays),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
