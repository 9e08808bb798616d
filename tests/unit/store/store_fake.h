/* A backend that does as it is told and writes down what it was asked, and a store over it, one at a time. For the
 * tests of the store: each is a program of its own. */
#ifndef ASKD_TESTS_STORE_FAKE_H
#define ASKD_TESTS_STORE_FAKE_H

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
    char given_up[8];                /* writes, in order */
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

static void fake_give_up(struct store_db *db, const struct store_job *job)
{
    const struct ask *ask = job->data;
    (void)db;
    fake.given_up[strlen(fake.given_up)] = ask->name;
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
    .give_up = fake_give_up,
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

#endif
