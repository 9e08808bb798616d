#include "client/tty/slash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void check(const char *text, const char *name, const char *argument)
{
    struct slash s;
    slash_read(text, &s);
    assert_string_equal(s.name, name);
    assert_int_equal(s.argument_len, strlen(argument));
    assert_memory_equal(s.argument, argument, strlen(argument));
}

static void names_and_what_stands_behind(void **state)
{
    (void)state;
    check("/", "", "");
    check("/quit", "quit", "");
    check("/quit  \n", "quit", "");
    check("/attach  a file.txt ", "attach", "a file.txt");
    check("/system one\ntwo", "system", "one\ntwo");
    check("/0123456789012345678901234567890 x", "0123456789012345678901234567890", "x");
    check("/01234567890123456789012345678901 x", "0123456789012345678901234567890", "x"); /* cut */
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(slash_distance("model", "model"), 0);
    assert_int_equal(slash_distance("mdoel", "model"), 1);
    assert_int_equal(slash_distance("models", "model"), 1);
    assert_int_equal(slash_distance("modl", "model"), 1);
    assert_int_equal(slash_distance("nodal", "model"), 2);
    assert_int_equal(slash_distance("", "model"), 5);
    assert_int_equal(slash_distance("abc", "xyz"), 3);
}

static void the_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"model", "retry", "new", "help"};
    assert_string_equal(slash_nearest("mdoel", names, 4), "model");
    assert_string_equal(slash_nearest("re", names, 4), "retry");
    assert_string_equal(slash_nearest("nwe", names, 4), "new");
    assert_null(slash_nearest("etc/passwd", names, 4));
    assert_null(slash_nearest("", names, 4));
    assert_null(slash_nearest("hxyp", names, 4)); /* half of it is wrong */
    assert_null(slash_nearest("abc", names, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_what_stands_behind),
        cmocka_unit_test(distances),
        cmocka_unit_test(the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
