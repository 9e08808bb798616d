/* When an answer's question, events and end reach the store, and what becomes of those that it cannot take. The backend
 * is the test's own: it writes down what it is asked for, and takes it or not. */
#include "daemon/engine/keep.h"
#include "lib/base/alloc.h"
#include "tests/unit/store/store_plain.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
    _Atomic int refuse;     /* ERR_UNAVAILABLE for so many writes of an answer */
    uint64_t events;        /* the writer's */
    _Atomic bool known;     /* it has an answer */
    _Atomic bool forgetful; /* and has lost it */
    _Atomic bool gone;      /* conversations are deleted */
    char trace[256]; /* the writer's: one letter a job that was taken (L: an end that comes late), small for one that
                        was not */
    uv_mutex_t lock;
} fake;

/* How many of the events that came are behind the question that was taken, each counted once. */
static void note_events(const struct store_job *job)
{
    const struct store_run *runs = job->kind == STORE_END ? job->end.runs : job->runs.runs;
    size_t n = job->kind == STORE_END ? job->end.n_runs : job->runs.n;
    if (job->kind == STORE_BEGIN)
        fake.events = 0;
    else if (job->code == ERR_NONE)
        for (size_t i = 0; i < n; i++)
            if (runs[i].seq <= fake.events + 1 && runs[i].seq + runs[i].events - 1 > fake.events)
                fake.events = runs[i].seq + runs[i].events - 1;
}

static enum store_step fake_run(struct store_db *db, struct store_job *job, int64_t until_us)
{
    static const char letters[STORE_KINDS] = {[STORE_BEGIN] = 'B', [STORE_RUNS] = 'R', [STORE_END] = 'E'};
    char letter = letters[job->kind];
    (void)db;
    (void)until_us;
    if (!letter)
        return STORE_STEP_DONE;
    if (fake.refuse > 0) {
        fake.refuse--;
        letter |= 0x20;
        job->code = error_set(&job->error, ERR_UNAVAILABLE, "the drawer is full");
    } else if (job->kind == STORE_BEGIN && fake.gone && job->begin.conversation[0]) {
        letter = 'c';
        job->code = error_set(&job->error, ERR_NOT_FOUND, "no such conversation");
    } else if (job->kind == STORE_BEGIN) {
        fake.known = true;
    } else if (job->kind == STORE_END && (!fake.known || fake.forgetful)) {
        letter = 'n';
        job->code = error_set(&job->error, ERR_NOT_FOUND, "no such answer");
    } else if (job->kind == STORE_END && job->end.late) {
        letter = 'L';
    }
    note_events(job);
    uv_mutex_lock(&fake.lock);
    size_t len = strlen(fake.trace);
    snprintf(fake.trace + len, sizeof fake.trace - len, "%c", letter);
    uv_mutex_unlock(&fake.lock);
    return STORE_STEP_DONE;
}

static const struct store_backend backend = PLAIN_BACKEND(fake_run);

static uv_loop_t loop;
static struct store *store;
static struct store_options opt;
static struct answer_table *table;
static struct keep_room room;

struct asker {
    struct answer *answer;
    struct keep *keep;
    int begun, ended;
    bool stored;
};

static void on_begun(void *data)
{
    ((struct asker *)data)->begun++;
}

static void on_ended(void *data, bool stored, bool gone)
{
    struct asker *a = data;
    (void)gone;
    a->ended++;
    a->stored = stored;
    a->keep = keep_release(a->keep);
}

static const struct keep_hooks hooks = {on_begun, on_ended};

static int set_up(void **state)
{
    static const struct answer_options answers = {.max_answers = 100,
                                                  .max_answer = 1 << 20,
                                                  .answer_memory = 1 << 26,
                                                  .retain_max = 100,
                                                  .retain_ms = 1000,
                                                  .detached_limit_ms = 1000};
    (void)state;
    memset(&fake, 0, sizeof fake);
    uv_mutex_init(&fake.lock);
    uv_loop_init(&loop);
    opt = (struct store_options){.keep_ms = STORE_KEEP_FOREVER,
                                 .max_waiting = 100,
                                 .slice_ms = 1000,
                                 .retry_ms = 3600000,
                                 .max_result = 1 << 20,
                                 .max_unstored = 1 << 20,
                                 .commit_timeout_ms = 1000};
    store = store_new_with(&loop, &backend, "/drawer", &opt, NULL);
    table = answer_table_new(&answers, false);
    keep_room_init(&room, &loop, store, table);
    return 0;
}

