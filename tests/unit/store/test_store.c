/* The store over a backend that does as it is told and writes down what it was asked. */
#include "daemon/store/store.h"
#include "daemon/store/store_internal.h"
#include "lib/base/clock.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What a job does, and what came of it. */
struct ask {
    char name;
    enum store_kind kind;
    int more;             /* slices before the last one */
    enum error_code code; /* what it comes to */
    bool poison;          /* the commit of a transaction with it fails */
    bool slow;            /* it works until its slice is over */
    size_t result;        /* bytes */
    uv_sem_t *gate;       /* waits here each time it is run */
    struct ask *follower; /* its done submits this one */
    /* Outcome */
    bool done;
    struct error error;
    enum error_code got;
    size_t got_len;
    int commits; /* when it was run last */
};

#define ASK(n, k, ...)                                                                                                 \
    {                                                                                                                  \
        .name = (n), .kind = (k), __VA_ARGS__                                                                          \
    }

struct store_db {
    bool reader;
};

static struct fake {
    enum error_code open, open_reader, begin;
    int begins_left; /* after so many, begin fails; 0: as it says */
    uv_sem_t gate;   /* open waits here */
    uv_mutex_t lock;
    char writer[1024], reader[1024]; /* what the two handles were asked, a word each */
    bool poisoned;                   /* the transaction */
    atomic_bool stale;               /* a job was run again with its old outcome */
    atomic_int commits;
    int begins;  /* attempts, those that failed too */
    int readers; /* times that a reader was opened */
    struct store_place place;
} fake;

static void note(const struct store_db *db, const char *word)
{
    uv_mutex_lock(&fake.lock);
    char *trace = db->reader ? fake.reader : fake.writer;
    size_t len = strlen(trace);
    snprintf(trace + len, sizeof fake.writer - len, "%s%s", len ? " " : "", word);
    uv_mutex_unlock(&fake.lock);
}

static enum error_code fake_open(const struct store_place *place, struct store_db **ret, struct error *err)
{
    static struct store_db db = {.reader = false};
    uv_sem_wait(&fake.gate);
    fake.place = *place;
    if (fake.open != ERR_NONE)
        return error_set(err, fake.open, "the drawer is stuck");
    *ret = &db;
    return ERR_NONE;
}

static enum error_code fake_open_reader(const struct store_place *place, struct store_db **ret, struct error *err)
{
    static struct store_db db = {.reader = true};
    (void)place;
    fake.readers++;
    if (fake.open_reader != ERR_NONE)
        return error_set(err, fake.open_reader, "no second drawer");
    *ret = &db;
    return ERR_NONE;
}

static struct store_db *fake_close(struct store_db *db)
{
    if (db)
        note(db, "close");
    return NULL;
}

static enum error_code fake_begin(struct store_db *db, struct error *err)
{
    fake.begins++;
    if (fake.begin != ERR_NONE)
        return error_set(err, fake.begin, "cannot begin");
    if (fake.begins_left > 0 && --fake.begins_left == 0)
        fake.begin = ERR_UNAVAILABLE; /* from the next one on */
    note(db, "begin");
    fake.poisoned = false;
    return ERR_NONE;
}

static enum error_code fake_commit(struct store_db *db, struct error *err)
{
    if (fake.poisoned)
        return error_set(err, ERR_UNAVAILABLE, "the drawer is full");
    note(db, "commit");
    fake.commits++;
    return ERR_NONE;
}

static void fake_rollback(struct store_db *db)
{
    note(db, "rollback");
}

static enum store_step fake_run(struct store_db *db, struct store_job *job, int64_t until_us)
{
    struct ask *ask = job->data;
    note(db, (char[]){ask->name, '\0'});
    if (ask->gate)
        uv_sem_wait(ask->gate);
    for (int i = 0; i < 100; i++)
        sched_yield(); /* whoever must not come before us gets a chance to */
    while (ask->slow && clock_mono_us() < until_us)
        ;
    if (job->code != ERR_NONE || job->error.code != ERR_NONE || job->out.len > 0)
        fake.stale = true;
    if (ask->poison)
        fake.poisoned = true;
    ask->commits = fake.commits;
    if (ask->more > 0) {
        ask->more--;
        return STORE_STEP_MORE;
    }
    for (size_t i = 0; i < ask->result; i++)
        buf_putc(&job->out, 'x');
    job->code = ask->code;
    if (job->code != ERR_NONE)
        error_set(&job->error, job->code, "told to fail");
    return STORE_STEP_DONE;
}

static const struct store_backend backend = {
    .name = "fake",
    .stores = true,
    .open = fake_open,
    .open_reader = fake_open_reader,
    .close = fake_close,
    .begin = fake_begin,
    .commit = fake_commit,
    .rollback = fake_rollback,
    .run = fake_run,
};

/* -- a store under test -- */

static const struct store_options defaults = {
    .keep_ms = STORE_KEEP_FOREVER,
    .locking = STORE_LOCKING_EXCLUSIVE,
    .max_size = 12345,
    .max_waiting = 100,
    .slice_ms = 10000,
    .retry_ms = 3600000, /* no test takes as long: groups end for another reason */
    .max_result = 100,
};

