#include "client/ask/turns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct buf text(const char *s)
{
    struct buf b;
    buf_init(&b, TURNS_MAX);
    assert_true(buf_puts(&b, s));
    return b;
}

static void the_last_one_is_taken_back_once(void **state)
{
    (void)state;
    struct turns t;
    struct buf question = text("\xc0"), answer = text("a");
    said_turns_init(&t);
    said_turns_drop_last(&t);
    assert_int_equal(t.n, 0);
    assert_true(said_turns_add(&t, &question, &answer));
    const size_t one = t.messages.len;
    assert_true(said_turns_add(&t, &question, &answer));
    assert_int_equal(t.n, 4);
    said_turns_drop_last(&t);
    said_turns_drop_last(&t);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.messages.len, one);
    said_turns_done(&t);
    buf_done(&question);
    buf_done(&answer);
}

static void more_than_fits_leaves_it_as_it_is(void **state)
{
    (void)state;
    struct turns t;
    struct buf question = text("\xc0"), answer = text("a");
    said_turns_init(&t);
    assert_true(said_turns_add(&t, &question, &answer));
    const size_t head = t.messages.len - 2, room = TURNS_MAX - t.messages.len;
    struct buf large;
    buf_init(&large, TURNS_MAX);
    assert_true(buf_reserve(&large, room));
    memset(large.data, 'a', room);
    large.len = room - head - 5 + 1; /* the head of a long string has 5 bytes; that of the question is in `head` */
    assert_false(said_turns_add(&t, &question, &large));
    assert_int_equal(t.n, 2);
    large.len--;
    assert_true(said_turns_add(&t, &question, &large));
    assert_int_equal(t.messages.len, TURNS_MAX);
    said_turns_done(&t);
    buf_done(&large);
    buf_done(&question);
    buf_done(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_one_is_taken_back_once),
        cmocka_unit_test(more_than_fits_leaves_it_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
