/* The file of the SQLite tier: its bound, damage, locks, a full disk, a process that is killed. */
#include "daemon/core/log.h"
#include "tests/unit/cache/sqlite_bench.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static unsigned n_lines;

static void on_line(size_t bytes)
{
    (void)bytes;
    n_lines++;
}

/* Log lines from here on. */
static void count_lines(void)
{
    n_lines = 0;
    log_on_written(on_line);
}

static int64_t file_size(const struct sqlite_bench *b, const char *name)
{
    struct stat st;
    char path[128];
    path_in(b, path, name);
    return stat(path, &st) == 0 ? st.st_size : 0;
}

static int64_t all_files(const struct sqlite_bench *b)
{
    return file_size(b, "cache.db") + file_size(b, "cache.db-journal") + file_size(b, "cache.db-wal") +
           file_size(b, "cache.db-shm");
}

static void the_file_is_ours_alone(void **state)
{
    struct sqlite_bench *b = *state;
    struct stat st;
    char path[128];
    const char *const names[] = {"cache.db", "cache.db-journal"};

    bench_close(b);
    folder_remove(b->dir);
    umask(0);
    bench_open(b);
    PUT(b, .n = 1);
    settled(b);
    umask(022);
    assert_int_equal(stat(b->dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    for (size_t i = 0; i < 2; i++) {
        path_in(b, path, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
}

/* -- the bound -- */

/* Many puts of all sizes, up to the largest that the bound takes; the files are measured all the time. */
static void fill(struct sqlite_bench *b, uint32_t puts, size_t largest)
{
    unsigned seed = 7;
    int64_t most = 0;
    for (uint32_t n = 0; n < puts; n++) {
        size_t size = n % 50 == 0 ? largest : (size_t)rand_r(&seed) % (largest / 8);
        PUT(b, .n = (uint32_t)rand_r(&seed) % 200, .size = size + 64);
        int64_t now = all_files(b);
        most = now > most ? now : most;
        if (n % 16 == 0)
            settled(b);
    }
    settled(b);
    most = all_files(b) > most ? all_files(b) : most;
    if (most > b->size)
        fail_msg("%lld bytes of %lld", (long long)most, (long long)b->size);
    assert_true(most > b->size * 2 / 5); /* and most of it is used, but for the journal's part */
}

static void the_files_stay_within_their_bound(void **state)
{
    struct sqlite_bench *b = *state;
    static const int64_t sizes[] = {CACHEDB_SIZE_MIN, 1 << 20, 5 << 20};

    for (size_t i = 0; i < 3; i++) {
        bench_close(b);
        folder_remove(b->dir);
        b->size = sizes[i];
        bench_open(b);
        fill(b, 3000, (size_t)sizes[i] / 10);
        assert_int_equal(b->st.failures, 0);
        assert_true(b->st.evictions > 0);
        assert_string_equal(b->st.state, "ok");
        bench_close(b);
        assert_sound(b);
    }
}

static void the_bound_has_a_least(void **state)
{
    struct sqlite_bench *b = *state;
    struct error err = ERROR_INIT;
    struct tier_options opt = {.dir = b->dir, .size = CACHEDB_SIZE_MIN - 1};

    assert_null(tier_sqlite.open(&b->loop, &opt, &err));
    assert_int_equal(err.code, ERR_INVALID_REQUEST);
}

/* One that is too large for the bound is lost alone, and takes nothing away. */
static void too_large_an_entry_is_lost(void **state)
{
    struct sqlite_bench *b = *state;

    PUT(b, .n = 1);
    PUT(b, .n = 2, .size = 3 << 20);
    PUT(b, .n = 3);
    settled(b);
    assert_int_equal(b->st.failures, 1);
    assert_int_equal(b->st.entries, 2);
    assert_int_equal(b->st.evictions, 0);
    assert_string_equal(b->st.state, "ok");
}

static void a_lower_bound_shrinks_the_file(void **state)
{
    struct sqlite_bench *b = *state;

    for (uint32_t n = 0; n < 200; n++)
        PUT(b, .n = n, .size = 30000);
    settled(b);
    assert_true(all_files(b) > 4 << 20);
    b->size = 1 << 20;
    bench_reopen(b);
    SETTLE_UNTIL(b, all_files(b) <= b->size);
    assert_true(settled(b)->entries > 10);
    assert_true(has(b, 199));
    fill(b, 300, (size_t)b->size / 10);
    bench_close(b);
    assert_sound(b);
}

static void a_cleared_file_gives_its_room_back(void **state)
{
    struct sqlite_bench *b = *state;

    b->size = 64 << 20;
    b->pace.upkeep_ms = 5;
    bench_reopen(b);
    for (uint32_t n = 0; n < 20; n++)
        PUT(b, .n = n, .size = 1 << 20);
    assert_int_equal(CLEAR(b, .scope = ALICE), 20);
    SETTLE_UNTIL(b, file_size(b, "cache.db") <= 8 << 20);
    bench_close(b);
    assert_sound(b);
}

/* -- a file that is not as it should be -- */

static void overwrite(const struct sqlite_bench *b, off_t at, size_t len)
{
    char path[128];
    uint8_t *junk = malloc(len);

    path_in(b, path, CACHEDB_FILE);
    memset(junk, 0x5a, len);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, junk, len, at), len);
    close(fd);
    free(junk);
}

/* It is made anew, which is logged once, and works. */
static void is_made_anew(struct sqlite_bench *b)
{
    count_lines();
    bench_open(b);
    settled(b);
    assert_string_equal(b->st.state, "ok");
    assert_int_equal(b->st.entries, 0);
    assert_false(has(b, 1));
    PUT(b, .n = 1);
    settled(b);
    assert_true(has(b, 1));
    assert_int_equal(n_lines, 1);
    bench_reopen(b);
    assert_true(has(b, 1));
    assert_int_equal(n_lines, 1);
    bench_close(b);
    assert_sound(b);
}

static void with_one_entry(struct sqlite_bench *b)
{
    PUT(b, .n = 1);
    settled(b);
    bench_close(b);
}

static void a_damaged_file_is_made_anew(void **state)
{
    struct sqlite_bench *b = *state;
    char path[128];

    with_one_entry(b);
    overwrite(b, 0, 100); /* no database */
    is_made_anew(b);
    overwrite(b, 100, 3000); /* its schema */
    is_made_anew(b);
    path_in(b, path, CACHEDB_FILE);
    assert_int_equal(truncate(path, 5000), 0);
    is_made_anew(b);
    assert_int_equal(unlink(path), 0);
    overwrite(b, 0, 10); /* shorter than a head */
    is_made_anew(b);
    look(b, "DELETE FROM total");
    is_made_anew(b);
    look(b, "UPDATE total SET bytes = -1");
    is_made_anew(b);
}

/* Damage that shows when it is met. */
static void damage_that_shows_later(void **state)
{
    struct sqlite_bench *b = *state;
    int64_t entries;

    for (uint32_t n = 0; n < 500; n++)
        PUT(b, .n = n, .size = 3000);
    settled(b);
    bench_close(b);
    int64_t root = look(b, "SELECT rootpage FROM sqlite_schema WHERE name = 'blob'");
    overwrite(b, (root - 1) * CACHEDB_PAGE, CACHEDB_PAGE);
    bench_open(b);
    count_lines();
    entries = settled(b)->entries;
    assert_int_equal(entries, 500);
    assert_false(has(b, 1));
    PUT(b, .n = 1);
    settled(b);
    assert_string_equal(b->st.state, "ok");
    assert_int_equal(b->st.entries, 1);
    assert_true(has(b, 1));
    assert_int_equal(n_lines, 1);
}

static void another_version_is_made_anew(void **state)
{
    struct sqlite_bench *b = *state;
    char path[128];

    with_one_entry(b);
    look(b, "PRAGMA user_version = 2");
    is_made_anew(b);
    look(b, "PRAGMA user_version = 0");
    is_made_anew(b);
    look(b, "PRAGMA application_id = 1");
    is_made_anew(b);
    look(b, "DROP TABLE blob");
    is_made_anew(b);
    look(b, "PRAGMA journal_mode = wal"); /* this one is fine, and leaves that mode */
    bench_open(b);
    assert_true(has(b, 1));
    bench_close(b);
    path_in(b, path, CACHEDB_FILE);
    assert_int_equal(unlink(path), 0);
    look(b, "CREATE TABLE other(x)");
    is_made_anew(b);
}

/* -- no handle -- */

/* Nothing is told and nothing kept, which is logged once; and it mends itself when `mend` has been called. */
static void is_off_until(struct sqlite_bench *b, const char *says, void (*mend)(struct sqlite_bench *b))
{
    b->pace.retry_ms = 5;
    count_lines();
    bench_open(b);
    await_state(b, "off");
    if (!b->st.error || !strstr(b->st.error, says))
        fail_msg("%s", b->st.error);
    assert_int_equal(b->st.entries, -1);
    PUT(b, .n = 5);
    settled(b);
    assert_int_equal(b->code, ERR_UNAVAILABLE);
    assert_int_equal(b->st.failures, 1);
    assert_false(has(b, 5));
    uint64_t turns = 0;
    while (turns++ < 20) /* some more tries */
        uv_run(&b->loop, UV_RUN_ONCE);
    assert_int_equal(n_lines, 1);
    mend(b);
    await_state(b, "ok");
    assert_null(b->st.error);
    PUT(b, .n = 5);
    settled(b);
    assert_true(has(b, 5));
    assert_int_equal(n_lines, 2);
}

static void remove_what_is_in_the_way(struct sqlite_bench *b)
{
    assert_int_equal(remove(b->dir), 0);
}

static void a_folder_that_cannot_be_made(void **state)
{
    struct sqlite_bench *b = *state;

    bench_close(b);
    folder_remove(b->dir);
    int fd = open(b->dir, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    is_off_until(b, "cannot open /tmp/askd-cache-", remove_what_is_in_the_way);
}

static void let_us_write(struct sqlite_bench *b)
{
    assert_int_equal(chmod(b->dir, 0700), 0);
}

static void a_folder_that_cannot_be_written(void **state)
{
    struct sqlite_bench *b = *state;
    uid_t uid = geteuid(), nobody = 65534;
    char path[128];

    bench_close(b);
    path_in(b, path, CACHEDB_FILE);
    remove(path);
    path_in(b, path, CACHEDB_FILE "-journal");
    remove(path);
    if (uid == 0) { /* whom no mode stops */
        assert_int_equal(chown(b->dir, nobody, (gid_t)-1), 0);
        assert_int_equal(seteuid(nobody), 0);
    }
    assert_int_equal(chmod(b->dir, 0500), 0);
    is_off_until(b, "cannot open", let_us_write);
    bench_close(b);
    assert_int_equal(seteuid(uid), 0);
}

static void remove_link(struct sqlite_bench *b)
{
    char path[128];
    path_in(b, path, CACHEDB_FILE);
    assert_int_equal(unlink(path), 0);
}

static void a_link_is_not_followed(void **state)
{
    struct sqlite_bench *b = *state;
    char path[128], other[128];

    bench_close(b);
    path_in(b, path, CACHEDB_FILE);
    path_in(b, other, "other.db");
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink("other.db", path), 0);
    is_off_until(b, "cannot open", remove_link);
}

static int holder_in[2];
static pid_t holder;

/* In a process of its own: takes the lock, says so, and keeps it until the pipe is closed. */
static void hold_lock(const struct sqlite_bench *b, int ready, int until)
{
    char path[128], c = 1;
    sqlite3 *db = NULL;

    path_in(b, path, CACHEDB_FILE);
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK ||
        write(ready, &c, 1) != 1)
        _exit(1);
    _exit(read(until, &c, 1) == 0 ? 0 : 1);
}

static void let_go(struct sqlite_bench *b)
{
    int status = 0;
    (void)b;
    close(holder_in[1]);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(status, 0);
}

static void a_file_that_another_process_holds(void **state)
{
    struct sqlite_bench *b = *state;
    int ready[2];
    char c;

    with_one_entry(b);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(holder_in, O_CLOEXEC), 0);
    holder = fork();
    assert_true(holder >= 0);
    if (holder == 0) {
        close(holder_in[1]);
        hold_lock(b, ready[1], holder_in[0]);
    }
    close(ready[1]);
    close(holder_in[0]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    is_off_until(b, "is held by another program", let_go);
    assert_true(has(b, 1)); /* it was not removed */
}

/* -- a full disk -- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What is there is told, nothing new is kept, and it is logged once until it goes again. */
static void a_disk_without_room(void **state)
{
    struct sqlite_bench *b = *state;
    uint32_t n;

    b->pace.retry_ms = 200;
    bench_reopen(b);
    PUT(b, .n = 1, .size = 1000);
    settled(b);
    count_lines();
    signal(SIGXFSZ, SIG_IGN);
    limit_files(400000);
    for (n = 2; settled(b)->failures == 0 && n < 100; n++)
        PUT(b, .n = n, .size = 50000);
    assert_in_range(n, 4, 12);
    assert_string_equal(b->st.state, "failing");
    assert_non_null(strstr(b->st.error, "the disk is full"));
    assert_true(has(b, 1));
    assert_true(has(b, 2));
    PUT(b, .n = 50, .size = 50000);
    settled(b);
    assert_int_equal(n_lines, 1);
    limit_files(RLIM_INFINITY);
    do /* once it is tried again */
        PUT(b, .n = 51, .size = 50000);
    while (strcmp(settled(b)->state, "ok") != 0);
    assert_true(has(b, 51));
    assert_int_equal(n_lines, 2);
    bench_close(b);
    assert_sound(b);
}

/* -- killed -- */

static int writes_left;

static ssize_t last_write(int fd, const void *data, size_t len, off_t at)
{
    if (--writes_left == 0)
        kill(getpid(), SIGKILL);
    return pwrite(fd, data, len, at);
}

/* In a process of its own, which dies before that write to one of the files. */
static void die_writing(struct sqlite_bench *b, int writes)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    unsigned seed = (unsigned)writes;

    writes_left = writes;
    if (uv_loop_fork(&b->loop) != 0 ||
        vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)last_write) != SQLITE_OK ||
        vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)last_write) != SQLITE_OK)
        _exit(1);
    bench_open(b);
    do
        for (int i = 0; i < 100; i++)
            PUT(b, .n = (uint32_t)rand_r(&seed) % 300, .size = (size_t)rand_r(&seed) % 20000 + 64);
    while (strcmp(settled(b)->state, "ok") == 0);
    _exit(1);
}

