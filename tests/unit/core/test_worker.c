#include "daemon/core/worker.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct task {
    struct worker_item item; /* first */
    int id;
    int laps; /* how often it goes behind the others before it is done */
};

struct bench {
    uv_loop_t loop;
    struct worker *w;
    uv_sem_t gate; /* the thread waits here before it takes its first item */
    uv_thread_t loop_thread;
    /* The thread's, read after its end */
    char name[16];
    sigset_t mask;
    size_t stack;
    int worked[64], n_worked;
    /* The loop's */
    int done[64], n_done, closed;
    bool submitting, done_inside, done_elsewhere;
    struct task *follower; /* submitted by the first done */
    bool close_when_done;
};

static void look_around(struct bench *b)
{
    pthread_attr_t attr;
    pthread_getname_np(pthread_self(), b->name, sizeof b->name);
    pthread_sigmask(SIG_SETMASK, NULL, &b->mask);
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstacksize(&attr, &b->stack);
        pthread_attr_destroy(&attr);
    }
}

static size_t usual_stack(void)
{
    pthread_attr_t attr;
    size_t size = 0;
    pthread_getattr_default_np(&attr);
    pthread_attr_getstacksize(&attr, &size);
    pthread_attr_destroy(&attr);
    return size;
}

static void run(void *data, struct worker *w)
{
    struct bench *b = data;
    struct worker_item *item;

    look_around(b);
    uv_sem_wait(&b->gate);
    while ((item = worker_take(w, true))) {
        struct task *t = (struct task *)item;
        b->worked[b->n_worked++] = t->id;
        if (t->laps-- > 0)
            worker_requeue(w, item);
        else
            worker_give(w, item);
    }
}

static void submit(struct bench *b, struct task *t)
{
    b->submitting = true;
    worker_submit(b->w, &t->item);
    b->submitting = false;
}

static void on_closed(void *data)
{
    struct bench *b = data;
    b->closed++;
    b->w = NULL;
}

static void done(void *data, struct worker_item *item)
{
    struct bench *b = data;
    uv_thread_t self = uv_thread_self();
    b->done_inside |= b->submitting;
    b->done_elsewhere |= !uv_thread_equal(&self, &b->loop_thread);
    b->done[b->n_done++] = ((struct task *)item)->id;
    struct task *follower = b->follower;
    b->follower = NULL;
    if (follower)
        submit(b, follower);
    else if (b->close_when_done)
        worker_close(b->w, on_closed, b);
}

static const struct worker_hooks hooks = {run, done};

static void open_bench(struct bench *b)
{
    *b = (struct bench){.loop_thread = uv_thread_self()};
    assert_int_equal(uv_loop_init(&b->loop), 0);
    assert_int_equal(uv_sem_init(&b->gate, 0), 0);
    b->w = worker_new(&b->loop, "a-worker", &hooks, b);
    assert_non_null(b->w);
}

/* What is left on the loop runs to its end; nothing may stay open. */
static void end_bench(struct bench *b)
{
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(b->closed, 1);
    assert_false(b->done_inside);
    assert_false(b->done_elsewhere);
    uv_sem_destroy(&b->gate);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static void test_order(void **state)
{
    (void)state;
    struct bench b;
    struct task t[50] = {0};
    open_bench(&b);
    uv_sem_post(&b.gate);
    for (int i = 0; i < 50; i++) {
        t[i].id = i;
        submit(&b, &t[i]);
    }
    while (b.n_done < 50)
        uv_run(&b.loop, UV_RUN_ONCE);
    worker_close(b.w, on_closed, &b);
    end_bench(&b);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(b.worked[i], i);
        assert_int_equal(b.done[i], i);
    }
}

static void test_the_thread(void **state)
{
    (void)state;
    struct bench b;
    sigset_t mine;
    open_bench(&b);
    uv_sem_post(&b.gate);
    worker_close(b.w, on_closed, &b);
    end_bench(&b);
    assert_string_equal(b.name, "a-worker");
    assert_true(sigismember(&b.mask, SIGTERM) && sigismember(&b.mask, SIGHUP) && sigismember(&b.mask, SIGPIPE));
    assert_true(b.stack > 0 && b.stack < usual_stack());
    pthread_sigmask(SIG_SETMASK, NULL, &mine); /* and ours is as it was */
    assert_false(sigismember(&mine, SIGTERM));
}

static void test_close_waits_for_what_was_submitted(void **state)
{
    (void)state;
    struct bench b;
    struct task t[3] = {{.id = 1}, {.id = 2}, {.id = 3}};
    open_bench(&b);
    for (int i = 0; i < 3; i++)
        submit(&b, &t[i]);
    worker_close(b.w, on_closed, &b);
    assert_int_equal(b.n_done, 0);
    uv_sem_post(&b.gate);
    end_bench(&b);
    assert_int_equal(b.n_done, 3);
    assert_int_equal(b.done[2], 3);
}

static void test_requeue_lets_others_pass(void **state)
{
    (void)state;
    struct bench b;
    struct task t[3] = {{.id = 1, .laps = 2}, {.id = 2}, {.id = 3}};
    static const int worked[] = {1, 2, 3, 1, 1}, given[] = {2, 3, 1};
    open_bench(&b);
    for (int i = 0; i < 3; i++)
        submit(&b, &t[i]);
    worker_close(b.w, on_closed, &b); /* what was put behind is still done */
    uv_sem_post(&b.gate);
    end_bench(&b);
    assert_int_equal(b.n_worked, 5);
    assert_memory_equal(b.worked, worked, sizeof worked);
    assert_int_equal(b.n_done, 3);
    assert_memory_equal(b.done, given, sizeof given);
}

static void test_submit_and_close_from_done(void **state)
{
    (void)state;
    struct bench b;
    struct task first = {.id = 1}, second = {.id = 2};
    open_bench(&b);
    uv_sem_post(&b.gate);
    b.follower = &second;
    b.close_when_done = true;
    submit(&b, &first);
    end_bench(&b);
    assert_int_equal(b.n_done, 2);
    assert_int_equal(b.done[1], 2);
}

struct gatherer {
    uv_sem_t gate;
    int first, second; /* items of the first and the second batch */
};

static void gather(void *data, struct worker *w)
{
    struct gatherer *g = data;
    struct worker_item *item;
    uv_sem_wait(&g->gate);
    for (item = worker_take(w, false); item; item = worker_take(w, false)) {
        g->first++;
        worker_give(w, item);
    }
    while ((item = worker_take(w, true))) {
        g->second++;
        worker_give(w, item);
    }
}

static void ignore(void *data, struct worker_item *item)
{
    (void)data, (void)item;
}

static void test_take_without_waiting(void **state)
{
    (void)state;
    static const struct worker_hooks gather_hooks = {gather, ignore};
    struct gatherer g = {.first = 0};
    struct task t[4] = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}};
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_sem_init(&g.gate, 0);
    struct worker *w = worker_new(&loop, "gatherer", &gather_hooks, &g);
    for (int i = 0; i < 4; i++)
        worker_submit(w, &t[i].item);
    worker_close(w, NULL, NULL);
    uv_sem_post(&g.gate);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(g.first, 4);
    assert_int_equal(g.second, 0);
    uv_sem_destroy(&g.gate);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_the_thread),
        cmocka_unit_test(test_close_waits_for_what_was_submitted),
        cmocka_unit_test(test_requeue_lets_others_pass),
        cmocka_unit_test(test_submit_and_close_from_done),
        cmocka_unit_test(test_take_without_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
