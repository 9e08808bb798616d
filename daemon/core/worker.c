#include "daemon/core/worker.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WORKER_STACK = 256 << 10 };

struct worker {
    uv_poll_t given; /* of the eventfd: the thread has given something back, or has ended */
    int fd;
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

/* Not by a uv_async_t: where the loop has the thread's core, it wakes in the midst of uv_async_send, and spins until
 * the thread comes to the end of it. */
static void wake(struct worker *w)
{
    eventfd_write(w->fd, 1);
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
    uv_mutex_lock(&w->lock);
    bool first = TAILQ_EMPTY(&w->out); /* for the others the loop comes anyway */
    TAILQ_INSERT_TAIL(&w->out, item, link);
    uv_mutex_unlock(&w->lock);
    if (first)
        wake(w);
}

void worker_requeue(struct worker *w, struct worker_item *item)
{
    uv_mutex_lock(&w->lock);
    TAILQ_INSERT_TAIL(&w->in, item, link);
    uv_mutex_unlock(&w->lock);
}

static void run(void *arg)
{
    struct worker *w = arg;
    pthread_setname_np(pthread_self(), w->name);
    w->hooks->run(w->data, w);
    uv_mutex_lock(&w->lock);
    w->ended = true;
    uv_mutex_unlock(&w->lock);
    wake(w);
}

/* -- on the loop -- */

static void on_closed(uv_handle_t *h)
{
    struct worker *w = h->data;
    close(w->fd);
    uv_cond_destroy(&w->came);
    uv_mutex_destroy(&w->lock);
    if (w->closed)
        w->closed(w->closed_data);
    free(w);
}

static void on_given(uv_poll_t *h, int status, int events)
{
    (void)status, (void)events;
    struct worker *w = h->data;
    struct worker_items items = TAILQ_HEAD_INITIALIZER(items);
    struct worker_item *item;
    eventfd_t times;

    eventfd_read(w->fd, &times); /* before the items are taken: what is given later wakes again */
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
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0) {
        free(w);
        return NULL;
    }
    if (uv_poll_init(loop, &w->given, w->fd) != 0) { /* no more watches from the system */
        close(w->fd);
        free(w);
        return NULL;
    }
    w->given.data = w;
    uv_poll_start(&w->given, UV_READABLE, on_given);
    if (uv_mutex_init(&w->lock) != 0 || uv_cond_init(&w->came) != 0)
        abort(); /* they fail for want of a few bytes only */
    if (!start(w)) {
        uv_close((uv_handle_t *)&w->given, on_closed);
        return NULL;
    }
    return w;
}

/* Signalled without the lock: on the loop's own core the thread runs at once, and would only wait for it. */
void worker_submit(struct worker *w, struct worker_item *item)
{
    uv_mutex_lock(&w->lock);
    assert(!w->closing);
    TAILQ_INSERT_TAIL(&w->in, item, link);
    uv_mutex_unlock(&w->lock);
    uv_cond_signal(&w->came);
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
