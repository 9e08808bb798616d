/* Who goes to a provider when. The clock stands still but where a test moves it; timers fire by the loop's own. */
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

static void set_clock(int64_t mono_us)
{
    now = mono_us;
    clock_set(now, WALL + now - T0);
}

static int set_up(void **state)
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

static int tear_down(void **state)
{
    (void)state;
    room = gate_room_free(room);
    uv_run(&loop, UV_RUN_DEFAULT);
    clock_set(-1, 0);
    return uv_loop_close(&loop);
}

static void note(char name)
{
    size_t len = strlen(trace);
    assert_true(len + 1 < sizeof trace);
    trace[len] = name;
    trace[len + 1] = 0;
}

static void cancel_other(struct visitor *v)
{
    if (v->cancels && v->cancels->ticket)
        gate_cancel(v->cancels->ticket);
    if (v->cancels)
        v->cancels->ticket = NULL;
}

static void on_open(void *data, const struct bucket_mark *mark, const struct error *err)
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

static void on_place(void *data, const struct place *p)
{
    struct visitor *v = data;
    v->place = *p;
    v->n_told++;
    cancel_other(v);
}

static const struct gate_hooks hooks = {on_open, on_place};

static enum error_code try_to_enter(struct visitor *v, char name)
{
    v->name = name;
    v->err = (struct error)ERROR_INIT;
    enum error_code code = gate_enter(gate, &wish, &hooks, v, &v->ticket, &v->mark, &v->err);
    if (code == ERR_NONE && !v->ticket)
        note(name);
    return code;
}

static void enter(struct visitor *v, char name)
{
    assert_int_equal(try_to_enter(v, name), ERR_NONE);
}

/* What is due now happens, and nothing that is to wait for a timer. */
static void turn(void)
{
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

static void run_until_open(const struct visitor *v)
{
    while (v->ticket)
        uv_run(&loop, UV_RUN_ONCE);
}

static void check(unsigned active, unsigned waiting)
{
    struct gate_report r;
    gate_report(gate, &r);
    assert_int_equal(r.active, active);
    assert_int_equal(r.waiting, waiting);
}

static void put_rate(struct response_head *head, const char *what, const char *of, const char *value)
{
    struct rate_header *h = &head->rate[head->n_rate++];
    snprintf(h->name, sizeof h->name, "x-ratelimit-%s-%s", what, of);
    snprintf(h->value, sizeof h->value, "%s", value);
}

static struct response_head head_of(const char *of, const char *limit, const char *left, const char *reset)
{
    struct response_head head = {.status = 200, .retry_after = -1, .should_retry = -1};
    put_rate(&head, "limit", of, limit);
    put_rate(&head, "remaining", of, left);
    put_rate(&head, "reset", of, reset);
    return head;
}

static void hear(const struct visitor *v, const struct response_head *head, const struct error *err)
{
    gate_hear(gate, wish.model, wish.key, &v->mark, head, err);
}

/* A request has come back, and its head told this. */
static void teach(const char *of, const char *limit, const char *left, const char *reset)
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

static struct error refusal(double retry_after)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_RATE_LIMITED, "too fast");
    err.retry_after = retry_after;
    return err;
}

/* -- places -- */

static void so_many_places(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    enter(&a, 'A');
    enter(&b, 'B');
    enter(&c, 'C');
    assert_non_null(c.ticket);
    turn();
    assert_string_equal(trace, "AB");
    check(2, 1);
    gate_leave(gate);
    assert_string_equal(trace, "AB"); /* not from inside */
    check(1, 1);
    turn();
    assert_string_equal(trace, "ABC");
    check(2, 0);
    gate_leave(gate);
    gate_leave(gate);
    check(0, 0);
}

static void a_place_that_was_left_is_not_given_twice(void **state)
{
    (void)state;
    struct visitor v[5] = {{0}};
    for (size_t i = 0; i < 5; i++)
        enter(&v[i], (char)('A' + i));
    gate_leave(gate);
    gate_leave(gate);
    turn();
    assert_string_equal(trace, "ABCD");
    check(2, 1);
    gate_leave(gate);
    turn();
    gate_leave(gate);
    gate_leave(gate);
    assert_string_equal(trace, "ABCDE");
}

static void one_provider_does_not_hold_up_another(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0};
    struct gate *other = gate_of(room, "q");
    assert_ptr_equal(other, gate_of(room, "q"));
    assert_ptr_not_equal(other, gate);
    wish.max_active = 1;
    enter(&a, 'A');
    assert_int_equal(gate_enter(other, &wish, &hooks, &b, &b.ticket, &b.mark, NULL), ERR_NONE);
    assert_null(b.ticket);
    gate_leave(gate);
    gate_leave(other);
}

