#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

struct timer {
    uv_timer_t handle; /* first: the close callback frees it */
    void (*fire)(void *data);
    void *data;
};

static void on_timer(uv_timer_t *h)
{
    struct timer *t = h->data;
    t->fire(t->data);
}

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

struct timer *timer_new(uv_loop_t *loop, void (*fire)(void *data), void *data)
{
    struct timer *t = NEW(struct timer);
    t->fire = fire;
    t->data = data;
    uv_timer_init(loop, &t->handle);
    t->handle.data = t;
    return t;
}

struct timer *timer_free(struct timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->handle, on_closed);
    return NULL;
}

void timer_start(struct timer *t, int64_t ms)
{
    uv_timer_start(&t->handle, on_timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

void timer_stop(struct timer *t)
{
    if (t)
        uv_timer_stop(&t->handle);
}

bool timer_active(const struct timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->handle);
}
