#include "daemon/store/rows.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct store_bytes bytes(char *s)
{
    return (struct store_bytes){(uint8_t *)s, strlen(s)};
}

static void keep(struct rows *r, int64_t num)
{
    char text[] = "what is said";
    struct row row = {.num = num, .parent = num - 1, .created_us = 7, .text = bytes(text)};

    rows_keep(r, &row);
    memset(text, 'x', sizeof text); /* it has its own */
}

/* Bytes that one row of keep's takes: the most with which none is kept, and one more. */
static size_t size_of_one(void)
{
    for (size_t max = 0;; max++) {
        struct rows *r = rows_new(max);
        keep(r, 1);
        bool kept = rows_find(r, 1);
        rows_free(r);
        if (kept)
            return max;
    }
}

static void keeps_copies(void **state)
{
    struct rows *r = rows_new(1 << 16);
    char id[] = "i", role[] = "user", state_[] = "done", parts[] = "p", summary[] = "short";
    const struct row row = {.num = 5,
                            .parent = 3,
                            .created_us = 9,
                            .id = bytes(id),
                            .role = bytes(role),
                            .state = bytes(state_),
                            .parts = bytes(parts),
                            .summary = bytes(summary)};
    (void)state;

    rows_keep(r, &row);
    memset(role, 'x', strlen(role));
    const struct row *found = rows_find(r, 5);
    assert_non_null(found);
    assert_int_equal(found->parent, 3);
    assert_int_equal(found->created_us, 9);
    assert_memory_equal(found->id.data, "i", 1);
    assert_memory_equal(found->role.data, "user", 4);
    assert_memory_equal(found->state.data, "done", 4);
    assert_null(found->text.data);
    assert_memory_equal(found->parts.data, "p", 1);
    assert_memory_equal(found->summary.data, "short", 5);
    assert_null(rows_find(r, 3));
    rows_free(r);
}

static void forgets(void **state)
{
    struct rows *r = rows_new(1 << 16);
    (void)state;

    keep(r, 1);
    keep(r, 2);
    rows_forget(r, 1);
    rows_forget(r, 3);
    assert_null(rows_find(r, 1));
    assert_memory_equal(rows_find(r, 2)->text.data, "what is said", 12);
    rows_free(r);
}

static void the_least_used_goes(void **state)
{
    struct rows *r = rows_new(3 * size_of_one());
    (void)state;

    for (int64_t num = 1; num <= 3; num++)
        keep(r, num);
    assert_non_null(rows_find(r, 1));
    keep(r, 1); /* is there */
    keep(r, 4);
    assert_non_null(rows_find(r, 1));
    assert_null(rows_find(r, 2));
    assert_non_null(rows_find(r, 3));
    assert_non_null(rows_find(r, 4));
    rows_free(r);
}

static void the_bound(void **state)
{
    struct rows *none = rows_new(0), *little = rows_new(size_of_one() - 1), *enough = rows_new(size_of_one());
    (void)state;

    keep(none, 1);
    keep(little, 1);
    keep(enough, 1);
    assert_null(rows_find(none, 1));
    assert_null(rows_find(little, 1));
    assert_non_null(rows_find(enough, 1));
    keep(enough, 2);
    assert_null(rows_find(enough, 1));
    assert_non_null(rows_find(enough, 2));
    rows_free(none);
    rows_free(little);
    rows_free(enough);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_copies), cmocka_unit_test(forgets),
                                       cmocka_unit_test(the_least_used_goes), cmocka_unit_test(the_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
