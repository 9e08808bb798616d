#include "daemon/answer/table.h"
#include "lib/base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct answer_options defaults = {.max_answers = 4,
                                               .max_answer = 100000,
                                               .answer_memory = 64 << 10,
                                               .retain_max = 3,
                                               .retain_ms = 1000,
                                               .detached_limit_ms = 5000};

static struct answer *run_one(struct answer_table *t, uid_t uid)
{
    struct log *l = answer_table_log(t);
    struct answer_asker asker = {.uid = uid};
    struct answer *a = answer_new(l, &asker);
    log_unref(l);
    answer_table_add(t, a);
    answer_table_count(t, a);
    answer_unref(a);
    return a;
}

static void finish(struct answer_table *t, struct answer *a)
{
    log_end(answer_log(a), LOG_DONE, NULL, NULL, 0, 0);
    answer_settle(a);
    answer_table_ended(t, a);
}

static struct answer *find(struct answer_table *t, uid_t uid, const char *id)
{
    return answer_table_find(t, uid, id, strlen(id));
}

static void test_find_own_only(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, true);
    struct answer *a = run_one(t, 1000);
    assert_ptr_equal(find(t, 1000, answer_id(a)), a);
    assert_null(find(t, 1001, answer_id(a)));
    assert_null(find(t, 1000, "nothing"));
    assert_null(find(t, 1000, "00000000-0000-0000-0000-000000000000"));
    answer_table_free(t);
}

static void test_max_answers(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, false);
    struct error err = ERROR_INIT;
    struct answer *first = NULL;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
        struct answer *a = run_one(t, 1000);
        first = first ? first : a;
    }
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_OVERLOADED);
    assert_non_null(strstr(err.message, "max_answers"));
    finish(t, first);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    answer_table_free(t);
}

/* Answers that cost nothing do not count. */
static void test_some_do_not_count(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, false);
    struct error err = ERROR_INIT;
    struct answer *first = NULL, *last = NULL;
    for (int i = 0; i < 9; i++) {
        struct log *l = answer_table_log(t);
        last = answer_new(l, &(struct answer_asker){.uid = 1000});
        log_unref(l);
        answer_table_add(t, last);
        answer_unref(last);
        first = first ? first : last;
    }
    assert_int_equal(answer_table_running(t), 9);
    for (int i = 0; i < 3; i++)
        run_one(t, 1000);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    answer_table_count(t, last);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_OVERLOADED);
    assert_true(answer_table_counts(t, last));
    answer_table_uncount(t, last);
    answer_table_uncount(t, last);
    assert_false(answer_table_counts(t, last));
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    answer_table_count(t, last);
    struct answer *b = run_one(t, 1000);
    answer_table_drop(t, b);
    answer_table_pass_count(t, last, first);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_OVERLOADED);
    answer_table_pass_count(t, last, first); /* it has nothing to pass on */
    answer_table_drop(t, first);             /* nor does one count that never was */
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    answer_table_free(t);
}

static void test_a_user_has_a_quarter(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, true);
    struct error err = ERROR_INIT;
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    run_one(t, 1000);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_OVERLOADED);
    assert_int_equal(answer_table_admit(t, 1001, &err), ERR_NONE);
    answer_table_free(t);
}

static void test_retain(void **state)
{
    (void)state;
    clock_set(1000000, 1000000);
    struct answer_table *t = answer_table_new(&defaults, false);
    char ids[5][ID_LEN + 1];
    for (int i = 0; i < 5; i++) {
        struct answer *a = run_one(t, 1000);
        strcpy(ids[i], answer_id(a));
        finish(t, a);
    }
    assert_int_equal(answer_table_retained(t), 3); /* the newest */
    assert_null(find(t, 1000, ids[1]));
    assert_non_null(find(t, 1000, ids[2]));
    assert_int_equal(answer_table_sweep(t), 1001);
    clock_set(1000000 + 1000 * 1000 - 1, 1000000);
    answer_table_sweep(t);
    assert_int_equal(answer_table_retained(t), 3);
    clock_set(1000000 + 1000 * 1000, 1000000);
    assert_int_equal(answer_table_sweep(t), -1);
    assert_int_equal(answer_table_retained(t), 0);
    answer_table_free(t);
    clock_set(-1, 0);
}

static void test_memory(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, false);
    struct error err = ERROR_INIT;
    char big[40000] = {0};
    struct answer *a = run_one(t, 1000);
    log_append(answer_log(a), big, sizeof big);
    struct answer *b = run_one(t, 1000);
    log_append(answer_log(b), big, sizeof big);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_OVERLOADED); /* both run: nothing can leave */
    assert_non_null(strstr(err.message, "answer_memory"));
    finish(t, a); /* leaves at once: the bound is exceeded */
    assert_int_equal(answer_table_retained(t), 0);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    answer_table_free(t);
}

