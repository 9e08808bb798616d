#include "daemon/cache/keyset.h"
#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct cache_key key_of(uint32_t n)
{
    struct cache_key key;
    SHA256((const unsigned char *)&n, sizeof n, key.bytes);
    return key;
}

static void add(struct keyset *s, uint32_t from, uint32_t to)
{
    for (uint32_t n = from; n < to; n++) {
        struct cache_key key = key_of(n);
        keyset_add(s, &key);
    }
}

static uint32_t count(const struct keyset *s, uint32_t from, uint32_t to)
{
    uint32_t there = 0;
    for (uint32_t n = from; n < to; n++) {
        struct cache_key key = key_of(n);
        there += keyset_may_have(s, &key);
    }
    return there;
}

/* Full, it knows all of its own, and takes few others for them; one more, and any may be there. */
static void it_forgets_none(void **state)
{
    struct keyset *s = keyset_new();
    (void)state;
    assert_int_equal(count(s, 0, 1000), 0);
    add(s, 0, KEYSET_MAX);
    assert_int_equal(count(s, 0, KEYSET_MAX), KEYSET_MAX);
    assert_in_range(count(s, KEYSET_MAX, 2 * KEYSET_MAX), 1, KEYSET_MAX / 100);
    add(s, 0, 1);
    assert_int_equal(count(s, KEYSET_MAX, 2 * KEYSET_MAX), KEYSET_MAX);
    keyset_free(s);
}

static void two_become_one(void **state)
{
    struct keyset *a = keyset_new(), *b = keyset_new();
    (void)state;
    add(a, 0, 10);
    add(b, 10, KEYSET_MAX);
    keyset_add_all(a, b);
    assert_int_equal(count(a, 0, KEYSET_MAX), KEYSET_MAX);
    assert_in_range(count(a, KEYSET_MAX, 2 * KEYSET_MAX), 1, KEYSET_MAX / 100);
    add(b, 0, 1);
    keyset_add_all(a, b); /* which is too many */
    assert_int_equal(count(a, KEYSET_MAX, 2 * KEYSET_MAX), KEYSET_MAX);
    keyset_free(a);
    keyset_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_forgets_none),
        cmocka_unit_test(two_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
