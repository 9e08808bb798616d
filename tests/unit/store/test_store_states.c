/* The store as a whole: its bounds, its states and what it says of them, its opening and closing, and the one that
 * keeps nothing. */
#include "tests/unit/store/store_fake.h"

/* stderr goes into a file meanwhile. */
static int stderr_saved;
static FILE *stderr_file;

static void catch_log(void)
{
    fflush(stderr);
    stderr_saved = dup(STDERR_FILENO);
    stderr_file = tmpfile();
    assert_non_null(stderr_file);
    dup2(fileno(stderr_file), STDERR_FILENO);
}

static void give_log(char *text, size_t size)
{
    dup2(stderr_saved, STDERR_FILENO);
    close(stderr_saved);
    rewind(stderr_file);
    text[fread(text, 1, size - 1, stderr_file)] = '\0';
    fclose(stderr_file);
}

static int times(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
        n++;
    return n;
}

static void test_max_waiting(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RENAME), b = ASK('b', STORE_GET), c = ASK('c', STORE_LIST),
               d = ASK('d', STORE_DELETE);
    struct ask e[] = {ASK('1', STORE_BEGIN), ASK('2', STORE_RUNS), ASK('3', STORE_END), ASK('4', STORE_SPEND)};
    struct error err = ERROR_INIT;
    struct store_status st;
    struct store_options opt = defaults;
    opt.max_waiting = 2;
    start(&backend, &opt);
    submit(&a);
    submit(&b);
    assert_int_equal(try(&c, &err), ERR_OVERLOADED);
    assert_non_null(strstr(err.message, "max_waiting"));
    for (int i = 0; i < 4; i++)
        submit(&e[i]);
    assert_int_equal(try(&d, &err), ERR_OVERLOADED);
    store_status(test.s, &st);
    assert_int_equal(st.waiting, 6);
    release();
    finish_all();
    assert_false(c.done || d.done);
    submit(&c);
    submit(&d);
    finish_all();
    store_status(test.s, &st);
    assert_int_equal(st.waiting, 0);
    assert_int_equal(st.writes, 6);
    assert_int_equal(st.reads, 2);
    assert_int_equal(st.failed, 0);
    end();
}

static void test_failing_and_stored_again(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS, .poison = true), b = ASK('b', STORE_RUNS, .poison = true);
    struct ask e = ASK('E', STORE_EXPIRE), n = ASK('n', STORE_RENAME, .code = ERR_NOT_FOUND), c = ASK('c', STORE_RUNS);
    struct ask *all[] = {&a, &b, &e, &n, &c};
    static const char *const expected[] = {"failing", "failing", "failing", "failing", "ok"};
    struct store_status st;
    char log[4096];
    catch_log();
    start_default();
    wait_open();
    const char *got[5], *errors[5];
    for (int i = 0; i < 5; i++) {
        submit(all[i]);
        finish_all();
        store_status(test.s, &st);
        got[i] = st.state;
        errors[i] = st.error ? "told" : "";
        assert_true(store_stores(test.s));
    }
    end();
    give_log(log, sizeof log);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(got[i], expected[i]);
        assert_string_equal(errors[i], i < 4 ? "told" : "");
    }
    assert_int_equal(st.failed, 2);
    assert_int_equal(st.writes, 5);
    assert_int_equal(times(log, "nothing is stored: the drawer is full"), 1);
    assert_int_equal(times(log, "stored again"), 1);
    assert_int_equal(times(log, "\n"), 2);
}

