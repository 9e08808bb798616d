#include "client/common/json_print.h"
#include "client/common/json_read.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What out has written to its memory file, as a string. */
static const char *written(struct out *o)
{
    static char text[64 * 1024];
    assert_true(out_flush(o));
    ssize_t n = pread(o->fd, text, sizeof(text) - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    (void)close(o->fd);
    return text;
}

static struct out *new_out(void)
{
    static struct out o;
    out_init(&o, memfd_create("out", MFD_CLOEXEC));
    assert_true(o.fd >= 0);
    assert_false(o.terminal);
    return &o;
}

static void assert_json(const msgpack_object *v, const char *want)
{
    struct out *o = new_out();
    assert_true(json_print(o, v));
    assert_string_equal(written(o), want);
}

static msgpack_object str(const char *s, size_t len)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {.ptr = s, .size = (uint32_t)len}};
}

static msgpack_object number(double v)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = v};
}

static void strings(void **state)
{
    (void)state;
    const struct {
        const char *in;
        size_t len;
        const char *want;
    } rows[] = {
        {"", 0, "\"\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\n\t\r\b\f\0\x1b", 7, "\"\\n\\t\\r\\b\\f\\u0000\\u001b\""},
        {"\x7f\xc2\x9b\xc2\xa0", 5, "\"\\u007f\\u009b\xc2\xa0\""},
        {"\xc3\xa4\xf0\x9f\x98\x80", 6, "\"\xc3\xa4\xf0\x9f\x98\x80\""},
        {"a\xff"
         "b",
         3,
         "\"a\xef\xbf\xbd"
         "b\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        msgpack_object v = str(rows[i].in, rows[i].len);
        assert_json(&v, rows[i].want);
    }
}

static void numbers(void **state)
{
    (void)state;
    const struct {
        double in;
        const char *want;
    } rows[] = {{0.1, "0.1"},      {1, "1"},      {-2.5, "-2.5"},    {1.0 / 3, "0.3333333333333333"},
                {1e300, "1e+300"}, {NAN, "null"}, {INFINITY, "null"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        msgpack_object v = number(rows[i].in);
        assert_json(&v, rows[i].want);
    }
    msgpack_object most = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = UINT64_MAX};
    assert_json(&most, "18446744073709551615");
    msgpack_object least = {.type = MSGPACK_OBJECT_NEGATIVE_INTEGER, .via.i64 = INT64_MIN};
    assert_json(&least, "-9223372036854775808");
}

static void bins(void **state)
{
    (void)state;
    const char *want[] = {"{\"$bin\": \"\"}", "{\"$bin\": \"AA==\"}", "{\"$bin\": \"AAE=\"}", "{\"$bin\": \"AAH/\"}"};
    for (uint32_t n = 0; n < 4; n++) {
        msgpack_object v = {.type = MSGPACK_OBJECT_BIN, .via.bin = {.ptr = "\x00\x01\xff", .size = n}};
        assert_json(&v, want[n]);
    }
}

static void keys_become_strings(void **state)
{
    (void)state;
    msgpack_object_kv pairs[] = {
        {.key = str("a", 1), .val = {.type = MSGPACK_OBJECT_NIL}},
        {.key = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = 7}, .val = {.type = MSGPACK_OBJECT_ARRAY}},
        {.key = {.type = MSGPACK_OBJECT_BOOLEAN, .via.boolean = true}, .val = {.type = MSGPACK_OBJECT_MAP}},
    };
    msgpack_object v = {.type = MSGPACK_OBJECT_MAP, .via.map = {.size = 3, .ptr = pairs}};
    assert_json(&v, "{\"a\": null, \"7\": [], \"true\": {}}");
}

static void assert_round_trip(const char *json)
{
    struct buf b;
    char why[256];
    buf_init(&b, 1 << 20);
    if (!json_read_map(&b, json, "it", why, sizeof(why)))
        fail_msg("%s", why);
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    size_t at = 0;
    assert_int_equal(msgpack_unpack_next(&u, (const char *)b.data, b.len, &at), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(at, b.len);
    assert_json(&u.data, json);
    msgpack_unpacked_destroy(&u);
    buf_done(&b);
}

static void what_is_read_prints_the_same(void **state)
{
    (void)state;
    assert_round_trip("{}");
    assert_round_trip("{\"a\": [1, -2, 2.5, null, true, false, \"\\u0000x\"], \"b\": {\"c\": {}}}");
    assert_round_trip("{\"d\": {\"$bin\": \"AAH/\"}, \"e\": {\"$bin\": \"AA==\"}, \"f\": {\"$bin\": \"\"}}");
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {
        "", "[1]", "{", "{\"a\": {\"$bin\": \"A\"}}", "{\"a\": {\"$bin\": \"A*==\"}}", "{\"a\": 1, \"a\": 2}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf b;
        char why[256] = "";
        buf_init(&b, 1024);
        assert_false(json_read_map(&b, bad[i], "it", why, sizeof(why)));
        assert_true(strlen(why) > 0);
        buf_done(&b);
    }
    struct buf small;
    char why[256];
    buf_init(&small, 4);
    assert_false(json_read_map(&small, "{\"abcdef\": 1}", "it", why, sizeof(why)));
    buf_done(&small);
}

static void terminals_get_harmless_text(void **state)
{
    (void)state;
    static const char text[] = "a\x1b[1m\x7f\xc2\x9b\xff\r\n\t\xc3\xa4";
    struct out *o = new_out();
    assert_true(out_text(o, text, sizeof(text) - 1));
    assert_string_equal(written(o), text);
    o = new_out();
    o->terminal = true;
    assert_true(out_text(o, text, sizeof(text) - 1));
    assert_string_equal(written(o), "a\\x1b[1m\\x7f\\x9b\\xff\\x0d\n\t\xc3\xa4");
}

static void more_than_the_buffer_keeps_its_order(void **state)
{
    (void)state;
    static char piece[20 * 1024];
    memset(piece, 'x', sizeof(piece));
    struct out *o = new_out();
    assert_true(out_puts(o, "begin") && out_write(o, piece, sizeof(piece)) && out_puts(o, "end"));
    assert_int_equal(o->last, 'd');
    const char *got = written(o);
    assert_int_equal(strlen(got), sizeof(piece) + 8);
    assert_int_equal(strncmp(got, "beginx", 6), 0);
    assert_string_equal(got + 4 + sizeof(piece), "xend");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(numbers),
        cmocka_unit_test(bins),
        cmocka_unit_test(keys_become_strings),
        cmocka_unit_test(what_is_read_prints_the_same),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(terminals_get_harmless_text),
        cmocka_unit_test(more_than_the_buffer_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
