/* The store: which jobs share a transaction, who waits for whom, and what becomes of a job whose transaction fails. */
#include "tests/unit/store/store_fake.h"

/* -- writes -- */

static void test_waiting_writes_share_a_transaction(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_BEGIN), b = ASK('b', STORE_RENAME, .code = ERR_NOT_FOUND), c = ASK('c', STORE_END);
    start_default();
    submit(&a);
    submit(&b);
    submit(&c);
    assert_string_equal(state_name(), "opening");
    assert_true(store_stores(test.s));
    release();
    finish_all();
    assert_string_equal(state_name(), "ok");
    assert_string_equal(test.done, "abc");
    assert_string_equal(fake.writer, "begin a b c commit");
    assert_int_equal(b.got, ERR_NOT_FOUND);
    assert_int_equal(c.got, ERR_NONE);
    end();
    assert_string_equal(fake.writer, "begin a b c commit close");
    assert_int_equal(fake.readers, 0);
}

static void test_the_place(void **state)
{
    (void)state;
    start_default();
    memset(dir, '!', strlen(dir)); /* the store has a copy */
    wait_open();
    assert_string_equal(fake.place.dir, "/drawer");
    assert_int_equal(fake.place.locking, STORE_LOCKING_EXCLUSIVE);
    assert_int_equal(fake.place.max_bytes, 12345);
    assert_true(fake.place.now_us > 0);
    end();
}

static void test_a_group_ends_with_its_slice(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS, .slow = true), b = ASK('b', STORE_RUNS), c = ASK('c', STORE_RUNS);
    struct store_options opt = defaults;
    opt.slice_ms = 1;
    start(&backend, &opt);
    opt.slice_ms = 10000;
    submit(&a);
    submit(&b);
    submit(&c);
    release();
    while (!a.done)
        uv_run(&test.loop, UV_RUN_ONCE);
    store_configure(test.s, &opt);
    finish_all();
    assert_string_equal(test.done, "abc");
    assert_memory_equal(fake.writer, "begin a commit begin b", 22);
    end();
}

static void test_a_failed_commit_is_taken_apart(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS), b = ASK('b', STORE_RUNS, .poison = true), c = ASK('c', STORE_CREATE);
    start_default();
    submit(&a);
    submit(&b);
    submit(&c);
    release();
    finish_all();
    assert_string_equal(test.done, "abc");
    assert_string_equal(fake.writer, "begin a b c rollback begin a commit begin b rollback begin c commit");
    assert_int_equal(a.got, ERR_NONE);
    assert_int_equal(b.got, ERR_UNAVAILABLE);
    assert_string_equal(b.error.message, "the drawer is full");
    assert_int_equal(c.got, ERR_NONE);
    end();
}

static void test_a_spoiled_transaction_is_taken_apart(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS), b = ASK('b', STORE_RUNS, .code = ERR_UNAVAILABLE), c = ASK('c', STORE_CREATE);
    start_default();
    submit(&a);
    submit(&b);
    submit(&c);
    release();
    finish_all();
    assert_string_equal(test.done, "abc");
    assert_string_equal(fake.writer, "begin a b rollback begin a commit begin b rollback begin c commit");
    assert_int_equal(a.got, ERR_NONE);
    assert_int_equal(b.got, ERR_UNAVAILABLE);
    assert_string_equal(b.error.message, "told to fail");
    assert_int_equal(c.got, ERR_NONE);
    end();
}

static void test_a_write_alone_is_not_tried_twice(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS, .poison = true), b = ASK('b', STORE_RUNS, .code = ERR_UNAVAILABLE);
    start_default();
    submit(&a);
    release();
    finish_all();
    submit(&b);
    finish_all();
    assert_string_equal(fake.writer, "begin a rollback begin b rollback");
    assert_int_equal(a.got, ERR_UNAVAILABLE);
    assert_int_equal(b.got, ERR_UNAVAILABLE);
    end();
}

/* Each attempt may wait: one is made for all writes that wait. Reads do not mind. */
static void test_no_transaction_to_be_had(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS), r = ASK('r', STORE_LIST), b = ASK('b', STORE_CREATE);
    struct ask p = ASK('p', STORE_PATH, .more = 1), c = ASK('c', STORE_END), q = ASK('q', STORE_PATH);
    struct ask d = ASK('d', STORE_RUNS);
    struct ask *all[] = {&a, &r, &b, &p, &c, &q};
    start_default();
    fake.begin = ERR_UNAVAILABLE;
    for (int i = 0; i < 6; i++)
        submit(all[i]);
    release();
    finish_all();
    assert_int_equal(fake.begins, 1);
    assert_string_equal(fake.writer, "p q p");
    assert_string_equal(fake.reader, "r");
    assert_int_equal(a.got, ERR_UNAVAILABLE);
    assert_int_equal(b.got, ERR_UNAVAILABLE);
    assert_int_equal(c.got, ERR_UNAVAILABLE);
    assert_string_equal(c.error.message, "cannot begin");
    assert_int_equal(r.got, ERR_NONE);
    assert_int_equal(p.got, ERR_NONE);
    assert_int_equal(q.got, ERR_NONE);
    fake.begin = ERR_NONE;
    submit(&d); /* which is tried again */
    finish_all();
    assert_int_equal(d.got, ERR_NONE);
    end();
}

