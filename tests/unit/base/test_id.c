#include "lib/base/clock.h"
#include "lib/base/id.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test stands in a time of its own behind those of the tests before it, since ids never go back. */
#define T0 INT64_C(4000000000000000)
#define T1 INT64_C(4100000000000000)
#define T2 INT64_C(4200000000000000)
#define T3 INT64_C(4300000000000000)

static int real_clock(void **state)
{
    (void)state;
    clock_set(-1, 0);
    return 0;
}

static unsigned long long ms_of(const char *id)
{
    unsigned high, low;
    assert_int_equal(sscanf(id, "%8x-%4x", &high, &low), 2);
    return (unsigned long long)high << 16 | low;
}

static void form_is_version_7(void **state)
{
    (void)state;
    char id[ID_LEN + 1];
    clock_set(0, T0 + 999);
    for (int i = 0; i < 1000; i++) {
        id_new(id);
        assert_int_equal(strlen(id), ID_LEN);
        assert_true(id_valid(id, ID_LEN));
        assert_int_equal(id[14], '7');
        assert_non_null(strchr("89ab", id[19]));
    }
    assert_int_equal(ms_of(id), T0 / 1000);
}

static void order_holds_in_one_millisecond(void **state)
{
    (void)state;
    char last[ID_LEN + 1], id[ID_LEN + 1];
    clock_set(0, T1);
    id_new(last);
    for (int i = 0; i < 20000; i++) { /* more than the counter holds */
        id_new(id);
        assert_true(strcmp(id, last) > 0);
        memcpy(last, id, sizeof(id));
    }
    assert_true(ms_of(id) > T1 / 1000);
    assert_true(ms_of(id) < T1 / 1000 + 20);
}

static void order_holds_when_the_clock_goes_back(void **state)
{
    (void)state;
    char before[ID_LEN + 1], after[ID_LEN + 1];
    clock_set(0, T2);
    id_new(before);
    clock_set(0, T2 - 3600 * INT64_C(1000000));
    id_new(after);
    assert_true(strcmp(after, before) > 0);
    clock_set(0, T2 + 1000);
    id_new(before);
    assert_true(strcmp(before, after) > 0);
    assert_int_equal(ms_of(before), T2 / 1000 + 1);
}

static void child_does_not_repeat_its_parent(void **state)
{
    (void)state;
    char mine[ID_LEN + 1], childs[ID_LEN + 1];
    int pipes[2], status;
    clock_set(0, T3);
    id_new(mine); /* fetches random bytes ahead */
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        id_new(childs);
        _exit(write(pipes[1], childs, sizeof(childs)) == (ssize_t)sizeof(childs) ? 0 : 1);
    }
    id_new(mine);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(pipes[0], childs, sizeof(childs)), sizeof(childs));
    assert_memory_equal(mine, childs, 18); /* the same time and counter ... */
    assert_string_not_equal(mine + 19, childs + 19);
    close(pipes[0]);
    close(pipes[1]);
}

static void valid_is_strict(void **state)
{
    (void)state;
    char good[] = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_true(id_valid(good, 36));
    assert_false(id_valid(good, 35));
    assert_false(id_valid("", 0));
    for (size_t i = 0; i < ID_LEN; i++) {
        char c = good[i];
        const char bad[] = {'g', 'A', '/', ':', '`', '\0', c == '-' ? '0' : '-'};
        for (size_t j = 0; j < sizeof(bad); j++) {
            good[i] = bad[j];
            assert_false(id_valid(good, 36));
        }
        good[i] = c;
    }
    assert_false(id_valid("01890a5d-ac96-774b-bcce-b302099a80577", 37));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(form_is_version_7, real_clock),
        cmocka_unit_test_teardown(order_holds_in_one_millisecond, real_clock),
        cmocka_unit_test_teardown(order_holds_when_the_clock_goes_back, real_clock),
        cmocka_unit_test_teardown(child_does_not_repeat_its_parent, real_clock),
        cmocka_unit_test(valid_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