/* After a reload: the places are those of whoever asks. */
static void more_places(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    wish.max_active = 1;
    enter(&a, 'A');
    wish.max_active = 2;
    enter(&b, 'B');
    wish.max_active = 1;
    enter(&c, 'C');
    gate_leave(gate);
    turn();
    assert_string_equal(trace, "AB");
    gate_leave(gate);
    turn();
    assert_string_equal(trace, "ABC");
    gate_leave(gate);
}

static void one_that_leaves_as_it_comes(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {.hasty = true}, c = {0};
    wish.max_active = 1;
    enter(&a, 'A');
    enter(&b, 'B');
    enter(&c, 'C');
    gate_leave(gate);
    run_until_open(&c);
    assert_string_equal(trace, "ABC");
    check(1, 0);
    gate_leave(gate);
}

/* -- order -- */

static void interactive_ones_first(void **state)
{
    (void)state;
    struct visitor v[7] = {{0}};
    static const bool interactive[7] = {false, false, true, false, true, true, false};
    wish.max_active = 1;
    for (size_t i = 0; i < 7; i++) {
        wish.interactive = interactive[i];
        enter(&v[i], (char)('A' + i));
    }
    for (int i = 0; i < 7; i++) {
        gate_leave(gate);
        turn();
    }
    assert_string_equal(trace, "ACEFBDG");
    check(0, 0);
}

static void not_past_those_who_wait_for_the_same(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    teach("tokens", "6000", "100", "59s");
    wish.cost = (struct bucket_cost){200, 0};
    enter(&a, 'A');
    wish.cost = (struct bucket_cost){1, 0};
    enter(&b, 'B');
    turn();
    assert_string_equal(trace, "");
    check(0, 2);
    wish.interactive = true; /* but somebody watches this one */
    enter(&c, 'C');
    turn();
    assert_string_equal(trace, "C");
    gate_leave(gate);
    gate_cancel(a.ticket);
    gate_cancel(b.ticket);
}

static void enter_as(const char *client, struct visitor *v, char name)
{
    wish.client = client;
    enter(v, name);
}

static void clients_take_turns(void **state)
{
    (void)state;
    struct visitor v[9] = {{0}};
    wish.max_active = 1;
    for (size_t i = 0; i < 6; i++)
        enter_as("batch", &v[i], (char)('A' + i));
    enter_as("editor", &v[6], 'X');
    enter_as("editor", &v[7], 'Y');
    wish.uid = 1; /* a namesake of another user is another */
    enter_as("batch", &v[8], 'Z');
    for (int i = 0; i < 9; i++) {
        gate_leave(gate);
        turn();
    }
    assert_string_equal(trace, "ABXZCYDEF");
    check(0, 0);
}

/* Who leaves before its turn has had none. */
static void a_cancelled_one_takes_no_turn(void **state)
{
    (void)state;
    struct visitor v[5] = {{0}};
    wish.max_active = 1;
    enter_as("one", &v[0], 'A');
    enter_as("one", &v[1], 'B');
    enter_as("one", &v[2], 'C');
    enter_as("two", &v[3], 'X');
    gate_cancel(v[1].ticket);
    for (int i = 0; i < 3; i++) {
        gate_leave(gate);
        turn();
    }
    assert_string_equal(trace, "ACX");
    check(0, 0);
}

/* Its turn has come, but it needs more than is left: the small ones of another wait until it has gone. */
static void a_large_one_is_not_passed(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    wish.max_active = 3;
    teach("tokens", "6000", "100", "59s");
    wish.cost = (struct bucket_cost){200, 0};
    enter_as("one", &a, 'A');
    turn();
    wish.model = "other"; /* so that one's turn is over for now */
    enter_as("one", &b, 'B');
    wish.model = "m";
    wish.cost = (struct bucket_cost){1, 0};
    enter_as("two", &c, 'C');
    turn();
    assert_string_equal(trace, "B");
    set_clock(T0 + 5 * S);
    run_until_open(&c);
    assert_string_equal(trace, "BAC");
    for (int i = 0; i < 3; i++)
        gate_leave(gate);
}

/* In the moment between a place being free and its being given. */
static void nobody_takes_a_place_that_others_wait_for(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    wish.max_active = 1;
    enter(&a, 'A');
    enter(&b, 'B');
    gate_leave(gate);
    wish.model = "other";
    enter(&c, 'C');
    turn();
    assert_string_equal(trace, "AB");
    gate_leave(gate);
    turn();
    assert_string_equal(trace, "ABC");
    gate_leave(gate);
}