struct seen {
    int n;
    const char *ids[8];
};

static bool see(void *data, struct answer *a)
{
    struct seen *s = data;
    s->ids[s->n++] = answer_id(a);
    return s->n < 3;
}

static struct answer *recall(struct answer_table *t, size_t bytes, int64_t ended_wall_us, struct error *err)
{
    const struct answer_asker asker = {.uid = 1000};
    struct log *l = log_new(answer_table_pool(t), SIZE_MAX / 2);
    char *big = calloc(1, bytes);
    log_append(l, big, bytes);
    log_end(l, LOG_DONE, NULL, NULL, 0, 0);
    free(big);
    if (answer_table_admit_recalled(t, err) != ERR_NONE) {
        log_unref(l);
        return NULL;
    }
    struct answer *a = answer_new(l, &asker);
    log_unref(l);
    answer_table_add_recalled(t, a, ended_wall_us);
    answer_unref(a);
    return a;
}

/* What the store brought back is found, leaves first, and leaves a quarter of the memory to new questions. */
static void test_recalled(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, false); /* 64 KiB, of which 48 may be recalled */
    struct error err = ERROR_INIT;
    char id[ID_LEN + 1];
    clock_set(1000000, 5000000);
    struct answer *a = recall(t, 20000, 4900000, &err);
    assert_non_null(a);
    strcpy(id, answer_id(a));
    assert_ptr_equal(find(t, 1000, id), a);
    assert_int_equal(answer_table_retained(t), 0); /* it is not among those that retain_max counts */
    assert_non_null(recall(t, 40000, 4900000, &err));
    assert_null(find(t, 1000, id));                           /* the older one gave way */
    assert_int_equal(answer_table_not_before_us(t), 4000000); /* and may come back */
    assert_null(recall(t, 60000, 4900000, &err));
    assert_int_equal(err.code, ERR_OVERLOADED);
    assert_int_equal(answer_table_admit(t, 1000, &err), ERR_NONE);
    recall(t, 1000, 4900000, &err);
    clock_set(1900000, 5900000);
    answer_table_sweep(t); /* retain counts from its end, not from its return */
    struct seen s = {0};
    answer_table_each(t, 1000, see, &s);
    assert_int_equal(s.n, 0);
    answer_table_free(t);
    clock_set(-1, 0);
}

/* What retain_max let go is gone in the store too. */
static void test_surplus(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, false);
    for (int i = 0; i < 4; i++) {
        clock_set(1000000 + i, 5000000 + i);
        finish(t, run_one(t, 1000));
    }
    assert_int_equal(answer_table_retained(t), 3);
    assert_int_equal(answer_table_not_before_us(t), 5000001);
    answer_table_free(t);
    clock_set(-1, 0);
}

static void end_cancelled(void *data)
{
    struct answer *a = data;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_CANCELLED, "cancelled");
    log_end(answer_log(a), LOG_CANCELLED, &err, NULL, 0, 0);
    answer_settle(a);
}

static void test_detached_limit(void **state)
{
    (void)state;
    clock_set(1000000, 1000000);
    struct answer_table *t = answer_table_new(&defaults, false);
    struct answer *a = run_one(t, 1000);
    answer_on_cancel(a, end_cancelled, a);
    clock_set(1000000 + 4999 * 1000, 1000000);
    assert_int_equal(answer_table_sweep(t), 2);
    assert_int_equal(answer_state(a), LOG_RUNNING);
    clock_set(1000000 + 5000 * 1000, 1000000);
    answer_table_sweep(t);
    assert_int_equal(answer_state(a), LOG_CANCELLED);
    answer_table_ended(t, a);
    assert_int_equal(answer_table_running(t), 0);
    answer_table_free(t);
    clock_set(-1, 0);
}

static void test_each_newest_first(void **state)
{
    (void)state;
    struct answer_table *t = answer_table_new(&defaults, false);
    struct answer *a[5];
    for (int i = 0; i < 5; i++)
        a[i] = run_one(t, i == 3 ? 7 : 1000);
    finish(t, a[4]);
    struct seen s = {0};
    answer_table_each(t, 1000, see, &s);
    assert_int_equal(s.n, 3);
    assert_string_equal(s.ids[0], answer_id(a[4]));
    assert_string_equal(s.ids[1], answer_id(a[2]));
    assert_string_equal(s.ids[2], answer_id(a[1]));
    answer_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_own_only),
        cmocka_unit_test(test_max_answers),
        cmocka_unit_test(test_some_do_not_count),
        cmocka_unit_test(test_a_user_has_a_quarter),
        cmocka_unit_test(test_retain),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_recalled),
        cmocka_unit_test(test_surplus),
        cmocka_unit_test(test_detached_limit),
        cmocka_unit_test(test_each_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