static void close_all(void)
{
    keep_room_close(&room);
    store_close(store, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}

static int tear_down(void **state)
{
    (void)state;
    answer_table_free(table);
    assert_int_equal(uv_loop_close(&loop), 0);
    uv_mutex_destroy(&fake.lock);
    return 0;
}

static void begin(struct asker *a, bool at_once)
{
    const struct answer_asker asker = {.uid = 1000, .store = true};
    struct log *l = answer_table_log(table);
    *a = (struct asker){.answer = answer_new(l, &asker)};
    log_unref(l);
    struct store_job *job = store_job_new(STORE_BEGIN, NULL, NULL);
    id_new(job->begin.conversation);
    id_new(job->begin.message);
    answer_set_message(a->answer, job->begin.conversation, job->begin.message);
    answer_set_start(a->answer, "p", "m", "start", 5);
    a->keep = keep_begin(&room, a->answer, job, at_once, &hooks, a);
}

static void end(struct asker *a)
{
    struct fold fold;
    struct buf extras;
    buf_init(&extras, 100);
    fold_log(&fold, answer_log(a->answer), "p", "m");
    keep_end(a->keep, &(struct keep_end){.state = LOG_DONE, .fold = &fold, .extras = &extras});
    fold_done(&fold);
}

static void drop(struct asker *a)
{
    a->keep = keep_release(a->keep);
    a->answer = answer_unref(a->answer);
}

#define RUN_UNTIL(condition)                                                                                           \
    while (!(condition))                                                                                               \
    uv_run(&loop, UV_RUN_ONCE)

static void test_a_short_answer_is_one_hand_over(void **state)
{
    (void)state;
    struct asker a;
    begin(&a, false);
    assert_int_equal(a.begun, 0);
    end(&a);
    RUN_UNTIL(a.ended);
    assert_true(a.stored);
    assert_int_equal(a.begun, 0); /* nobody waited for it */
    assert_string_equal(fake.trace, "BE");
    drop(&a);
    close_all();
}

static void test_somebody_waits_for_the_question(void **state)
{
    (void)state;
    struct asker a;
    begin(&a, true);
    RUN_UNTIL(a.begun);
    assert_string_equal(fake.trace, "B");
    end(&a);
    RUN_UNTIL(a.ended);
    assert_string_equal(fake.trace, "BE");
    drop(&a);
    close_all();
}

static void test_events_follow_at_the_tick(void **state)
{
    (void)state;
    struct asker a;
    begin(&a, false);
    log_append(answer_log(a.answer), "event", 5);
    RUN_UNTIL(a.begun);
    log_append(answer_log(a.answer), "event", 5);
    RUN_UNTIL(strcmp(fake.trace, "BR") == 0);
    end(&a);
    RUN_UNTIL(a.ended);
    assert_string_equal(fake.trace, "BRE");
    drop(&a);
    close_all();
}

static void test_whoever_reads_sees_the_question(void **state)
{
    (void)state;
    struct asker a;
    begin(&a, false);
    keep_flush(&room);
    RUN_UNTIL(a.begun);
    assert_string_equal(fake.trace, "B");
    end(&a);
    RUN_UNTIL(a.ended);
    drop(&a);
    close_all();
}

static void test_the_end_is_tried_again(void **state)
{
    (void)state;
    struct asker a;
    begin(&a, true);
    RUN_UNTIL(a.begun);
    fake.refuse = 2;
    end(&a);
    RUN_UNTIL(a.ended);
    assert_false(a.stored); /* its asker is told */
    RUN_UNTIL(strcmp(fake.trace, "BeeL") == 0);
    RUN_UNTIL(TAILQ_EMPTY(&room.live) && TAILQ_EMPTY(&room.unstored));
    assert_int_equal(room.unstored_bytes, 0);
    assert_int_equal(a.ended, 1);
    drop(&a);
    close_all();
}

static void test_the_question_goes_again_with_the_end(void **state)
{
    (void)state;
    struct asker a;
    fake.refuse = 1;
    begin(&a, true);
    RUN_UNTIL(a.begun); /* it goes on without */
    end(&a);
    RUN_UNTIL(a.ended);
    assert_true(a.stored);
    assert_string_equal(fake.trace, "bBE");
    drop(&a);
    close_all();
}

/* A fault that passes while the answer runs leaves nothing behind: the question, then the events from the first. */
static void test_the_question_goes_again_at_the_tick(void **state)
{
    (void)state;
    struct asker a;
    fake.refuse = 1;
    begin(&a, true);
    log_append(answer_log(a.answer), "event", 5);
    RUN_UNTIL(strcmp(fake.trace, "bBR") == 0);
    assert_int_equal(a.begun, 1); /* told once */
    end(&a);
    RUN_UNTIL(a.ended);
    assert_true(a.stored);
    drop(&a);
    close_all();
}

/* Events that went behind a question which was not taken go again, all of them: with the next tick, or with the end. */
static void check_events_follow(bool tick)
{
    struct asker a;
    begin(&a, false);
    log_append(answer_log(a.answer), "one", 3);
    fake.refuse = 1;
    RUN_UNTIL(strcmp(fake.trace, "bR") == 0 && TAILQ_EMPTY(&room.saves));
    log_append(answer_log(a.answer), "two", 3);
    if (tick)
        RUN_UNTIL(strcmp(fake.trace, "bRBR") == 0);
    end(&a);
    RUN_UNTIL(a.ended);
    assert_true(a.stored);
    drop(&a);
    close_all();
    assert_string_equal(fake.trace, tick ? "bRBRE" : "bRBE");
    assert_int_equal(fake.events, 2);
}

static void test_events_go_again_at_the_tick(void **state)
{
    (void)state;
    check_events_follow(true);
}

static void test_events_go_again_with_the_end(void **state)
{
    (void)state;
    check_events_follow(false);
}

/* One that nobody can store any more does not stop the others. */
static void test_the_others_go_on(void **state)
{
    (void)state;
    struct asker a[3];
    fake.refuse = 1000;
    for (int i = 0; i < 3; i++)
        begin(&a[i], true);
    for (int i = 0; i < 3; i++) {
        RUN_UNTIL(a[i].begun);
        end(&a[i]);
        RUN_UNTIL(a[i].ended);
    }
    fake.forgetful = true;
    fake.refuse = 0;
    RUN_UNTIL(keep_unstored(&room) == 0);
    for (int i = 0; i < 3; i++)
        drop(&a[i]);
    close_all();
}

/* Deleted between the question's arrival and its hand-over: the answer is kept all the same, in none. */
static void test_a_conversation_that_has_gone(void **state)
{
    (void)state;
    struct asker a;
    fake.gone = true;
    begin(&a, true);
    RUN_UNTIL(a.begun);
    assert_string_equal(fake.trace, "cB");
    assert_string_equal(answer_conversation(a.answer), "");
    end(&a);
    RUN_UNTIL(a.ended);
    assert_true(a.stored);
    drop(&a);
    close_all();
}

static void test_a_conversation_that_has_gone_at_the_end(void **state)
{
    (void)state;
    struct asker a;
    fake.gone = true;
    begin(&a, false);
    end(&a);
    RUN_UNTIL(a.ended);
    assert_true(a.stored);
    assert_string_equal(fake.trace, "cnBE");
    assert_string_equal(answer_message(a.answer), "");
    assert_int_equal(a.ended, 1);
    drop(&a);
    close_all();
}

/* Over max_unstored the one that waits longest is given up. */
static void test_what_is_unstored_is_bounded(void **state)
{
    (void)state;
    struct asker a[3];
    opt.max_unstored = 2500;
    store_configure(store, &opt);
    for (int i = 0; i < 3; i++) {
        begin(&a[i], true);
        RUN_UNTIL(a[i].begun);
    }
    fake.refuse = 1000;
    for (int i = 0; i < 3; i++) {
        end(&a[i]);
        RUN_UNTIL(a[i].ended);
        assert_true(room.unstored_bytes <= 2500);
    }
    assert_true(room.unstored_bytes > 0);
    for (int i = 0; i < 3; i++)
        drop(&a[i]);
    close_all(); /* tries a last time, in vain */
}

/* The asker leaves before the store has answered; what it asked for is stored all the same. */
static void test_released_while_it_ends(void **state)
{
    (void)state;
    struct asker a;
    begin(&a, false);
    end(&a);
    drop(&a);
    close_all();
    assert_int_equal(a.ended, 0);
    assert_string_equal(fake.trace, "BE");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_short_answer_is_one_hand_over),
        TEST(test_somebody_waits_for_the_question),
        TEST(test_events_follow_at_the_tick),
        TEST(test_whoever_reads_sees_the_question),
        TEST(test_the_end_is_tried_again),
        TEST(test_the_question_goes_again_with_the_end),
        TEST(test_the_question_goes_again_at_the_tick),
        TEST(test_events_go_again_at_the_tick),
        TEST(test_events_go_again_with_the_end),
        TEST(test_the_others_go_on),
        TEST(test_a_conversation_that_has_gone),
        TEST(test_a_conversation_that_has_gone_at_the_end),
        TEST(test_what_is_unstored_is_bounded),
        TEST(test_released_while_it_ends),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