/* -- what those who wait are told -- */

static void run_until_told(const struct visitor *v, unsigned n)
{
    while (v->n_told < n)
        uv_run(&loop, UV_RUN_ONCE);
}

static void on_later(uv_timer_t *t)
{
    *(bool *)t->data = true;
}

/* The loop's own time, in which places are looked at several times. */
static void run_for_a_while(void)
{
    uv_timer_t later;
    bool over = false;
    later.data = &over;
    uv_timer_init(&loop, &later);
    uv_timer_start(&later, on_later, 350, 0);
    while (!over)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&later, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void check_place(const struct visitor *v, unsigned nth, unsigned of)
{
    assert_int_equal(v->place.nth, nth);
    assert_int_equal(v->place.of, of);
    assert_int_equal(v->place.until_us, 0);
}

static void places_are_told_in_turn(void **state)
{
    (void)state;
    struct visitor v[6] = {{0}};
    static const char *const clients[] = {"a", "a", "a", "a", "b", "b"};
    static const unsigned nth[] = {0, 2, 4, 5, 3, 1};
    wish.max_active = 1;
    for (size_t i = 0; i < 6; i++) {
        wish.interactive = i == 5;
        enter_as(clients[i], &v[i], (char)('A' + i));
    }
    set_clock(T0 + PLACE_AFTER_US - 1);
    run_for_a_while();
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(v[i].n_told, 0);
    set_clock(T0 + PLACE_AFTER_US);
    run_until_told(&v[3], 1);
    for (size_t i = 1; i < 6; i++)
        check_place(&v[i], nth[i], 5);
    gate_leave(gate); /* F goes, and all the others move up */
    set_clock(T0 + PLACE_AFTER_US + PLACE_EVERY_US - 1);
    run_for_a_while();
    assert_int_equal(v[3].n_told, 1);
    set_clock(T0 + PLACE_AFTER_US + PLACE_EVERY_US);
    run_until_told(&v[3], 2);
    for (size_t i = 1; i < 5; i++)
        check_place(&v[i], nth[i] - 1, 4);
    set_clock(T0 + 100 * S); /* nothing changes any more */
    run_for_a_while();
    assert_int_equal(v[3].n_told, 2);
    for (size_t i = 0; i < 5; i++) {
        gate_leave(gate);
        turn();
    }
    assert_string_equal(trace, "AFBECD");
}

static void the_wait_for_a_limit_is_told(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0};
    teach("requests", "60", "0", "1m0s");
    enter(&a, 'A');
    enter(&b, 'B');
    turn();
    set_clock(T0 + PLACE_AFTER_US);
    run_until_told(&b, 1);
    assert_int_equal(a.n_told, 1);
    assert_in_range(a.place.until_us, T0 + 1 * S - 10 * MS, T0 + 1 * S + 10 * MS);
    check_place(&b, 2, 2);
    gate_cancel(a.ticket);
    gate_cancel(b.ticket);
}

/* Whoever is told may go, and have others go with him. */
static void cancelled_by_one_that_is_told(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    wish.max_active = 1;
    enter(&a, 'A');
    enter(&b, 'B');
    enter(&c, 'C');
    b.cancels = &c;
    set_clock(T0 + PLACE_AFTER_US);
    run_until_told(&b, 1);
    run_for_a_while();
    assert_int_equal(c.n_told, 0);
    check(1, 1);
    gate_cancel(b.ticket);
    gate_leave(gate);
}

/* -- the bound -- */

static void so_many_may_wait(void **state)
{
    (void)state;
    struct visitor v[5] = {{0}};
    wish.max_active = 1;
    wish.max_waiting = 2;
    enter(&v[0], 'A');
    enter(&v[1], 'B');
    enter(&v[2], 'C');
    assert_int_equal(try_to_enter(&v[3], 'D'), ERR_OVERLOADED);
    assert_int_equal(v[3].err.code, ERR_OVERLOADED);
    assert_non_null(strstr(v[3].err.message, "max_waiting"));
    assert_non_null(strstr(v[3].err.message, "2 requests"));
    check(1, 2);
    gate_cancel(v[2].ticket);
    enter(&v[4], 'E');
    gate_leave(gate);
    turn();
    gate_leave(gate);
    turn();
    gate_leave(gate);
    assert_string_equal(trace, "ABE");
}

static void none_may_wait(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0};
    wish.max_active = 1;
    wish.max_waiting = 0;
    enter(&a, 'A');
    assert_int_equal(try_to_enter(&b, 'B'), ERR_OVERLOADED);
    gate_leave(gate);
    enter(&b, 'B');
    gate_leave(gate);
    assert_string_equal(trace, "AB");
}

