#include "lib/proto/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static struct buf out;
static msgpack_zone zone;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 1 << 18);
    return msgpack_zone_init(&zone, 4096) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&out);
    msgpack_zone_destroy(&zone);
    return 0;
}

/* What was written since the last call, which must be one whole value. */
static msgpack_object read_back(void)
{
    msgpack_object o;

    assert_false(out.failed);
    assert_int_equal(msgpack_unpack((const char *)out.data, out.len, NULL, &zone, &o), MSGPACK_UNPACK_SUCCESS);
    return o;
}

static msgpack_object str(const char *s)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {(uint32_t)strlen(s), s}};
}

static msgpack_object bin(const char *s)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_BIN, .via.bin = {(uint32_t)strlen(s), s}};
}

static msgpack_object real(double d)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = d};
}

static msgpack_object natural(uint64_t u)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = u};
}

static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};

static void test_integers_are_shortest(void **state)
{
    static const struct {
        int64_t v;
        size_t len;
    } rows[] = {
        {0, 1},          {127, 1},       {128, 2},       {255, 2},       {256, 3},         {65535, 3},     {65536, 5},
        {UINT32_MAX, 5}, {1LL << 32, 9}, {INT64_MAX, 9}, {-1, 1},        {-32, 1},         {-33, 2},       {-128, 2},
        {-129, 3},       {-32768, 3},    {-32769, 5},    {INT32_MIN, 5}, {-2147483649, 9}, {INT64_MIN, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t v = 0;

        buf_clear(&out);
        mp_put_int(&out, rows[i].v);
        assert_int_equal(out.len, rows[i].len);

        msgpack_object o = read_back();

        assert_true(mp_int(&o, &v));
        assert_true(v == rows[i].v);
    }
    buf_clear(&out);
    mp_put_uint(&out, UINT64_MAX);
    assert_true(read_back().via.u64 == UINT64_MAX);
}

static void test_lengths_are_shortest(void **state)
{
    static const struct {
        size_t len, str_head, bin_head;
    } rows[] = {{0, 1, 2}, {31, 1, 2}, {32, 2, 2}, {255, 2, 2}, {256, 3, 3}, {65535, 3, 3}, {65536, 5, 5}};
    static char text[65536];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint8_t *p;
        const char *s;
        size_t len = 0;
        msgpack_object o;

        buf_clear(&out);
        mp_put_str(&out, text, rows[i].len);
        assert_int_equal(out.len, rows[i].str_head + rows[i].len);
        o = read_back();
        assert_true(o.type == MSGPACK_OBJECT_STR && mp_str(&o, &s, &len) && len == rows[i].len);
        assert_memory_equal(s, text, len);

        buf_clear(&out);
        mp_put_str_head(&out, rows[i].len);
        assert_int_equal(out.len, rows[i].str_head);
        buf_append(&out, text, rows[i].len);
        o = read_back();
        assert_true(o.type == MSGPACK_OBJECT_STR && mp_str(&o, &s, &len) && len == rows[i].len);

        buf_clear(&out);
        mp_put_bin(&out, text, rows[i].len);
        assert_int_equal(out.len, rows[i].bin_head + rows[i].len);
        o = read_back();
        assert_true(o.type == MSGPACK_OBJECT_BIN && mp_bytes(&o, &p, &len) && len == rows[i].len);
        assert_memory_equal(p, text, len);
    }
}

static void test_counts_are_shortest(void **state)
{
    static const struct {
        uint32_t n;
        size_t head;
    } rows[] = {{0, 1}, {15, 1}, {16, 3}, {65535, 3}, {65536, 5}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        msgpack_object_array a;
        msgpack_object_map m;
        msgpack_object o;

        buf_clear(&out);
        mp_put_array(&out, rows[i].n);
        assert_int_equal(out.len, rows[i].head);
        for (uint32_t k = 0; k < rows[i].n; k++)
            mp_put_nil(&out);
        o = read_back();
        assert_true(mp_array(&o, &a) && a.size == rows[i].n);

        buf_clear(&out);
        mp_put_map(&out, rows[i].n);
        assert_int_equal(out.len, rows[i].head);
        for (uint32_t k = 0; k < 2 * rows[i].n; k++)
            mp_put_bool(&out, (k & 1) != 0);
        o = read_back();
        assert_true(o.type == MSGPACK_OBJECT_MAP && mp_map(&o, &m) && m.size == rows[i].n);
    }
}

