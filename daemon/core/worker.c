#include "daemon/core/worker.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORKER_STACK = 256 << 10 };

struct worker {
    uv_async_t given; /* the thread has given something back, or has ended */
    uv_thread_t thread;
    char name[16];
    const struct worker_hooks *hooks;
    void *data;
    void (*closed)(void *data);
    void *closed_data;

    uv_mutex_t lock; /* over what follows */
    uv_cond_t came;
    struct worker_items in, out;
    bool closing, ended;
};

/* -- on the thread -- */

static void put(struct worker *w, struct worker_items *list, struct worker_item *item)
{
    uv_mutex_lock(&w->lock);
    TAILQ_INSERT_TAIL(list, item, link);
    uv_mutex_unlock(&w->lock);
}

struct worker_item *worker_take(struct worker *w, bool wait)
{
    uv_mutex_lock(&w->lock);
    while (wait && TAILQ_EMPTY(&w->in) && !w->closing)
        uv_cond_wait(&w->came, &w->lock);
    struct worker_item *item = TAILQ_FIRST(&w->in);
    if (item)
        TAILQ_REMOVE(&w->in, item, link);
    uv_mutex_unlock(&w->lock);
    return item;
}

void worker_give(struct worker *w, struct worker_item *item)
{
    put(w, &w->out, item);
    uv_async_send(&w->given);
}

void worker_requeue(struct worker *w, struct worker_item *item)
{
    put(w, &w->in, item);
}

static void run(void *arg)
{
    struct worker *w = arg;
    pthread_setname_np(pthread_self(), w->name);
    w->hooks->run(w->data, w);
    uv_mutex_lock(&w->lock);
    w->ended = true;
    uv_mutex_unlock(&w->lock);
    uv_async_send(&w->given);
}

/* -- on the loop -- */

static void on_closed(uv_handle_t *h)
{
    struct worker *w = h->data;
    uv_cond_destroy(&w->came);
    uv_mutex_destroy(&w->lock);
    if (w->closed)
        w->closed(w->closed_data);
    free(w);
}

static void on_given(uv_async_t *h)
{
    struct worker *w = h->data;
    struct worker_items items = TAILQ_HEAD_INITIALIZER(items);
    struct worker_item *item;

    uv_mutex_lock(&w->lock);
    TAILQ_CONCAT(&items, &w->out, link);
    bool ended = w->ended;
    uv_mutex_unlock(&w->lock);

    while ((item = TAILQ_FIRST(&items))) {
        TAILQ_REMOVE(&items, item, link);
        w->hooks->done(w->data, item);
    }
    if (!ended)
        return;
    uv_thread_join(&w->thread); /* it has nothing left to do but to return */
    uv_close((uv_handle_t *)h, on_closed);
}

/* A thread inherits the mask of the one that makes it: with all signals blocked from its first instruction on, each
 * goes to the loop's thread. */
static bool start(struct worker *w)
{
    static const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = WORKER_STACK};
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = uv_thread_create_ex(&w->thread, &options, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0;
}

struct worker *worker_new(uv_loop_t *loop, const char *name, const struct worker_hooks *hooks, void *data)
{
    struct worker *w = NEW(struct worker);
    w->hooks = hooks;
    w->data = data;
    snprintf(w->name, sizeof w->name, "%s", name);
    TAILQ_INIT(&w->in);
    TAILQ_INIT(&w->out);
    if (uv_async_init(loop, &w->given, on_given) != 0) {
        free(w);
        return NULL;
    }
    w->given.data = w;
    if (uv_mutex_init(&w->lock) != 0 || uv_cond_init(&w->came) != 0)
        abort(); /* they fail for want of a few bytes only */
    if (!start(w)) {
        uv_close((uv_handle_t *)&w->given, on_closed);
        return NULL;
    }
    return w;
}

void worker_submit(struct worker *w, struct worker_item *item)
{
    uv_mutex_lock(&w->lock);
    assert(!w->closing);
    TAILQ_INSERT_TAIL(&w->in, item, link);
    uv_cond_signal(&w->came);
    uv_mutex_unlock(&w->lock);
}

void worker_close(struct worker *w, void (*closed)(void *data), void *data)
{
    w->closed = closed;
    w->closed_data = data;
    uv_mutex_lock(&w->lock);
    assert(!w->closing);
    w->closing = true;
    uv_cond_signal(&w->came);
    uv_mutex_unlock(&w->lock);
}
