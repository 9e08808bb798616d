#include "lib/base/value.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct value *of_bytes(const void *bytes, size_t len)
{
    msgpack_unpacked u;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, bytes, len, &off), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(off, len);
    struct value *v = value_from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    return v;
}

static void check_bytes(const void *in, size_t in_len, const void *want, size_t want_len)
{
    struct value *v = of_bytes(in, in_len);
    size_t len;
    assert_non_null(v);
    const uint8_t *bytes = value_bytes(v, &len);
    assert_int_equal(len, want_len);
    assert_memory_equal(bytes, want, len);
    value_unref(v);
}

/* Two string literals. */
#define CHECK(in, want) check_bytes(in, sizeof(in) - 1, want, sizeof(want) - 1)
#define CHECK_SAME(in) CHECK(in, in)

static void simple_ones(void **state)
{
    (void)state;
    CHECK_SAME("\xc0");
    CHECK_SAME("\xc2");
    CHECK_SAME("\xc3");
    CHECK_SAME("\x90");
    CHECK_SAME("\x80");
    CHECK_SAME("\xa0");
    CHECK_SAME("\xc4\x00");
}

static void integers_are_shortest(void **state)
{
    (void)state;
    CHECK("\xcf\0\0\0\0\0\0\0\x7f", "\x7f");
    CHECK("\xcf\0\0\0\0\0\0\0\x80", "\xcc\x80");
    CHECK("\xcf\0\0\0\0\0\0\0\xff", "\xcc\xff");
    CHECK("\xcf\0\0\0\0\0\0\1\0", "\xcd\1\0");
    CHECK("\xce\0\0\xff\xff", "\xcd\xff\xff");
    CHECK("\xcf\0\0\0\0\0\1\0\0", "\xce\0\1\0\0");
    CHECK("\xcf\0\0\0\0\xff\xff\xff\xff", "\xce\xff\xff\xff\xff");
    CHECK_SAME("\xcf\0\0\0\1\0\0\0\0");
    CHECK_SAME("\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    CHECK("\xd3\0\0\0\0\0\0\0\5", "\5");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\xff\xff", "\xff");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\xff\xe0", "\xe0");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\xff\xdf", "\xd0\xdf");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\xff\x80", "\xd0\x80");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\xff\x7f", "\xd1\xff\x7f");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\x80\0", "\xd1\x80\0");
    CHECK("\xd3\xff\xff\xff\xff\xff\xff\x7f\xff", "\xd2\xff\xff\x7f\xff");
    CHECK("\xd3\xff\xff\xff\xff\x80\0\0\0", "\xd2\x80\0\0\0");
    CHECK_SAME("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff");
    CHECK_SAME("\xd3\x80\0\0\0\0\0\0\0");
}

static void check_double(double d, const void *want, size_t len)
{
    msgpack_object o = {.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = d};
    struct value *v = value_from_object(&o);
    size_t got;
    const uint8_t *bytes = value_bytes(v, &got);
    assert_int_equal(got, len);
    assert_memory_equal(bytes, want, len);
    value_unref(v);
}
#define CHECK_DOUBLE(d, want) check_double(d, want, sizeof(want) - 1)

static void floats(void **state)
{
    (void)state;
    CHECK_DOUBLE(1.0, "\x01");
    CHECK_DOUBLE(0.0, "\x00");
    CHECK_DOUBLE(-0.0, "\x00");
    CHECK_DOUBLE(-33.0, "\xd0\xdf");
    CHECK_DOUBLE(0.5, "\xcb\x3f\xe0\0\0\0\0\0\0");
    CHECK("\xca\x3f\0\0\0", "\xcb\x3f\xe0\0\0\0\0\0\0"); /* the 32-bit 0.5 is the same value */
    CHECK("\xca\x3f\x80\0\0", "\x01");
    CHECK_DOUBLE(-0x1p63, "\xd3\x80\0\0\0\0\0\0\0");
    CHECK_DOUBLE(0x1.fffffffffffffp62, "\xcf\x7f\xff\xff\xff\xff\xff\xfc\0");
    CHECK_DOUBLE(0x1p63, "\xcb\x43\xe0\0\0\0\0\0\0"); /* over int64 */
    CHECK_DOUBLE(-0x1.0000000000001p63, "\xcb\xc3\xe0\0\0\0\0\0\1");
    CHECK_DOUBLE((double)INFINITY, "\xcb\x7f\xf0\0\0\0\0\0\0");
    CHECK_DOUBLE((double)NAN, "\xcb\x7f\xf8\0\0\0\0\0\0");
    CHECK_DOUBLE(-(double)NAN, "\xcb\x7f\xf8\0\0\0\0\0\0");
}

/* Runs a str, bin or array of n elements through, and looks at the header and at the whole length. */
static void check_head(void (*pack)(msgpack_packer *, size_t), size_t n, const char *head, size_t head_len)
{
    msgpack_sbuffer sb;
    msgpack_packer pk;
    size_t len;
    msgpack_sbuffer_init(&sb);
    msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
    pack(&pk, n);
    struct value *v = of_bytes(sb.data, sb.size);
    const uint8_t *bytes = value_bytes(v, &len);
    assert_int_equal(len, head_len + n);
    assert_memory_equal(bytes, head, head_len);
    value_unref(v);
    msgpack_sbuffer_destroy(&sb);
}