/* Taken apart after a failed commit, the group is refused as a whole too. */
static void test_no_second_transaction_to_be_had(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RUNS), b = ASK('b', STORE_RUNS, .poison = true), c = ASK('c', STORE_RUNS);
    struct ask e = ASK('E', STORE_EXPIRE, .more = 1), d = ASK('d', STORE_RUNS);
    start_default();
    fake.begins_left = 1;
    submit(&a);
    submit(&b);
    submit(&c);
    release();
    finish_all();
    assert_string_equal(test.done, "abc");
    assert_string_equal(fake.writer, "begin a b c rollback");
    assert_int_equal(fake.begins, 2);
    assert_int_equal(a.got, ERR_UNAVAILABLE);
    assert_int_equal(b.got, ERR_UNAVAILABLE);
    assert_string_equal(c.error.message, "cannot begin");
    /* Between two slices of a write. */
    fake.begin = ERR_NONE;
    fake.begins_left = 1;
    submit(&e);
    finish_all();
    assert_int_equal(e.got, ERR_UNAVAILABLE);
    assert_string_equal(fake.writer, "begin a b c rollback begin E commit");
    assert_string_equal(fake.given_up, "abcE");
    fake.begin = ERR_NONE;
    submit(&d);
    finish_all();
    assert_int_equal(d.got, ERR_NONE);
    end();
}

static void test_slices_let_others_pass(void **state)
{
    (void)state;
    struct ask e = ASK('E', STORE_EXPIRE, .more = 2), a = ASK('a', STORE_RUNS), b = ASK('b', STORE_END);
    struct ask r = ASK('r', STORE_GET);
    start_default();
    submit(&e);
    submit(&a);
    submit(&r);
    submit(&b);
    release();
    finish_all();
    assert_string_equal(fake.writer, "begin E commit begin a b commit begin E commit begin E commit");
    assert_string_equal(fake.reader, "r");
    assert_true(r.commits >= 2);
    assert_int_equal(e.got, ERR_NONE);
    end();
}

static void test_a_slice_that_fails_ends_the_job(void **state)
{
    (void)state;
    struct ask e = ASK('E', STORE_EXPIRE, .more = 1, .code = ERR_UNAVAILABLE), a = ASK('a', STORE_RUNS);
    struct ask f = ASK('F', STORE_EXPIRE, .more = 1, .poison = true);
    start_default();
    submit(&e);
    submit(&a);
    release();
    finish_all();
    assert_string_equal(fake.writer, "begin E commit begin a commit begin E rollback");
    assert_int_equal(e.got, ERR_UNAVAILABLE);
    submit(&f);
    finish_all();
    assert_int_equal(f.got, ERR_UNAVAILABLE);
    end();
}

/* -- reads -- */

static void test_a_read_sees_what_was_written_before(void **state)
{
    (void)state;
    uv_sem_t gate;
    struct ask first = ASK('1', STORE_LIST), w = ASK('w', STORE_CREATE, .gate = &gate), r = ASK('r', STORE_LIST);
    uv_sem_init(&gate, 0);
    start_default();
    wait_open();
    submit(&first); /* the reader is there and idle */
    finish_all();
    assert_int_equal(first.commits, 0);
    submit(&w);
    submit(&r);
    for (int i = 0; i < 100; i++) {
        uv_run(&test.loop, UV_RUN_NOWAIT);
        sched_yield();
    }
    assert_false(r.done);
    uv_sem_post(&gate);
    finish_all();
    assert_int_equal(r.commits, 1);
    assert_string_equal(test.done, "1wr");
    assert_string_equal(fake.reader, "1 r");
    assert_string_equal(fake.writer, "begin w commit");
    end();
    assert_string_equal(fake.reader, "1 r close");
    uv_sem_destroy(&gate);
}

static void test_a_read_waits_for_nothing_else(void **state)
{
    (void)state;
    uv_sem_t gate;
    struct ask r = ASK('r', STORE_GET, .gate = &gate), w = ASK('w', STORE_RUNS);
    uv_sem_init(&gate, 0);
    start_default();
    wait_open();
    submit(&r);
    submit(&w); /* behind the read, and done while that one is still at work */
    while (!w.done)
        uv_run(&test.loop, UV_RUN_ONCE);
    assert_false(r.done);
    uv_sem_post(&gate);
    finish_all();
    assert_string_equal(test.done, "wr");
    end();
    uv_sem_destroy(&gate);
}