struct test {
    uv_loop_t loop;
    struct store *s;
    char done[64]; /* names in the order they came back */
    size_t waiting;
    bool submitting, inside;
    int closed;
};

static struct test test; /* one at a time */
static char dir[16];

static void on_done(void *data, struct store_job *job);

static enum error_code try(struct ask *ask, struct error *err)
{
    test.submitting = true;
    test.waiting++;
    enum error_code code = store_submit(test.s, store_job_new(ask->kind, on_done, ask), err);
    test.waiting -= code != ERR_NONE;
    test.submitting = false;
    return code;
}

static void submit(struct ask *ask)
{
    assert_int_equal(try(ask, NULL), ERR_NONE);
}

static void on_done(void *data, struct store_job *job)
{
    struct ask *ask = data;
    test.inside |= test.submitting;
    test.waiting--;
    test.done[strlen(test.done)] = ask->name;
    ask->done = true;
    ask->got = job->code;
    ask->error = job->error;
    ask->got_len = job->out.len;
    store_job_free(job);
    if (ask->follower)
        try(ask->follower, NULL);
}

static void finish_all(void)
{
    while (test.waiting > 0)
        uv_run(&test.loop, UV_RUN_ONCE);
}

static void on_closed(void *data)
{
    ((struct test *)data)->closed++;
}

static void start(const struct store_backend *b, const struct store_options *opt)
{
    test = (struct test){.waiting = 0};
    fake = (struct fake){.open = ERR_NONE};
    uv_sem_init(&fake.gate, 0);
    uv_mutex_init(&fake.lock);
    assert_int_equal(uv_loop_init(&test.loop), 0);
    snprintf(dir, sizeof dir, "/drawer");
    test.s = b ? store_new_with(&test.loop, b, dir, opt, NULL) : store_new(&test.loop, dir, opt, NULL);
}

static void start_default(void)
{
    start(&backend, &defaults);
}

/* The database opens: what was submitted until now waits together. */
static void release(void)
{
    uv_sem_post(&fake.gate);
}

static const char *state_name(void)
{
    struct store_status st;
    store_status(test.s, &st);
    return st.state;
}

static void wait_open(void)
{
    release();
    while (strcmp(state_name(), "opening") == 0)
        uv_run(&test.loop, UV_RUN_ONCE);
}

static void end(void)
{
    if (test.s)
        store_close(test.s, on_closed, &test);
    test.s = NULL;
    uv_run(&test.loop, UV_RUN_DEFAULT);
    assert_int_equal(test.closed, 1);
    assert_int_equal(test.waiting, 0);
    assert_false(test.inside);
    assert_false(fake.stale);
    uv_sem_destroy(&fake.gate);
    uv_mutex_destroy(&fake.lock);
    assert_int_equal(uv_loop_close(&test.loop), 0);
}

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

/* -- the store -- */

static void test_max_waiting(void **state)
{
    (void)state;
    struct ask a = ASK('a', STORE_RENAME), b = ASK('b', STORE_GET), c = ASK('c', STORE_LIST),
               d = ASK('d', STORE_DELETE);
    struct ask e[] = {ASK('1', STORE_BEGIN), ASK('2', STORE_RUNS), ASK('3', STORE_END)};
    struct error err = ERROR_INIT;
    struct store_status st;
    struct store_options opt = defaults;
    opt.max_waiting = 2;
    start(&backend, &opt);
    submit(&a);
    submit(&b);
    assert_int_equal(try(&c, &err), ERR_OVERLOADED);
    assert_non_null(strstr(err.message, "max_waiting"));
    for (int i = 0; i < 3; i++)
        submit(&e[i]);
    assert_int_equal(try(&d, &err), ERR_OVERLOADED);
    store_status(test.s, &st);
    assert_int_equal(st.waiting, 5);
    release();
    finish_all();
    assert_false(c.done || d.done);
    submit(&c);
    submit(&d);
    finish_all();
    store_status(test.s, &st);
    assert_int_equal(st.waiting, 0);
    assert_int_equal(st.writes, 5);
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
        {STORE_FORK, ERR_NOT_FOUND, "conversation"},
        {STORE_RENAME, ERR_NOT_FOUND, "conversation"},
        {STORE_DELETE, ERR_NOT_FOUND, "conversation"},
        {STORE_EXPIRE, ERR_NONE, ""},
        {STORE_PATH, ERR_NOT_FOUND, "conversation"},
        {STORE_LIST, ERR_NONE, ""},
        {STORE_GET, ERR_NOT_FOUND, "conversation"},
        {STORE_ANSWER, ERR_NOT_FOUND, "answer"},
        {STORE_ANSWERS, ERR_NONE, ""},
    };
    struct ask ask[STORE_KINDS] = {0};
    struct store_status st;
    struct store_options opt = defaults;
    opt.keep_ms = STORE_KEEP_NONE;
    assert_int_equal(sizeof rows / sizeof *rows, STORE_KINDS);
    start(NULL, &opt);
    assert_false(store_stores(test.s));
    for (int i = 0; i < STORE_KINDS; i++) {
        ask[i] = (struct ask){.name = (char)('a' + i), .kind = rows[i].kind};
        submit(&ask[i]);
    }
    finish_all();
    assert_string_equal(test.done, "abcdefghijklm");
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