static void pack_str(msgpack_packer *pk, size_t n)
{
    char *s = calloc(n + 1, 1);
    msgpack_pack_str(pk, n);
    msgpack_pack_str_body(pk, s, n);
    free(s);
}

static void pack_bin(msgpack_packer *pk, size_t n)
{
    char *s = calloc(n + 1, 1);
    msgpack_pack_bin(pk, n);
    msgpack_pack_bin_body(pk, s, n);
    free(s);
}

static void pack_array(msgpack_packer *pk, size_t n)
{
    msgpack_pack_array(pk, n);
    for (size_t i = 0; i < n; i++)
        msgpack_pack_nil(pk);
}
#define CHECK_HEAD(pack, n, head) check_head(pack, n, head, sizeof(head) - 1)

static void headers_are_shortest(void **state)
{
    (void)state;
    CHECK_HEAD(pack_str, 31, "\xbf");
    CHECK_HEAD(pack_str, 32, "\xd9\x20");
    CHECK_HEAD(pack_str, 255, "\xd9\xff");
    CHECK_HEAD(pack_str, 256, "\xda\1\0");
    CHECK_HEAD(pack_str, 65535, "\xda\xff\xff");
    CHECK_HEAD(pack_str, 65536, "\xdb\0\1\0\0");
    CHECK_HEAD(pack_bin, 255, "\xc4\xff");
    CHECK_HEAD(pack_bin, 256, "\xc5\1\0");
    CHECK_HEAD(pack_bin, 65536, "\xc6\0\1\0\0");
    CHECK_HEAD(pack_array, 15, "\x9f");
    CHECK_HEAD(pack_array, 16, "\xdc\0\x10");
    CHECK_HEAD(pack_array, 65535, "\xdc\xff\xff");
    CHECK_HEAD(pack_array, 65536, "\xdd\0\1\0\0");
    CHECK("\xdb\0\0\0\1a", "\xa1"
                           "a");
    CHECK("\xdd\0\0\0\1\xc0", "\x91\xc0");
    CHECK("\xdf\0\0\0\1\xa1"
          "a\xc0",
          "\x81\xa1"
          "a\xc0");
}

static void keys_are_sorted_by_bytes(void **state)
{
    (void)state;
    CHECK("\x83\xa1"
          "b\1\xa2"
          "aa\2\xa1"
          "a\3",
          "\x83\xa1"
          "a\3\xa2"
          "aa\2\xa1"
          "b\1");
    CHECK("\x83\xa2\xc3\xa9\1\xa1z\2\xa0\3", "\x83\xa0\3\xa1z\2\xa2\xc3\xa9\1"); /* bytes are not signed */
    CHECK("\x82\xa2"
          "a\0\1\xa1"
          "a\2",
          "\x82\xa1"
          "a\2\xa2"
          "a\0\1");
    CHECK("\x91\x82\xa1"
          "b\x82\xa1"
          "d\1\xa1"
          "c\2\xa1"
          "a\3",
          "\x91\x82\xa1"
          "a\3\xa1"
          "b\x82\xa1"
          "c\2\xa1"
          "d\1");
}

/* Sixteen keys, in falling order: the header of the map's second form. */
static void a_larger_map(void **state)
{
    (void)state;
    char in[3 + 16 * 3] = "\xde\0\x10", want[sizeof(in)] = "\xde\0\x10";
    for (int i = 0; i < 16; i++) {
        const char entry[3] = {'\xa1', (char)('a' + i), (char)i};
        memcpy(in + 3 + 3 * (15 - i), entry, 3);
        memcpy(want + 3 + 3 * i, entry, 3);
    }
    check_bytes(in, sizeof(in), want, sizeof(want));
}

static void not_canonical(void **state)
{
    (void)state;
    assert_null(of_bytes("\xd4\1\0", 3));         /* ext */
    assert_null(of_bytes("\x92\xc0\xd4\1\0", 5)); /* ext inside */
    assert_null(of_bytes("\x81\1\2", 3));         /* a number as key */
    assert_null(of_bytes("\x81\xc4\1a\2", 5));    /* a bin as key */
    assert_null(of_bytes("\x82\xa1"
                         "a\1\xa1"
                         "a\1",
                         7)); /* twice */
    assert_null(of_bytes("\x82\xa1"
                         "a\1\xd9\1"
                         "a\2",
                         8)); /* twice, told apart by the header only */
    assert_null(of_bytes("\x83\xa1"
                         "a\1\xa1"
                         "b\1\xa1"
                         "a\2",
                         10));
}