static void test_other_writers(void **state)
{
    double d = 0;
    bool v = false;

    (void)state;
    mp_put_array(&out, 6);
    mp_put_nil(&out);
    mp_put_bool(&out, true);
    mp_put_bool(&out, false);
    mp_put_double(&out, -0.1);
    mp_put_cstr(&out, NULL);
    mp_put_cstr(&out, "abc");

    msgpack_object o = read_back();
    const msgpack_object *a = o.via.array.ptr;

    assert_int_equal(a[0].type, MSGPACK_OBJECT_NIL);
    assert_true(mp_bool(&a[1], &v) && v);
    assert_true(mp_bool(&a[2], &v) && !v);
    assert_true(mp_double(&a[3], &d) && d == -0.1);
    assert_int_equal(a[4].type, MSGPACK_OBJECT_NIL);
    assert_int_equal(a[5].via.str.size, 3);
}

static void test_open_map(void **state)
{
    msgpack_object_map m;
    int64_t v = 0;

    (void)state;
    mp_put_array(&out, 2);

    size_t at = mp_open_map(&out);

    mp_put_cstr(&out, "one");
    mp_put_int(&out, 1);
    mp_put_cstr(&out, "two");
    mp_put_int(&out, 2);
    mp_close_map(&out, at, 2);
    mp_put_nil(&out);

    msgpack_object o = read_back();

    assert_true(mp_map(&o.via.array.ptr[0], &m));
    assert_int_equal(m.size, 2);
    assert_true(mp_int(mp_get(&m, "two"), &v) && v == 2);
}

/* A value is written as a whole or not at all, and what came before stays. */
static void test_a_full_buffer(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 8);
    mp_put_str(&b, "abc", 3);
    mp_put_str(&b, "defg", 4);
    assert_true(b.failed);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data,
                        "\xa3"
                        "abc",
                        4);
    buf_clear(&b);
    mp_put_uint(&b, UINT64_MAX);
    assert_true(b.failed);
    assert_int_equal(b.len, 0);
    mp_close_map(&b, mp_open_map(&b), 1);
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    mp_put_str(&b, "abcdefg", 7); /* exactly the bound */
    assert_false(b.failed);
    buf_done(&b);
}

static void test_strings_and_bytes(void **state)
{
    msgpack_object a = str("abc"), b = bin("gr\xc3\xbc\xc3\x9f"), c = bin("\xff\xfe"), n = natural(1);
    const uint8_t *p;
    const char *s;
    size_t len;

    (void)state;
    assert_true(mp_str(&a, &s, &len) && len == 3 && s == a.via.str.ptr);
    assert_true(mp_str(&b, &s, &len) && len == 6 && s == b.via.bin.ptr);
    assert_false(mp_str(&c, &s, &len));
    assert_false(mp_str(&n, &s, &len) || mp_str(&nil, &s, &len));
    assert_true(mp_bytes(&c, &p, &len) && len == 2);
    assert_true(mp_bytes(&a, &p, &len) && len == 3);
    assert_false(mp_bytes(&n, &p, &len) || mp_bytes(&nil, &p, &len));
}