/* -- cancel -- */

static void cancelled_while_it_waits(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0}, d = {0};
    wish.max_active = 1;
    enter(&a, 'A');
    enter(&b, 'B');
    enter(&c, 'C');
    enter(&d, 'D');
    gate_cancel(c.ticket);
    check(1, 2);
    gate_leave(gate);
    gate_cancel(b.ticket); /* its turn has come, but it was not told */
    turn();
    assert_string_equal(trace, "AD");
    gate_leave(gate);
    check(0, 0);
}

static void cancelled_by_one_that_is_let_in(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0}, d = {0};
    enter(&a, 'A');
    enter(&b, 'B');
    enter(&c, 'C');
    enter(&d, 'D');
    c.cancels = &d;
    gate_leave(gate);
    gate_leave(gate);
    turn();
    assert_string_equal(trace, "ABC");
    check(1, 0);
    gate_leave(gate);
}

/* -- limits -- */

static void it_waits_until_there_is_room(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0};
    teach("requests", "20", "0", "1s"); /* one every 50 ms */
    enter(&a, 'A');
    enter(&b, 'B');
    check(0, 2);
    set_clock(T0 + 49 * MS);
    turn();
    assert_string_equal(trace, "");
    set_clock(T0 + 51 * MS);
    run_until_open(&a);
    assert_string_equal(trace, "A");
    check(1, 1);
    set_clock(T0 + 5 * S);
    run_until_open(&b);
    gate_leave(gate);
    gate_leave(gate);
}

static void one_model_does_not_hold_up_another(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0}, d = {0};
    teach("requests", "60", "0", "1m0s");
    enter(&a, 'A');
    wish.model = "other";
    enter(&b, 'B');
    wish.model = "m";
    wish.key = 1; /* each key has its own limits */
    enter(&c, 'C');
    assert_string_equal(trace, "BC");
    check(2, 1);
    wish.model = "other";
    wish.interactive = false;
    enter(&d, 'D'); /* behind A, who cannot go */
    gate_leave(gate);
    turn();
    assert_string_equal(trace, "BCD");
    check(2, 1);
    gate_cancel(a.ticket);
    gate_leave(gate);
    gate_leave(gate);
}

static void a_head_that_tells_of_more(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    struct response_head none = head_of("requests", "60", "0", "1m0s"), most = head_of("requests", "60", "59", "1s");
    wish.max_active = 3;
    enter(&a, 'A');
    enter(&b, 'B');
    hear(&a, &none, NULL);
    enter(&c, 'C');
    turn();
    assert_string_equal(trace, "AB");
    hear(&b, &most, NULL);
    turn();
    assert_string_equal(trace, "ABC");
    for (int i = 0; i < 3; i++)
        gate_leave(gate);
}

static void nobody_waits_for_too_long(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0};
    teach("requests", "1", "0", "1h0m0s");
    assert_int_equal(try_to_enter(&a, 'A'), ERR_RATE_LIMITED);
    assert_int_equal(a.err.code, ERR_RATE_LIMITED);
    assert_in_range((int64_t)a.err.retry_after, 3600, 3602);
    check(0, 0);
    set_clock(T0 + 3600 * S - GATE_WAIT_MAX_MS * MS - 1 * S);
    assert_int_equal(try_to_enter(&a, 'A'), ERR_RATE_LIMITED);
    assert_in_range((int64_t)a.err.retry_after, 121, 122);
    set_clock(T0 + 3600 * S - GATE_WAIT_MAX_MS * MS + 2 * S);
    enter(&b, 'B');
    assert_non_null(b.ticket);
    gate_cancel(b.ticket);
}

static void one_that_waits_is_told_when_it_gets_too_long(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    enter(&a, 'A');
    struct error wait = refusal(60);
    hear(&a, NULL, &wait);
    enter(&b, 'B');
    enter(&c, 'C');
    turn();
    assert_string_equal(trace, "A");
    struct response_head head = head_of("requests", "1", "0", "2h0m0s");
    hear(&a, &head, NULL);
    turn();
    assert_string_equal(trace, "Abc");
    assert_int_equal(b.err.code, ERR_RATE_LIMITED);
    assert_in_range((int64_t)b.err.retry_after, 7200, 7202);
    check(1, 0);
    gate_leave(gate);
}

/* -- refusals -- */

