/* Filters of the search, where the facts of messages decide and where there are none. */
#include "daemon/store/sqlite_internal.h"
#include "tests/unit/store/backend_jobs.h"

enum { CONVERSATIONS = 300, MESSAGES = 2 * CONVERSATIONS }; /* over the edges of rows and verdicts */

static void sql(struct fixture *f, const char *text)
{
    if (sqlite3_exec(f->db->sql, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(f->db->sql));
}

static int64_t value(struct fixture *f, const char *text)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(f->db->sql, text, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(f->db->sql));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

/* Two users, two folders, models of conversations and of messages, some deleted; a conversation's messages lie apart.
 * All of them have the word. */
static void fill(struct fixture *f)
{
    sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
           " INSERT INTO conversation(num, id, uid, state, created, updated, messages, head, model)"
           " SELECT i, printf('c%d', i), 1000 + (i % 5 = 0), CASE WHEN i % 7 = 0 THEN 3 ELSE 0 END, i, i, 2, 2 * i,"
           " CASE i % 30 WHEN 1 THEN 'large' WHEN 2 THEN 'p/small' END FROM n");
    sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
           " INSERT INTO message(num, id, conversation, role, state, created, provider, model, text)"
           " SELECT i, printf('m%d', i), 1 + i * 7 % 300, 'user', 'done', i, CASE WHEN i % 3 > 0 THEN 'p' END,"
           " CASE i % 20 WHEN 3 THEN 'small' WHEN 4 THEN 'large' END, 'word' FROM n");
    sql(f, "INSERT INTO place SELECT num, '/x', 't', '', uid, 1 FROM conversation WHERE num % 4 = 0 OR num > 290;"
           "INSERT INTO place SELECT num, '/y', 't', '', uid, 1 FROM conversation WHERE num % 50 = 3;");
    index_all(f);
}

struct filter {
    uid_t uid;
    const char *model, *directory;
    int64_t since;
};

static struct store_job *filtered(const struct filter *x)
{
    struct store_job *j = search_of("word");

    j->search.limit = 2 * MESSAGES;
    j->search.uid = x->uid;
    j->search.model = xstrdup(x->model);
    j->search.directory = xstrdup(x->directory);
    j->search.since_us = x->since;
    return j;
}

/* Each conversation is found once. */
static int64_t expected(struct fixture *f, const struct filter *x)
{
    char *text = sqlite3_mprintf("SELECT count(DISTINCT c.num) FROM message m JOIN conversation c"
                                 " ON c.num = m.conversation WHERE c.state = 0 AND c.uid = %d AND m.created >= %lld"
                                 " AND (%Q IS NULL OR c.num IN (SELECT conversation FROM place WHERE directory = %Q))"
                                 " AND (%Q IS NULL OR %Q IN (m.model, m.provider || '/' || m.model, c.model))",
                                 (int)x->uid, (long long)x->since, x->directory, x->directory, x->model, x->model);
    int64_t n = value(f, text);

    sqlite3_free(text);
    return n;
}

static int64_t check_all_filters(struct fixture *f)
{
    static const uid_t uids[] = {ME, OTHER, 1002};
    static const char *const models[] = {NULL, "small", "p/small", "large", "/small", "other"};
    static const char *const directories[] = {NULL, "/x", "/y", "/z"};
    static const int64_t sinces[] = {0, 144, MESSAGES - 6, MESSAGES + 1};
    int64_t all = 0;

    for (size_t i = 0; i < 3 * 6 * 4 * 4; i += f->variant->cut ? 19 : 1) { /* a slice for each message takes long */
        struct filter x = {uids[i % 3], models[i / 3 % 6], directories[i / 18 % 4], sinces[i / 72]};
        struct store_job *j = filtered(&x);
        assert_int_equal(run(f, j), ERR_NONE);
        if (j->n_out != expected(f, &x))
            fail_msg("uid %u, model %s, directory %s, since %d: %u found", (unsigned)x.uid, x.model, x.directory,
                     (int)x.since, j->n_out);
        all += j->n_out;
        store_job_free(j);
    }
    return all;
}