/* n arrays or maps around a nil; the objects are made by hand since the unpacker has a bound of its own. */
static struct value *nested(unsigned n, bool maps)
{
    msgpack_object *o = calloc(n + 1, sizeof(*o));
    msgpack_object_kv *kv = calloc(n + 1, sizeof(*kv));
    o[0].type = MSGPACK_OBJECT_NIL;
    for (unsigned i = 1; i <= n; i++) {
        kv[i].key = (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {.size = 1, .ptr = "k"}};
        kv[i].val = o[i - 1];
        if (maps)
            o[i] = (msgpack_object){.type = MSGPACK_OBJECT_MAP, .via.map = {.size = 1, .ptr = &kv[i]}};
        else
            o[i] = (msgpack_object){.type = MSGPACK_OBJECT_ARRAY, .via.array = {.size = 1, .ptr = &o[i - 1]}};
    }
    struct value *v = value_from_object(&o[n]);
    free(o);
    free(kv);
    return v;
}

static void depth_is_exact(void **state)
{
    (void)state;
    for (int maps = 0; maps < 2; maps++) {
        struct value *v = nested(32, maps);
        assert_non_null(v);
        value_unref(v);
        assert_null(nested(33, maps));
    }
}

static void equal_values_are_equal(void **state)
{
    (void)state;
    struct value *a = of_bytes("\x82\xa1"
                               "a\1\xa1"
                               "b\2",
                               7);
    struct value *b = of_bytes("\xde\0\2\xa1"
                               "b\xca\x40\0\0\0\xa1"
                               "a\xcc\1",
                               14);
    struct value *c = of_bytes("\x82\xa1"
                               "a\1\xa1"
                               "b\3",
                               7);
    struct value *d = of_bytes("\x90", 1);
    assert_true(value_equal(a, a));
    assert_true(value_equal(a, b));
    assert_false(value_equal(a, c));
    assert_false(value_equal(a, d));
    assert_false(value_equal(a, NULL));
    assert_false(value_equal(NULL, a));
    assert_true(value_equal(NULL, NULL));
    assert_ptr_equal(value_ref(a), a);
    assert_null(value_unref(a));
    assert_true(value_equal(a, b)); /* one reference is left */
    value_unref(a);
    value_unref(b);
    value_unref(c);
    value_unref(d);
    assert_null(value_ref(NULL));
    assert_null(value_unref(NULL));
}

/* Equal whatever the order of the keys; but that is kept, as a model answers a schema in its order. */
static void order_as_told(void **state)
{
    (void)state;
    static const char told[] = "\x82\xa1"
                               "b\x82\xa1"
                               "y\x01\xa1"
                               "x\x02\xa1"
                               "a\x03";
    static const char other[] = "\x82\xa1"
                                "a\x03\xa1"
                                "b\x82\xa1"
                                "x\x02\xa1"
                                "y\xcc\x01";
    struct value *v = of_bytes(told, sizeof(told) - 1), *w = of_bytes(other, sizeof(other) - 1);
    size_t len;

    assert_true(value_equal(v, w));
    assert_memory_equal(value_told(v, &len), told, sizeof(told) - 1);
    assert_int_equal(len, sizeof(told) - 1);
    assert_memory_equal(value_told(w, &len), value_bytes(v, &len), len); /* sorted as it is */
    value_unref(v);
    value_unref(w);
}

/* Two string literals: what is told, and what is asked by it. */
#define CHECK_ASKED(told, want) check_asked(told, sizeof(told) - 1, want, sizeof(want) - 1)
static void check_asked(const char *told, size_t len, const char *want, size_t want_len)
{
    struct value *v = of_bytes(told, len);
    struct buf b;

    buf_init(&b, want_len);
    assert_true(value_put_asked(v, &b));
    assert_int_equal(b.len, want_len);
    assert_memory_equal(b.data, want, want_len);
    buf_done(&b);
    buf_init(&b, want_len - 1);
    assert_false(value_put_asked(v, &b));
    buf_done(&b);
    value_unref(v);
}

static void order_of_properties(void **state)
{
    (void)state;
    CHECK_ASKED("\x82\xa1y\x01\xa1x\x02", "\x82\xa1x\x02\xa1y\x01");
    CHECK_ASKED("\x81\xaaproperties\x82\xa1y\x01\xa1x\x02", "\x81\xaaproperties\x82\xa1y\x01\xa1x\x02");
    /* Within a property everything is sorted again, but for its own properties. */
    CHECK_ASKED("\x81\xaaproperties\x81\xa1y\x82\xa4type\xa1o\xaaproperties\x82\xa1y\x01\xa1x\x02",
                "\x81\xaaproperties\x81\xa1y\x82\xaaproperties\x82\xa1y\x01\xa1x\x02\xa4type\xa1o");
    /* One that is named so is no map of names. */
    CHECK_ASKED("\x81\xaaproperties\x81\xaaproperties\x82\xa1y\x01\xa1x\x02",
                "\x81\xaaproperties\x81\xaaproperties\x82\xa1x\x02\xa1y\x01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_ones),           cmocka_unit_test(order_as_told),
        cmocka_unit_test(integers_are_shortest), cmocka_unit_test(floats),
        cmocka_unit_test(headers_are_shortest),  cmocka_unit_test(keys_are_sorted_by_bytes),
        cmocka_unit_test(a_larger_map),          cmocka_unit_test(not_canonical),
        cmocka_unit_test(depth_is_exact),        cmocka_unit_test(equal_values_are_equal),
        cmocka_unit_test(order_of_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
