#include "daemon/key/env_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "ASKD_TEST_ENV_KEY"

static int clear(void **state)
{
    (void)state;
    return unsetenv(NAME);
}

static void test_taken_once(void **state)
{
    struct env_keys *k = env_keys_new();
    (void)state;
    setenv(NAME, "sk-one", 1);
    char *stood = getenv(NAME);
    struct secret *a = env_keys_take(k, NAME);
    assert_string_equal(secret_reveal(a), "sk-one");
    assert_null(getenv(NAME));
    assert_string_equal(stood, ""); /* where /proc/PID/environ would show it */

    struct secret *b = env_keys_take(k, NAME);
    assert_ptr_equal(a, b);
    secret_unref(a);
    secret_unref(b);
    a = env_keys_take(k, NAME);
    assert_string_equal(secret_reveal(a), "sk-one");
    assert_null(env_keys_free(k));
    assert_string_equal(secret_reveal(a), "sk-one");
    secret_unref(a);
    assert_null(env_keys_free(NULL));
}

/* Beside other threads: the array of pointers stays as it is. */
static void test_sealed(void **state)
{
    struct env_keys *k = env_keys_new();
    (void)state;
    setenv(NAME, "sk-two", 1);
    size_t n = 0, after = 0;
    while (environ[n])
        n++;
    char *last = environ[n - 1];
    env_keys_seal(k);
    struct secret *a = env_keys_take(k, NAME);
    assert_string_equal(secret_reveal(a), "sk-two");
    secret_unref(a);
    while (environ[after])
        after++;
    assert_int_equal(after, n);
    assert_ptr_equal(environ[n - 1], last);
    assert_string_equal(getenv(NAME), "");
    a = env_keys_take(k, NAME);
    assert_string_equal(secret_reveal(a), "sk-two");
    secret_unref(a);
    env_keys_free(k);
}

static void test_none(void **state)
{
    struct env_keys *k = env_keys_new();
    char text[ENV_KEY_MAX + 2];
    (void)state;
    assert_null(env_keys_take(k, NAME));
    setenv(NAME, "", 1);
    assert_null(env_keys_take(k, NAME));
    memset(text, 'k', sizeof text);
    text[ENV_KEY_MAX + 1] = '\0';
    setenv(NAME, text, 1);
    assert_null(env_keys_take(k, NAME));
    assert_non_null(getenv(NAME)); /* it is none, so it is left alone */
    text[ENV_KEY_MAX] = '\0';
    setenv(NAME, text, 1);
    struct secret *s = env_keys_take(k, NAME);
    assert_int_equal(secret_len(s), ENV_KEY_MAX);
    secret_unref(s);
    env_keys_free(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_taken_once), TEST(test_sealed), TEST(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
