#include "daemon/key/key_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define START_US (1000 * SECOND_US)

static int setup(void **state)
{
    (void)state;
    clock_set(START_US, START_US);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clock_set(-1, 0);
    return 0;
}

static void pass(int64_t seconds)
{
    clock_set(clock_mono_us() + seconds * SECOND_US, START_US);
}

/* "a", "b", … from the sources "file a", … */
static struct keys *of(const char *names)
{
    struct keys *k = keys_new();
    for (; *names; names++)
        assert_int_equal(keys_add(k, secret_new(names, 1), xasprintf("file %c", *names), NULL), ERR_NONE);
    return k;
}

static struct keys *of_command(const char *line)
{
    struct keys *k = keys_new();
    char **argv = xcalloc(2, sizeof *argv);
    argv[0] = xstrdup(line);
    keys_set_command(k, argv, xstrdup("command x"));
    return k;
}

static char next(struct keys *k)
{
    struct key_use use;
    assert_true(keys_now(k, &use));
    char c = secret_reveal(use.secret)[0];
    key_use_done(&use);
    return c;
}

/* The next n keys in a row. */
static void expect(struct keys *k, const char *want)
{
    for (; *want; want++)
        assert_int_equal(next(k), *want);
}

static void refuse(struct keys *k, char which, enum error_code why)
{
    struct key_use use;
    for (size_t i = 0; keys_at(k, i, &use); i++) {
        if (secret_reveal(use.secret)[0] == which)
            keys_refused(k, &use, why);
        key_use_done(&use);
    }
}

static void none_at_all(void **state)
{
    struct key_use use;
    (void)state;
    assert_false(keys_ready(NULL));
    assert_null(keys_source(NULL));
    assert_true(keys_now(NULL, &use));
    assert_null(use.secret);
    assert_false(keys_at(NULL, 0, &use));
    assert_false(keys_spare(NULL));
    assert_null(keys_ref(NULL));
    assert_null(keys_unref(NULL));
}

static void in_turn(void **state)
{
    struct keys *k = of("abc");
    (void)state;
    assert_true(keys_ready(k));
    assert_string_equal(keys_source(k), "file a, file b, file c");
    expect(k, "abcabc");
    keys_unref(k);
}

static void one_that_was_refused_is_left_alone(void **state)
{
    static const struct {
        enum error_code why;
        int64_t seconds;
    } rows[] = {{ERR_UNAUTHENTICATED, KEY_ASIDE_UNAUTHENTICATED},
                {ERR_BUDGET_EXCEEDED, KEY_ASIDE_BUDGET},
                {ERR_RATE_LIMITED, KEY_ASIDE_RATE}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keys *k = of("abc");
        refuse(k, 'b', rows[i].why);
        expect(k, "acac");
        pass(rows[i].seconds - 1);
        expect(k, "ac");
        pass(1);
        expect(k, "abc");
        keys_unref(k);
    }
}

static void other_errors_are_no_fault_of_the_key(void **state)
{
    struct keys *k = of("ab");
    (void)state;
    refuse(k, 'a', ERR_OVERLOADED);
    refuse(k, 'a', ERR_NONE);
    expect(k, "abab");
    keys_unref(k);
}

static void the_only_one_is_used_all_the_same(void **state)
{
    struct keys *k = of("a");
    (void)state;
    refuse(k, 'a', ERR_UNAUTHENTICATED);
    expect(k, "aa");
    assert_false(keys_spare(k));
    keys_unref(k);
}

static void of_those_that_were_refused_the_soonest(void **state)
{
    struct keys *k = of("abc");
    (void)state;
    refuse(k, 'a', ERR_UNAUTHENTICATED);
    assert_true(keys_spare(k));
    refuse(k, 'b', ERR_RATE_LIMITED);
    refuse(k, 'c', ERR_UNAUTHENTICATED);
    assert_false(keys_spare(k));
    expect(k, "bb");
    keys_unref(k);
}

static void too_many(void **state)
{
    struct error err = ERROR_INIT;
    struct keys *k = keys_new();
    (void)state;
    for (int i = 0; i < KEYS_MAX; i++)
        assert_int_equal(keys_add(k, secret_new("k", 1), xstrdup("x"), &err), ERR_NONE);
    assert_int_equal(keys_add(k, secret_new("k", 1), xstrdup("x"), &err), ERR_TOO_LARGE);
    assert_string_equal(err.message, "more than 64 keys");
    keys_unref(k);
}

/* -- what a command brings -- */

static void a_command_comes_first(void **state)
{
    struct keys *k = of_command("x");
    struct key_use use;
    (void)state;
    assert_true(keys_ready(k));
    assert_string_equal(keys_source(k), "command x");
    assert_false(keys_now(k, &use));
    assert_null(use.secret);
    command_brought(k->command, secret_new("n", 1));
    expect(k, "nn");
    keys_unref(k);
}

