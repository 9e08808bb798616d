#include "lib/proto/frame.h"
#include "lib/proto/mp.h"
#include "lib/proto/mp_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WALK(bytes)                                                                                                    \
    &(struct mp_walk)                                                                                                  \
    {                                                                                                                  \
        (const uint8_t *)(bytes), sizeof(bytes) - 1                                                                    \
    }

static void test_integers(void **state)
{
    static const int64_t rows[] = {0,  127, 128, 255,  256,  65535,  65536,  UINT32_MAX, 1LL << 32, INT64_MAX,
                                   -1, -32, -33, -128, -129, -32768, -32769, INT32_MIN,  INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf b;
        int64_t v;

        buf_init(&b, 16);
        mp_put_int(&b, rows[i]);
        for (size_t len = 0; len < b.len; len++)
            assert_false(mp_walk_int(&(struct mp_walk){b.data, len}, &v));
        assert_true(mp_walk_int(&(struct mp_walk){b.data, b.len}, &v));
        assert_int_equal(v, rows[i]);
        buf_done(&b);
    }
}

static void test_signed_forms_of_positive_numbers(void **state)
{
    int64_t v;

    (void)state;
    assert_true(mp_walk_int(WALK("\xd0\x05"), &v));
    assert_int_equal(v, 5);
    assert_true(mp_walk_int(WALK("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), &v));
    assert_int_equal(v, INT64_MAX);
    assert_false(mp_walk_int(WALK("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), &v)); /* over INT64_MAX */
}

static void test_headers(void **state)
{
    const uint8_t *p;
    const char *s;
    size_t len;
    uint32_t n;
    int64_t v;

    (void)state;
    assert_true(mp_walk_array(WALK("\x92\x01\x02"), &n));
    assert_int_equal(n, 2);
    assert_true(mp_walk_map(WALK("\xde\x00\x01\x01\x02"), &n));
    assert_int_equal(n, 1);
    assert_true(mp_walk_str(WALK("\xd9\x02xy"), &s, &len));
    assert_memory_equal(s, "xy", 2);
    assert_int_equal(len, 2);
    assert_true(mp_walk_bin(WALK("\xc4\x03\x00\xff\x00"), &p, &len));
    assert_int_equal(len, 3);
    assert_false(mp_walk_str(WALK("\xa2\xff\xff"), &s, &len)); /* not UTF-8 */
    assert_false(mp_walk_str(WALK("\xc4\x01x"), &s, &len));    /* of other types */
    assert_false(mp_walk_bin(WALK("\xa1x"), &p, &len));
    assert_false(mp_walk_map(WALK("\x91\x01"), &n));
    assert_false(mp_walk_int(WALK("\xc0"), &v));
}

/* A count or a length is held against the bytes that there are. */
static void test_more_than_there_is(void **state)
{
    const uint8_t *p;
    size_t len;
    uint32_t n;

    (void)state;
    assert_false(mp_walk_array(WALK("\xdd\xff\xff\xff\xff\x01"), &n));
    assert_false(mp_walk_array(WALK("\x92\x01"), &n));
    assert_false(mp_walk_map(WALK("\xdf\xff\xff\xff\xff\x01"), &n));
    assert_false(mp_walk_map(WALK("\x81\x01"), &n));
    assert_false(mp_walk_bin(WALK("\xc6\xff\xff\xff\xff\x01"), &p, &len));
    assert_false(mp_walk_value(WALK("\xdb\xff\xff\xff\xff\x01")));
    assert_false(mp_walk_value(WALK("\xdd\x7f\xff\xff\xff\x01")));
}

static void test_values(void **state)
{
    static const char whole[] = "\x83\xa1k\x93\x01\xc0\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\xa1l\x80\xa1m\x90\x07";
    struct mp_walk w = {(const uint8_t *)whole, sizeof(whole) - 1};

    (void)state;
    assert_true(mp_walk_value(&w));
    assert_int_equal(w.left, 1); /* the 7 */
    for (size_t len = 0; len < sizeof(whole) - 2; len++)
        assert_false(mp_walk_value(&(struct mp_walk){(const uint8_t *)whole, len}));
    assert_false(mp_walk_value(WALK("\xc1")));
    assert_false(mp_walk_value(WALK("\xd4\x01\x02"))); /* ext */
    assert_false(mp_walk_value(WALK("\x91\xa1\xff"))); /* not UTF-8, inside */
}

static void test_depth(void **state)
{
    uint8_t nested[FRAME_DEPTH_LIMIT + 2];

    (void)state;
    memset(nested, 0x91, sizeof(nested));
    nested[FRAME_DEPTH_LIMIT] = 0x01;
    assert_true(mp_walk_value(&(struct mp_walk){nested, FRAME_DEPTH_LIMIT + 1}));
    nested[FRAME_DEPTH_LIMIT] = 0x91;
    nested[FRAME_DEPTH_LIMIT + 1] = 0x01;
    assert_false(mp_walk_value(&(struct mp_walk){nested, sizeof(nested)}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers), cmocka_unit_test(test_signed_forms_of_positive_numbers),
        cmocka_unit_test(test_headers),  cmocka_unit_test(test_more_than_there_is),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