static void with_facts_and_without(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(value(f, "SELECT count(*) FROM search_facts"), 5);
    int64_t all = check_all_filters(f);
    assert_in_range(all, CONVERSATIONS / 2, 100 * CONVERSATIONS);
    sql(f, "UPDATE search_facts SET facts = zeroblob(1) WHERE num = 1"); /* damage */
    assert_int_equal(check_all_filters(f), all);
    sql(f, "DELETE FROM search_facts WHERE num IN (2, 4)");
    assert_int_equal(check_all_filters(f), all);
    sql(f, "DELETE FROM search_facts");
    assert_int_equal(check_all_filters(f), all);
}

/* A database that was there before facts were: its marks are set back, and nothing comes into the index twice. */
static void facts_that_come_later(void **state)
{
    struct fixture *f = *state;

    fill(f);
    int64_t all = check_all_filters(f), indexed = value(f, "SELECT count(*) FROM search_docsize");
    sql(f, "CREATE TEMP TABLE kept AS SELECT * FROM search_facts; DELETE FROM search_facts;"
           "UPDATE search_mark SET below = 601");
    index_all(f);
    assert_int_equal(value(f, "SELECT count(*) FROM (SELECT * FROM search_facts INTERSECT SELECT * FROM kept)"), 5);
    assert_int_equal(value(f, "SELECT count(*) FROM search_docsize"), indexed);
    sql(f, "INSERT INTO search(search) VALUES('integrity-check')");
    assert_int_equal(check_all_filters(f), all);
}

/* What is looked at only where they let it through, or where the slice is over, would pass here. */
static void facts_decide(void **state)
{
    struct fixture *f = *state;
    const struct filter other = {.uid = OTHER}, late = {.uid = ME, .since = T0 + 9 * SECOND};
    const char *looked_at = f->variant->cut ? "ra" : "";

    turn(f, "a", 1, "c", true, "");
    sql(f, "UPDATE message SET text = 'word'");
    index_all(f);
    assert_found(f, filtered(&late), "");
    sql(f, "UPDATE message SET created = created + 100000000");
    assert_found(f, filtered(&late), looked_at);
    sql(f, "UPDATE conversation SET uid = 1001");
    assert_found(f, filtered(&other), looked_at);
    sql(f, "DELETE FROM search_facts");
    assert_found(f, filtered(&other), "ra");
}

static void numbers_that_are_used_again(void **state)
{
    struct fixture *f = *state;
    const struct filter other = {.uid = OTHER}, mine = {.uid = ME};

    turn(f, "a", 1, "c", true, "");
    sql(f, "UPDATE message SET text = 'word'");
    index_all(f);
    assert_found(f, filtered(&mine), "ra");
    assert_int_equal(does(f, delete_of("c")), ERR_NONE);
    assert_int_equal(does(f, expire(9, 0, 9)), ERR_NONE);
    assert_int_equal(value(f, "SELECT count(*) FROM search_facts"), 0);
    struct store_job *j = begin("b", 2, "d", true, "");
    j->begin.uid = OTHER;
    assert_int_equal(does(f, j), ERR_NONE);
    sql(f, "UPDATE message SET text = 'word'");
    index_all(f);
    assert_int_equal(value(f, "SELECT min(num) FROM message"), 1);
    assert_found(f, filtered(&mine), "");
    assert_found(f, filtered(&other), "qb");
}

/* A search that finds nothing ends with its slice too. */
static void it_can_be_cut(void **state)
{
    struct fixture *f = *state;
    const struct filter nobody = {.uid = 1002};
    struct store_job *j = filtered(&nobody);
    int slices = 1;

    fill(f);
    while (slice(f, j) == STORE_STEP_MORE)
        slices++;
    assert_int_equal(j->code, ERR_NONE);
    assert_int_equal(j->n_out, 0);
    assert_int_equal(slices, f->variant->cut ? MESSAGES + 1 : 1);
    store_job_free(j);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(with_facts_and_without),      T(facts_that_come_later), T(facts_decide),
        T(numbers_that_are_used_again), T(it_can_be_cut),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
