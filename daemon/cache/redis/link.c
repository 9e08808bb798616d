#include "daemon/cache/redis/link.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

enum link_state {
    LINK_PAUSING,
    LINK_CONNECTING,
    LINK_UP,
    LINK_CLOSING,
};

struct link {
    uv_loop_t *loop;
    const struct redis_url *url;
    const struct link_hooks *hooks;
    void *data;
    enum link_state state;
    struct conn *conn; /* LINK_CONNECTING, LINK_UP */
    uv_timer_t timer;
    unsigned open;      /* the timer, and connections with those that close */
    int64_t pause_ms;   /* the next one */
    unsigned strikes;   /* operations in a row that were too slow */
    uint64_t strike_ms; /* when the last of them was seen */
    bool slow;          /* it was left for that, and nothing has been in time since */
};

static const struct conn_hooks conn_hooks;

static void enter(struct link *l, enum link_state state)
{
    l->state = state;
    if (state == LINK_CONNECTING) {
        l->open++;
        l->conn = conn_new(l->loop, l->url, &conn_hooks, l);
    } else if (state != LINK_UP && l->conn) {
        struct conn *c = l->conn;
        l->conn = NULL;
        conn_close(c);
    }
}

static void on_pause_over(uv_timer_t *timer)
{
    enter(timer->data, LINK_CONNECTING);
}

static void pause_it(struct link *l, const char *why)
{
    uv_timer_start(&l->timer, on_pause_over, (uint64_t)l->pause_ms, 0);
    l->pause_ms = l->pause_ms < LINK_PAUSE_MAX_MS / 2 ? l->pause_ms * 2 : LINK_PAUSE_MAX_MS;
    enter(l, LINK_PAUSING);
    l->hooks->changed(l->data, why);
}

static void on_ready(void *data, struct conn *c)
{
    struct link *l = data;
    (void)c;
    enter(l, LINK_UP);
    l->strikes = l->slow ? LINK_STRIKES - 1 : 0;
    if (!l->slow)
        l->hooks->changed(l->data, NULL);
}

static void on_failed(void *data, struct conn *c, const char *why)
{
    struct link *l = data;
    (void)c;
    pause_it(l, why);
}

static void on_gone(void *data)
{
    struct link *l = data;
    if (--l->open > 0)
        return;
    l->hooks->gone(l->data);
    free(l);
}

static void on_timer_closed(uv_handle_t *h)
{
    on_gone(h->data);
}

static const struct conn_hooks conn_hooks = {.ready = on_ready, .failed = on_failed, .gone = on_gone};

struct link *link_new(uv_loop_t *loop, const struct redis_url *url, const struct link_hooks *hooks, void *data)
{
    struct link *l = NEW(struct link);
    l->loop = loop;
    l->url = url;
    l->hooks = hooks;
    l->data = data;
    l->pause_ms = LINK_PAUSE_MS;
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    l->open = 1;
    enter(l, LINK_CONNECTING);
    return l;
}

struct conn *link_conn(struct link *l)
{
    return l->state == LINK_UP ? l->conn : NULL;
}

void link_in_time(struct link *l)
{
    bool was_slow = l->slow;
    l->slow = false;
    l->strikes = 0;
    l->pause_ms = LINK_PAUSE_MS;
    if (was_slow && l->state == LINK_UP)
        l->hooks->changed(l->data, NULL);
}

void link_too_slow(struct link *l, uint64_t begun_ms)
{
    if (l->state != LINK_UP || begun_ms < l->strike_ms)
        return;
    l->strike_ms = uv_now(l->loop);
    if (++l->strikes < LINK_STRIKES)
        return;
    l->slow = true;
    pause_it(l, "it is too slow");
}

void link_close(struct link *l)
{
    if (l->state == LINK_CLOSING)
        return;
    enter(l, LINK_CLOSING);
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}
