/* Runs: a log's events as the store keeps them, and back. */
#include "daemon/answer/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void append_events(struct log *l, int from, int to)
{
    char text[700];
    for (int i = from; i < to; i++) {
        int n = snprintf(text, sizeof text, "event %d %*s", i, (i * 37) % 600, "");
        assert_int_equal(log_append(l, text, (size_t)n), ERR_NONE);
    }
}

static void assert_same(const struct log *a, const struct log *b)
{
    struct log_pos pa = {0}, pb = {0};
    const uint8_t *ea, *eb;
    size_t na, nb;
    assert_int_equal(log_last(a), log_last(b));
    while (log_next(a, &pa, &ea, &na)) {
        assert_true(log_next(b, &pb, &eb, &nb));
        assert_int_equal(na, nb);
        assert_memory_equal(ea, eb, na);
    }
}

/* Taken in pieces while the log grows, they make the same log. */
static void test_pieces(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 1 << 20), *copy = log_new(pool, 1 << 20);
    struct log_pos pos = {0};
    struct log_run run;
    assert_false(log_next_run(l, &pos, &run)); /* nothing is there */
    for (int i = 0; i < 300; i += 7) {
        append_events(l, i, i + 7);
        while (log_next_run(l, &pos, &run)) {
            assert_int_equal(run.seq, log_last(copy) + 1);
            assert_int_equal(log_append_run(copy, run.data, run.len), ERR_NONE);
            assert_int_equal(log_last(copy), run.seq + run.events - 1);
        }
        assert_same(l, copy);
    }
    log_unref(l);
    log_unref(copy);
    log_pool_free(pool);
}

/* A piece that was taken once can be taken again from the same place, longer. */
static void test_again_from_the_same_place(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 1 << 20);
    struct log_pos saved = {0}, pos;
    struct log_run first, second;
    append_events(l, 0, 3);
    pos = saved;
    assert_true(log_next_run(l, &pos, &first));
    log_append(l, "x", 1);
    pos = saved;
    assert_true(log_next_run(l, &pos, &second));
    assert_int_equal(first.seq, second.seq);
    assert_int_equal(first.events + 1, second.events);
    assert_ptr_equal(first.data, second.data);
    log_unref(l);
    log_pool_free(pool);
}

static void test_damaged(void **state)
{
    (void)state;
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, 100);
    assert_int_equal(log_append_run(l, (const uint8_t *)"\x01\0\0\0x\x02\0\0", 8),
                     ERR_BAD_RESPONSE); /* half a length */
    assert_int_equal(log_last(l), 1);   /* what came before the fault */
    assert_int_equal(log_append_run(l, (const uint8_t *)"\x05\0\0\0abcd", 8), ERR_BAD_RESPONSE);
    assert_int_equal(log_append_run(l, (const uint8_t *)"\xff\xff\xff\xff", 4), ERR_BAD_RESPONSE);
    assert_int_equal(log_append_run(l, NULL, 0), ERR_NONE);
    assert_int_equal(log_last(l), 1);
    log_unref(l);
    log_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces), cmocka_unit_test(test_again_from_the_same_place),
                                       cmocka_unit_test(test_damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