static void test_numbers(void **state)
{
    static const double not_whole[] = {0.5, 0x1p63, -0x1p63 - 2048, 1e300, INFINITY, -INFINITY, NAN};
    msgpack_object o;
    int64_t v = 0;
    double d = 0;
    bool b;

    (void)state;
    o = real(3.0);
    assert_true(mp_int(&o, &v) && v == 3);
    o = real(-0x1p63);
    assert_true(mp_int(&o, &v) && v == INT64_MIN);
    for (size_t i = 0; i < sizeof(not_whole) / sizeof(not_whole[0]); i++) {
        o = real(not_whole[i]);
        assert_false(mp_int(&o, &v));
        assert_true(mp_double(&o, &d));
    }
    o = natural((uint64_t)INT64_MAX + 1);
    assert_false(mp_int(&o, &v));
    o = natural(7);
    assert_true(mp_double(&o, &d) && d == 7.0);
    o = (msgpack_object){.type = MSGPACK_OBJECT_NEGATIVE_INTEGER, .via.i64 = -7};
    assert_true(mp_double(&o, &d) && d == -7.0);
    o = (msgpack_object){.type = MSGPACK_OBJECT_FLOAT32, .via.f64 = 2.0};
    assert_true(mp_int(&o, &v) && v == 2);
    o = str("7");
    assert_false(mp_int(&o, &v) || mp_double(&o, &d) || mp_bool(&o, &b));
    o = natural(1);
    assert_false(mp_bool(&o, &b));
}

static void test_maps(void **state)
{
    msgpack_object_kv kv[] = {
        {str("a"), natural(1)}, {bin("b"), natural(2)}, {natural(3), natural(3)},
        {str("a"), natural(4)}, {str("n"), natural(5)}, {str("n"), nil},
    };
    msgpack_object_map m = {sizeof(kv) / sizeof(kv[0]), kv}, got;
    msgpack_object_array list;
    msgpack_object o;

    (void)state;
    assert_ptr_equal(mp_get(&m, "a"), &kv[3].val); /* the last one wins */
    assert_ptr_equal(mp_get(&m, "b"), &kv[1].val);
    assert_null(mp_get(&m, "n"));
    assert_null(mp_get(&m, "ab"));
    assert_null(mp_get(&m, ""));

    o = (msgpack_object){.type = MSGPACK_OBJECT_MAP, .via.map = m};
    assert_true(mp_map(&o, &got) && got.size == m.size);
    assert_false(mp_array(&o, &list));
    o = (msgpack_object){.type = MSGPACK_OBJECT_ARRAY, .via.array = {0, NULL}};
    assert_true(mp_map(&o, &got) && got.size == 0);
    assert_null(mp_get(&got, "a"));
    o = (msgpack_object){.type = MSGPACK_OBJECT_ARRAY, .via.array = {1, &kv[0].val}};
    assert_false(mp_map(&o, &got));
    assert_true(mp_array(&o, &list) && list.size == 1);
    assert_false(mp_map(&nil, &got) || mp_array(&nil, &list));
}

static void test_clean(void **state)
{
    msgpack_object bad[] = {str("\xff"), {.type = MSGPACK_OBJECT_EXT}, str("\xed\xa0\x80")};
    msgpack_object good[] = {str("\xe2\x82\xac"), bin("\xff"), natural(1), nil};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(mp_clean(&good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        msgpack_object_kv key = {bad[i], nil}, val = {nil, bad[i]};
        msgpack_object list[] = {nil, bad[i]};
        msgpack_object as_key = {.type = MSGPACK_OBJECT_MAP, .via.map = {1, &key}};
        msgpack_object as_val = {.type = MSGPACK_OBJECT_MAP, .via.map = {1, &val}};
        msgpack_object as_item = {.type = MSGPACK_OBJECT_ARRAY, .via.array = {2, list}};

        assert_false(mp_clean(&bad[i]));
        assert_false(mp_clean(&as_key));
        assert_false(mp_clean(&as_val));
        assert_false(mp_clean(&as_item));
        as_item.via.array.size = 1;
        assert_true(mp_clean(&as_item));
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_integers_are_shortest),
        TEST(test_lengths_are_shortest),
        TEST(test_counts_are_shortest),
        TEST(test_other_writers),
        TEST(test_open_map),
        TEST(test_a_full_buffer),
        TEST(test_strings_and_bytes),
        TEST(test_numbers),
        TEST(test_maps),
        TEST(test_clean),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