static void after_a_429_nobody_goes_for_a_while(void **state)
{
    (void)state;
    static const struct {
        double told;
        int64_t wait_us;
    } rows[] = {{0.03, 30 * MS}, {-1, BUCKET_BLOCK_US}, {2, 2 * S}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct visitor a = {0}, b = {0}, c = {0};
        set_clock(T0 + (int64_t)i * 100 * S);
        trace[0] = 0;
        enter(&a, 'A');
        struct error err = refusal(rows[i].told);
        hear(&a, NULL, &err);
        gate_leave(gate);
        enter(&b, 'B');
        turn();
        assert_string_equal(trace, "A");
        wish.model = "other";
        enter(&c, 'C');
        wish.model = "m";
        assert_string_equal(trace, "AC");
        gate_leave(gate);
        set_clock(now + rows[i].wait_us - 1);
        gate_cancel(b.ticket);
        enter(&b, 'B');
        turn();
        assert_string_equal(trace, "AC");
        gate_cancel(b.ticket);
        set_clock(now + 1);
        enter(&b, 'B');
        assert_string_equal(trace, "ACB");
        gate_leave(gate);
    }
}

static void what_does_not_block(void **state)
{
    (void)state;
    struct visitor a = {0}, b = {0}, c = {0};
    struct error busy = ERROR_INIT, day = refusal(86400); /* whoever asks is to be told so by the provider itself */
    error_set(&busy, ERR_OVERLOADED, "busy");
    busy.retry_after = 10;
    enter(&a, 'A');
    hear(&a, NULL, &busy);
    enter(&b, 'B');
    hear(&b, NULL, &day);
    gate_leave(gate);
    enter(&c, 'C');
    assert_string_equal(trace, "ABC");
    gate_leave(gate);
    gate_leave(gate);
}

/* -- what is told of it -- */

static void count_limit(void *data, const char *model, const struct limit *limit)
{
    (void)model;
    assert_int_equal(limit->limit, 60);
    ++*(unsigned *)data;
}

static void find_first(void *data, const char *model, const struct limit *limit)
{
    (void)limit;
    if (strcmp(model, "m0") == 0)
        *(bool *)data = true;
}

static void what_is_known_is_bounded(void **state)
{
    (void)state;
    struct visitor waits = {0};
    unsigned n = 0;
    bool first = false;
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        wish.model = name;
        set_clock(T0 + i);
        teach("requests", "60", "0", "1m0s");
        if (i == 0)
            enter(&waits, 'W'); /* so it must be kept, though it is the oldest */
    }
    gate_each_limit(gate, count_limit, &n);
    assert_int_equal(n, 256);
    gate_each_limit(gate, find_first, &first);
    assert_true(first);
    gate_cancel(waits.ticket);
    wish.model = "another";
    teach("requests", "60", "0", "1m0s");
    first = false;
    gate_each_limit(gate, find_first, &first);
    assert_false(first);
}

static void keep_limit(void *data, const char *model, const struct limit *limit)
{
    assert_string_equal(model, "m");
    *(struct limit *)data = *limit;
}

static void limits_are_told(void **state)
{
    (void)state;
    struct limit l = {0};
    teach("tokens", "6000", "3000", "30s");
    gate_each_limit(gate, keep_limit, &l);
    assert_int_equal(l.kind, LIMIT_TOKENS);
    assert_int_equal(l.limit, 6000);
    assert_int_equal(l.remaining, 3000);
    set_clock(T0 + 10 * S);
    gate_each_limit(gate, keep_limit, &l);
    assert_in_range(l.remaining, 3990, 4000);
    assert_in_range(l.reset_us, 20 * S, 22 * S);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(so_many_places),
        TEST(a_place_that_was_left_is_not_given_twice),
        TEST(one_provider_does_not_hold_up_another),
        TEST(more_places),
        TEST(one_that_leaves_as_it_comes),
        TEST(interactive_ones_first),
        TEST(not_past_those_who_wait_for_the_same),
        TEST(clients_take_turns),
        TEST(a_cancelled_one_takes_no_turn),
        TEST(a_large_one_is_not_passed),
        TEST(nobody_takes_a_place_that_others_wait_for),
        TEST(places_are_told_in_turn),
        TEST(the_wait_for_a_limit_is_told),
        TEST(cancelled_by_one_that_is_told),
        TEST(so_many_may_wait),
        TEST(none_may_wait),
        TEST(cancelled_while_it_waits),
        TEST(cancelled_by_one_that_is_let_in),
        TEST(it_waits_until_there_is_room),
        TEST(one_model_does_not_hold_up_another),
        TEST(a_head_that_tells_of_more),
        TEST(nobody_waits_for_too_long),
        TEST(one_that_waits_is_told_when_it_gets_too_long),
        TEST(after_a_429_nobody_goes_for_a_while),
        TEST(what_does_not_block),
        TEST(what_is_known_is_bounded),
        TEST(limits_are_told),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