/* Small writes succeed where large ones fail, by turns: that is no news each time. */
static void test_what_changes_often_is_told_seldom(void **state)
{
    (void)state;
    enum { MINUTE = 60000000 };
    static const struct {
        int64_t at;
        bool poison;
        int faults, ends; /* told so far */
    } rows[] = {
        {1, true, 1, 0},
        {2, false, 1, 1},
        {3, true, 1, 1},
        {4, false, 1, 1},
        {MINUTE, true, 1, 1},
        {MINUTE + 1, true, 2, 1}, /* the same fault, which goes on */
        {MINUTE + 2, true, 2, 1},
        {3 * MINUTE, true, 2, 1}, /* it has been told of */
        {3 * MINUTE + 1, false, 2, 2},
        {3 * MINUTE + 2, true, 3, 2},
        {3 * MINUTE + 3, false, 3, 3},
    };
    enum { N = sizeof rows / sizeof *rows };
    int faults[N], ends[N];
    char log[8192];
    start_default();
    wait_open();
    for (int i = 0; i < N; i++) {
        struct ask a = ASK('a', STORE_RUNS, .poison = rows[i].poison);
        clock_set(rows[i].at, 1); /* nobody else looks at it now */
        catch_log();
        submit(&a);
        finish_all();
        give_log(log, sizeof log);
        faults[i] = times(log, "nothing is stored") + (i > 0 ? faults[i - 1] : 0);
        ends[i] = times(log, "stored again") + (i > 0 ? ends[i - 1] : 0);
    }
    end();
    clock_set(-1, 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(faults[i], rows[i].faults);
        assert_int_equal(ends[i], rows[i].ends);
    }
}

static void test_a_database_that_cannot_be_opened(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS), r = ASK('r', STORE_GET), b = ASK('b', STORE_CREATE), s = ASK('s', STORE_LIST);
    struct ask *all[] = {&a, &r, &b, &s};
    struct store_status st;
    char log[4096];
    catch_log();
    start_default();
    fake.open = ERR_UNAVAILABLE;
    submit(&a);
    submit(&r);
    release();
    finish_all();
    submit(&b);
    submit(&s);
    finish_all();
    store_status(test.s, &st);
    assert_string_equal(st.state, "off");
    assert_string_equal(st.error, "the drawer is stuck");
    assert_int_equal(st.failed, 4);
    assert_false(store_stores(test.s));
    end();
    give_log(log, sizeof log);
    assert_string_equal(test.done, "arbs");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(all[i]->got, ERR_UNAVAILABLE);
        assert_string_equal(all[i]->error.message, "the drawer is stuck");
    }
    assert_string_equal(fake.writer, "");
    assert_int_equal(fake.readers, 0);
    assert_int_equal(times(log, "the drawer is stuck"), 1);
    assert_int_equal(times(log, "\n"), 1);
}

/* Whoever mends it need not start anything again. */
static void test_a_database_that_opens_at_the_second_try(void **state)
{
    (void)state;
    struct store_options opt = defaults;
    struct ask a = ASK('a', STORE_CREATE);
    char log[4096];
    catch_log();
    opt.retry_ms = 1;
    start(&backend, &opt);
    fake.open = ERR_UNAVAILABLE;
    release();
    while (strcmp(state_name(), "off") != 0)
        uv_run(&test.loop, UV_RUN_ONCE);
    fake.open = ERR_NONE; /* the writer waits at the gate, or will */
    release();
    while (strcmp(state_name(), "ok") != 0)
        uv_run(&test.loop, UV_RUN_ONCE);
    assert_true(store_stores(test.s));
    submit(&a);
    finish_all();
    end();
    give_log(log, sizeof log);
    assert_int_equal(a.got, ERR_NONE);
    assert_int_equal(times(log, "stored again"), 1);
    assert_int_equal(times(log, "\n"), 2);
}

static void test_close_while_jobs_wait(void **state)
{
    (void)state;
    struct ask last = ASK('l', STORE_GET);
    struct ask a = ASK('a', STORE_BEGIN), r = ASK('r', STORE_GET, .follower = &last),
               b = ASK('b', STORE_EXPIRE, .more = 1);
    start_default();
    submit(&a);
    submit(&r);
    submit(&b);
    store_close(test.s, on_closed, &test);
    assert_int_equal(test.closed, 0);
    release();
    finish_all();
    test.s = NULL;
    end();
    assert_true(a.done && r.done && b.done && last.done);
    assert_string_equal(fake.writer, "begin a b commit begin b commit close");
    assert_string_equal(fake.reader, "r l close");
}

static void test_close_before_it_is_open(void **state)
{
    (void)state;
    start_default();
    store_close(test.s, on_closed, &test);
    test.s = NULL;
    release();
    end();
    assert_string_equal(fake.writer, "close");
}

/* -- nothing kept -- */