static void a_process_that_is_killed(void **state)
{
    struct sqlite_bench *b = *state;

    b->size = 1 << 20;
    bench_reopen(b);
    for (uint32_t n = 0; n < 30; n++)
        PUT(b, .n = n, .size = 10000);
    settled(b);
    bench_close(b);
    for (int round = 0; round < 30; round++) {
        int status = 0;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            die_writing(b, 20 + 97 * round);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));

        count_lines();
        bench_open(b);
        assert_true(settled(b)->entries > 10);
        assert_int_equal(n_lines, 0); /* not made anew */
        assert_true(all_files(b) <= b->size);
        bench_close(b);
        assert_sound(b);
    }
}

/* -- plans -- */

/* Each statement finds its rows by an index, in the order in which they are wanted; where all keys are, in that alone.
 */
static void plans_use_an_index(void **state)
{
    struct cachedb *db = bench_database(*state);

    for (size_t i = 0; i < CACHEDB_STATEMENTS; i++) {
        const char *text = sqlite3_sql(db->stmts[i]);
        if (strncmp(text, "PRAGMA", 6) == 0 || strstr(text, "total"))
            continue;
        sqlite3_stmt *plan = NULL;
        char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
        assert_int_equal(sqlite3_prepare_v2(db->sql, explain, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            bool by_index = strncmp(step, "SEARCH", 6) == 0 || strstr(step, "USING INDEX entry_used") ||
                            strstr(step, "USING COVERING INDEX entry_key");
            if (!by_index || strstr(step, "TEMP B-TREE"))
                fail_msg("%s: %s", step, text);
        }
        sqlite3_finalize(plan);
        sqlite3_free(explain);
    }
    cachedb_close(db);
}

static int teardown(void **state)
{
    log_on_written(NULL);
    limit_files(RLIM_INFINITY);
    return bench_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_file_is_ours_alone),
        TEST(the_files_stay_within_their_bound),
        TEST(the_bound_has_a_least),
        TEST(too_large_an_entry_is_lost),
        TEST(a_lower_bound_shrinks_the_file),
        TEST(a_cleared_file_gives_its_room_back),
        TEST(a_damaged_file_is_made_anew),
        TEST(damage_that_shows_later),
        TEST(another_version_is_made_anew),
        TEST(a_folder_that_cannot_be_made),
        TEST(a_folder_that_cannot_be_written),
        TEST(a_link_is_not_followed),
        TEST(a_file_that_another_process_holds),
        TEST(a_disk_without_room),
        TEST(a_process_that_is_killed),
        TEST(plans_use_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
