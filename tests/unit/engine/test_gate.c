/* Who goes to a provider when: places, turns, the bound on who waits, and who leaves. */
#include "tests/unit/engine/gate_visitors.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(so_many_places),
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
                                       TEST(so_many_may_wait),
                                       TEST(none_may_wait),
                                       TEST(cancelled_while_it_waits),
                                       TEST(cancelled_by_one_that_is_let_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