static void test_null(void **state)
{
    (void)state;
    static const struct {
        enum store_kind kind;
        enum error_code code;
        const char *param;
    } rows[] = {
        {STORE_BEGIN, ERR_NONE, ""},
        {STORE_RUNS, ERR_NONE, ""},
        {STORE_END, ERR_NONE, ""},
        {STORE_CREATE, ERR_UNAVAILABLE, ""},
        {STORE_IMPORT, ERR_UNAVAILABLE, ""},
        {STORE_FORK, ERR_NOT_FOUND, "conversation"},
        {STORE_RENAME, ERR_NOT_FOUND, "conversation"},
        {STORE_TITLE, ERR_NOT_FOUND, "conversation"},
        {STORE_PIN, ERR_NOT_FOUND, "conversation"},
        {STORE_TAG, ERR_NOT_FOUND, "conversation"},
        {STORE_HEAD, ERR_NOT_FOUND, "conversation"},
        {STORE_DELETE, ERR_NOT_FOUND, "conversation"},
        {STORE_RESTORE, ERR_NOT_FOUND, "conversation"},
        {STORE_EXPIRE, ERR_NONE, ""},
        {STORE_SPEEDS_SAVE, ERR_NONE, ""},
        {STORE_SUMMARY, ERR_NONE, ""},
        {STORE_SPEND, ERR_NONE, ""},
        {STORE_REPRICE, ERR_NONE, ""},
        {STORE_INDEX, ERR_NONE, ""},
        {STORE_PATH, ERR_NOT_FOUND, "conversation"},
        {STORE_LIST, ERR_NONE, ""},
        {STORE_GET, ERR_NOT_FOUND, "conversation"},
        {STORE_FIND, ERR_NOT_FOUND, "conversation"},
        {STORE_ANSWER, ERR_NOT_FOUND, "answer"},
        {STORE_ANSWERS, ERR_NONE, ""},
        {STORE_SPEEDS, ERR_NONE, ""},
        {STORE_SEARCH, ERR_NONE, ""},
        {STORE_USAGE, ERR_NONE, ""},
        {STORE_SPENT, ERR_NONE, ""},
    };
    struct ask ask[STORE_KINDS] = {0};
    struct store_status st;
    struct store_options opt = defaults;
    opt.keep_ms = STORE_KEEP_NONE;
    assert_int_equal(sizeof rows / sizeof *rows, STORE_KINDS);
    start(NULL, &opt);
    assert_false(store_stores(test.s));
    char all[STORE_KINDS + 1] = "";
    for (int i = 0; i < STORE_KINDS; i++) {
        ask[i] = (struct ask){.name = (char)('a' + i), .kind = rows[i].kind};
        all[i] = ask[i].name;
        submit(&ask[i]);
    }
    finish_all();
    assert_string_equal(test.done, all);
    for (int i = 0; i < STORE_KINDS; i++) {
        assert_int_equal(ask[i].got, rows[i].code);
        assert_int_equal(ask[i].error.code, rows[i].code);
        assert_string_equal(ask[i].error.param, rows[i].param);
        assert_int_equal(ask[i].got_len, 0);
    }
    assert_string_equal(ask[STORE_CREATE].error.message, "nothing is stored: [store] keep is none");
    store_status(test.s, &st);
    assert_string_equal(st.backend, "null");
    assert_string_equal(st.state, "off");
    assert_null(st.error);
    end();
}

static void test_null_closes_after_its_jobs(void **state)
{
    (void)state;
    struct ask b = ASK('b', STORE_LIST), a = ASK('a', STORE_RUNS, .follower = &b);
    struct store_options opt = defaults;
    opt.keep_ms = STORE_KEEP_NONE;
    start(NULL, &opt);
    submit(&a);
    store_close(test.s, on_closed, &test);
    assert_false(a.done);
    finish_all();
    test.s = NULL;
    end();
    assert_string_equal(test.done, "ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_max_waiting),
        cmocka_unit_test(test_failing_and_stored_again),
        cmocka_unit_test(test_what_changes_often_is_told_seldom),
        cmocka_unit_test(test_a_database_that_cannot_be_opened),
        cmocka_unit_test(test_a_database_that_opens_at_the_second_try),
        cmocka_unit_test(test_close_while_jobs_wait),
        cmocka_unit_test(test_close_before_it_is_open),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_null_closes_after_its_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
