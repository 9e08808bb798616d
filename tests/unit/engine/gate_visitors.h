/* Visitors of a gate, in a world whose clock stands still but where a test moves it; timers fire by the loop's own. */
#ifndef ASKD_TESTS_GATE_VISITORS_H
#define ASKD_TESTS_GATE_VISITORS_H

#include "daemon/engine/gate.h"
#include "lib/base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000)
#define S (1000 * MS)
#define T0 (1000 * S)
#define WALL (INT64_C(1787097600) * S)

static uv_loop_t loop;
static struct gate_room *room;
static struct gate *gate;
static int64_t now;
static char trace[64]; /* names in the order in which they were let in; small: turned away */

/* Somebody who wants in. */
struct visitor {
    char name;
    struct gate_ticket *ticket;
    struct bucket_mark mark;
    struct error err;
    struct place place;      /* as it was told last */
    unsigned n_told;         /* so often */
    struct visitor *cancels; /* when it is let in, or told its place */
    bool hasty;              /* leaves at once */
};

static struct gate_wish wish; /* what most of them want */

static inline void set_clock(int64_t mono_us)
{
    now = mono_us;
    clock_set(now, WALL + now - T0);
}

static inline int set_up(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    room = gate_room_new(&loop);
    gate = gate_of(room, "p");
    wish = (struct gate_wish){.model = "m", .max_active = 2, .max_waiting = 100};
    trace[0] = 0;
    set_clock(T0);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    room = gate_room_free(room);
    uv_run(&loop, UV_RUN_DEFAULT);
    clock_set(-1, 0);
    return uv_loop_close(&loop);
}

static inline void note(char name)
{
    size_t len = strlen(trace);
    assert_true(len + 1 < sizeof trace);
    trace[len] = name;
    trace[len + 1] = 0;
}

static inline void cancel_other(struct visitor *v)
{
    if (v->cancels && v->cancels->ticket)
        gate_cancel(v->cancels->ticket);
    if (v->cancels)
        v->cancels->ticket = NULL;
}

static inline void on_open(void *data, const struct bucket_mark *mark, const struct error *err)
{
    struct visitor *v = data;
    assert_true(!mark == !!err);
    v->ticket = NULL;
    note((char)(err ? v->name | 0x20 : v->name));
    if (err)
        v->err = *err;
    else
        v->mark = *mark;
    cancel_other(v);
    if (v->hasty)
        gate_leave(gate);
}

static inline void on_place(void *data, const struct place *p)
{
    struct visitor *v = data;
    v->place = *p;
    v->n_told++;
    cancel_other(v);
}

static const struct gate_hooks hooks = {on_open, on_place};

static inline enum error_code try_to_enter(struct visitor *v, char name)
{
    v->name = name;
    v->err = (struct error)ERROR_INIT;
    enum error_code code = gate_enter(gate, &wish, &hooks, v, &v->ticket, &v->mark, &v->err);
    if (code == ERR_NONE && !v->ticket)
        note(name);
    return code;
}

static inline void enter(struct visitor *v, char name)
{
    assert_int_equal(try_to_enter(v, name), ERR_NONE);
}

/* What is due now happens, and nothing that is to wait for a timer. */
static inline void turn(void)
{
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

static inline void run_until_open(const struct visitor *v)
{
    while (v->ticket)
        uv_run(&loop, UV_RUN_ONCE);
}

static inline void check(unsigned active, unsigned waiting)
{
    struct gate_report r;
    gate_report(gate, &r);
    assert_int_equal(r.active, active);
    assert_int_equal(r.waiting, waiting);
}

static inline void put_rate(struct response_head *head, const char *what, const char *of, const char *value)
{
    struct rate_header *h = &head->rate[head->n_rate++];
    snprintf(h->name, sizeof h->name, "x-ratelimit-%s-%s", what, of);
    snprintf(h->value, sizeof h->value, "%s", value);
}

static inline struct response_head head_of(const char *of, const char *limit, const char *left, const char *reset)
{
    struct response_head head = {.status = 200, .retry_after = -1, .should_retry = -1};
    put_rate(&head, "limit", of, limit);
    put_rate(&head, "remaining", of, left);
    put_rate(&head, "reset", of, reset);
    return head;
}

static inline void hear(const struct visitor *v, const struct response_head *head, const struct error *err)
{
    gate_hear(gate, wish.model, wish.key, &v->mark, head, err);
}

/* A request has come back, and its head told this. */
static inline void teach(const char *of, const char *limit, const char *left, const char *reset)
{
    struct visitor v = {0};
    struct response_head head = head_of(of, limit, left, reset);
    enter(&v, 'T');
    assert_null(v.ticket);
    hear(&v, &head, NULL);
    gate_leave(gate);
    turn();
    trace[0] = 0;
}

static inline struct error refusal(double retry_after)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_RATE_LIMITED, "too fast");
    err.retry_after = retry_after;
    return err;
}

static inline void enter_as(const char *client, struct visitor *v, char name)
{
    wish.client = client;
    enter(v, name);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