static void refused_it_is_fetched_anew_but_not_in_a_loop(void **state)
{
    struct keys *k = of_command("x");
    struct key_use use;
    struct error err = ERROR_INIT;
    (void)state;
    command_brought(k->command, secret_new("n", 1));
    refuse(k, 'n', ERR_RATE_LIMITED);
    expect(k, "n"); /* it would print the same */
    refuse(k, 'n', ERR_UNAUTHENTICATED);
    assert_false(keys_now(k, &use));
    assert_false(command_failed(k->command, &err));
    command_brought(k->command, secret_new("m", 1));
    refuse(k, 'm', ERR_UNAUTHENTICATED);
    assert_true(command_failed(k->command, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_non_null(strstr(err.message, "command x"));
    pass(REMEMBER_S - 1);
    assert_true(command_failed(k->command, &err));
    pass(1);
    assert_false(command_failed(k->command, &err));
    keys_unref(k);
}

static void a_refusal_of_an_older_key_changes_nothing(void **state)
{
    struct keys *k = of_command("x");
    struct key_use old;
    (void)state;
    command_brought(k->command, secret_new("o", 1));
    assert_true(keys_now(k, &old));
    refuse(k, 'o', ERR_UNAUTHENTICATED);
    command_brought(k->command, secret_new("n", 1));
    keys_refused(k, &old, ERR_UNAUTHENTICATED);
    key_use_done(&old);
    expect(k, "n");
    keys_unref(k);
}

/* -- after a reload -- */

static void the_same_keys_keep_what_is_known_of_them(void **state)
{
    struct keys *old = of("abc"), *fresh = of("abc");
    (void)state;
    refuse(old, 'a', ERR_RATE_LIMITED);
    refuse(old, 'b', ERR_UNAUTHENTICATED);
    struct keys *k = keys_carry_over(fresh, old);
    assert_ptr_equal(k, old);
    expect(k, "bcbc"); /* b may be good now */
    keys_unref(fresh);
    keys_unref(old);
    keys_unref(k);
}

static void other_keys_begin_anew(void **state)
{
    static const char *const others[] = {"ab", "abcd", "abd", "acb", ""};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct keys *old = of("abc"), *fresh = of(others[i]);
        struct keys *k = keys_carry_over(fresh, old);
        assert_ptr_equal(k, fresh);
        keys_unref(fresh);
        keys_unref(old);
        keys_unref(k);
    }
    struct keys *old = of("a");
    assert_null(keys_carry_over(NULL, old));
    struct keys *k = keys_carry_over(old, NULL);
    assert_ptr_equal(k, old);
    keys_unref(k);
    keys_unref(old);
}

static void a_file_with_another_key_begins_anew(void **state)
{
    struct keys *old = of("a"), *fresh = keys_new();
    (void)state;
    keys_add(fresh, secret_new("b", 1), xstrdup("file a"), NULL);
    struct keys *k = keys_carry_over(fresh, old);
    assert_ptr_equal(k, fresh);
    keys_unref(fresh);
    keys_unref(old);
    keys_unref(k);
}

static void a_command_keeps_its_key_and_gets_another_chance(void **state)
{
    struct keys *old = of_command("x"), *fresh = of_command("x"), *other = of_command("y");
    struct error err = ERROR_INIT;
    (void)state;
    command_brought(old->command, secret_new("n", 1));
    struct keys *k = keys_carry_over(other, old);
    assert_ptr_equal(k, other);
    keys_unref(k);
    k = keys_carry_over(fresh, old);
    assert_ptr_equal(k, old);
    expect(k, "n");
    keys_unref(k);
    error_set(&err, ERR_NO_PROVIDER, "it failed");
    command_fails(old->command, &err);
    keys_unref(keys_carry_over(fresh, old));
    assert_false(command_failed(old->command, &err));
    keys_unref(old);
    keys_unref(fresh);
    keys_unref(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(none_at_all),
        TEST(in_turn),
        TEST(one_that_was_refused_is_left_alone),
        TEST(other_errors_are_no_fault_of_the_key),
        TEST(the_only_one_is_used_all_the_same),
        TEST(of_those_that_were_refused_the_soonest),
        TEST(too_many),
        TEST(a_command_comes_first),
        TEST(refused_it_is_fetched_anew_but_not_in_a_loop),
        TEST(a_refusal_of_an_older_key_changes_nothing),
        TEST(the_same_keys_keep_what_is_known_of_them),
        TEST(other_keys_begin_anew),
        TEST(a_file_with_another_key_begins_anew),
        TEST(a_command_keeps_its_key_and_gets_another_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
