/* Rate limits at the gate, refusals, and what is told of them and to those who wait. */
#include "tests/unit/engine/gate_visitors.h"

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
    const struct CMUnitTest tests[] = {TEST(places_are_told_in_turn),
                                       TEST(the_wait_for_a_limit_is_told),
                                       TEST(cancelled_by_one_that_is_told),
                                       TEST(it_waits_until_there_is_room),
                                       TEST(one_model_does_not_hold_up_another),
                                       TEST(a_head_that_tells_of_more),
                                       TEST(nobody_waits_for_too_long),
                                       TEST(one_that_waits_is_told_when_it_gets_too_long),
                                       TEST(after_a_429_nobody_goes_for_a_while),
                                       TEST(what_does_not_block),
                                       TEST(what_is_known_is_bounded),
                                       TEST(limits_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