static void test_long_reads_let_others_pass(void **state)
{
    (void)state;
    uv_sem_t gate;
    struct ask g = ASK('G', STORE_GET, .more = 2, .gate = &gate), r = ASK('r', STORE_LIST);
    uv_sem_init(&gate, 0);
    start_default();
    wait_open();
    submit(&g);
    submit(&r);
    for (int i = 0; i < 3; i++)
        uv_sem_post(&gate);
    finish_all();
    assert_string_equal(fake.reader, "G r G G");
    assert_string_equal(test.done, "rG");
    end();
    uv_sem_destroy(&gate);
}

/* A path sees what was written before it and nothing else, whoever is idle. */
static void test_a_path_keeps_its_place(void **state)
{
    (void)state;
    struct ask r = ASK('r', STORE_LIST), p = ASK('p', STORE_PATH);
    struct ask a = ASK('a', STORE_RUNS), q = ASK('q', STORE_PATH, .more = 2), b = ASK('b', STORE_RUNS);
    struct ask f = ASK('f', STORE_RUNS, .poison = true), s = ASK('s', STORE_PATH), c = ASK('c', STORE_RUNS);
    struct ask *all[] = {&a, &q, &b, &f, &s, &c};
    start_default();
    wait_open();
    submit(&r); /* the reader is there */
    finish_all();
    submit(&p);
    finish_all();
    assert_string_equal(fake.writer, "p");
    end();
    start_default();
    for (int i = 0; i < 6; i++)
        submit(all[i]);
    release();
    finish_all();
    assert_string_equal(fake.writer,
                        "begin a commit q begin b f rollback begin b commit begin f rollback s begin c commit q q");
    assert_int_equal(q.got, ERR_NONE);
    assert_string_equal(fake.reader, "");
    end();
}

static void test_one_handle(void **state)
{
    (void)state;
    uv_sem_t gate;
    struct ask a = ASK('a', STORE_RUNS), r = ASK('r', STORE_GET, .more = 1), b = ASK('b', STORE_RUNS);
    struct ask c = ASK('c', STORE_RUNS, .gate = &gate), s = ASK('s', STORE_GET, .more = 1), d = ASK('d', STORE_RUNS);
    uv_sem_init(&gate, 0);
    start_default();
    fake.open_reader = ERR_NOT_FOUND;
    submit(&a);
    submit(&r);
    submit(&b);
    release();
    finish_all();
    assert_int_equal(r.got, ERR_NONE);
    assert_string_equal(fake.writer, "begin a b commit r r");
    submit(&c);
    submit(&s);
    submit(&d);
    uv_sem_post(&gate);
    finish_all();
    assert_string_equal(fake.writer, "begin a b commit r r begin c commit s begin d commit s");
    assert_string_equal(fake.reader, "");
    assert_int_equal(fake.readers, 1);
    end();
    uv_sem_destroy(&gate);
}

static void test_a_reader_that_cannot_be_opened_is_tried_again(void **state)
{
    (void)state;
    struct ask q = ASK('q', STORE_LIST), r = ASK('r', STORE_LIST);
    start_default();
    wait_open();
    fake.open_reader = ERR_UNAVAILABLE;
    submit(&q);
    finish_all();
    assert_int_equal(q.got, ERR_UNAVAILABLE);
    assert_string_equal(q.error.message, "no second drawer");
    assert_string_equal(state_name(), "ok");
    fake.open_reader = ERR_NONE;
    submit(&r);
    finish_all();
    assert_int_equal(r.got, ERR_NONE);
    end();
}

static void test_max_result(void **state)
{
    (void)state;
    struct ask q = ASK('q', STORE_LIST, .result = 100), r = ASK('r', STORE_LIST, .result = 101);
    start_default();
    submit(&q);
    submit(&r);
    release();
    finish_all();
    assert_int_equal(q.got, ERR_NONE);
    assert_int_equal(q.got_len, 100);
    assert_int_equal(r.got, ERR_TOO_LARGE);
    assert_non_null(strstr(r.error.message, "max_result"));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting_writes_share_a_transaction),
        cmocka_unit_test(test_the_place),
        cmocka_unit_test(test_a_group_ends_with_its_slice),
        cmocka_unit_test(test_a_failed_commit_is_taken_apart),
        cmocka_unit_test(test_a_spoiled_transaction_is_taken_apart),
        cmocka_unit_test(test_a_write_alone_is_not_tried_twice),
        cmocka_unit_test(test_no_transaction_to_be_had),
        cmocka_unit_test(test_no_second_transaction_to_be_had),
        cmocka_unit_test(test_slices_let_others_pass),
        cmocka_unit_test(test_a_slice_that_fails_ends_the_job),
        cmocka_unit_test(test_a_read_sees_what_was_written_before),
        cmocka_unit_test(test_a_read_waits_for_nothing_else),
        cmocka_unit_test(test_long_reads_let_others_pass),
        cmocka_unit_test(test_a_path_keeps_its_place),
        cmocka_unit_test(test_one_handle),
        cmocka_unit_test(test_a_reader_that_cannot_be_opened_is_tried_again),
        cmocka_unit_test(test_max_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
