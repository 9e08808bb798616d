#include "daemon/provider/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

static json_t *parse(const char *text, enum jsonx_fault want)
{
    enum jsonx_fault fault;
    json_t *json = jsonx_parse(text, strlen(text), &fault);

    assert_int_equal(fault, want);
    assert_int_equal(json != NULL, want == JSONX_OK);
    return json;
}

static void faults(void **state)
{
    (void)state;
    json_decref(parse("{\"a\":1}", JSONX_OK));
    json_decref(parse("null", JSONX_OK));
    parse("", JSONX_CUT);
    parse("{\"a\":", JSONX_CUT);
    parse("{\"a\":\"b", JSONX_CUT);
    parse("<html>", JSONX_BAD);
    parse("{\"a\":\"\xFF\"}", JSONX_BAD);
    parse("{} {}", JSONX_BAD);
}

static void mercies(void **state)
{
    (void)state;
    json_t *json = parse("[\"\\ud83d\",\"\\\\ud83d\\ude00\",\"\\ud83d\\ude00\",\"\\u0000\"]", JSONX_OK);
    assert_string_equal(json_string_value(json_array_get(json, 0)), "\uFFFD");
    assert_string_equal(json_string_value(json_array_get(json, 1)), "\\ud83d\uFFFD");
    assert_string_equal(json_string_value(json_array_get(json, 2)), "😀");
    assert_int_equal(json_string_length(json_array_get(json, 3)), 1);
    json_decref(json);
    json = parse("{\"n\":18446744073709551616}", JSONX_OK);
    assert_true(json_is_real(json_object_get(json, "n")));
    json_decref(json);
}

static void fields(void **state)
{
    int64_t n;
    size_t len;
    (void)state;

    json_t *json = parse("{\"s\":\"ab\",\"i\":7,\"r\":8.0,\"f\":1.5,\"big\":1e300,\"z\":null,\"o\":{}}", JSONX_OK);
    assert_string_equal(jsonx_string(json, "s", &len), "ab");
    assert_int_equal(len, 2);
    assert_null(jsonx_string(json, "i", NULL));
    assert_true(jsonx_integer(json, "i", &n) && n == 7);
    assert_true(jsonx_integer(json, "r", &n) && n == 8);
    assert_false(jsonx_integer(json, "f", &n) || jsonx_integer(json, "big", &n) || jsonx_integer(json, "s", &n));
    assert_null(jsonx_get(json, "z"));
    assert_null(jsonx_get(NULL, "z"));
    assert_non_null(jsonx_object(json, "o"));
    assert_null(jsonx_object(json, "s"));
    json_decref(json);

    json = parse("{\"a\":{\"b\":{\"c\":7,\"z\":null}},\"s\":1}", JSONX_OK);
    assert_int_equal(json_integer_value(jsonx_at(json, "a.b.c")), 7);
    assert_int_equal(json_integer_value(jsonx_at(json, "s")), 1);
    assert_null(jsonx_at(json, "a.b.z"));
    assert_null(jsonx_at(json, "a.x.c"));
    assert_null(jsonx_at(json, "s.b"));
    assert_null(jsonx_at(NULL, "a.b"));
    json_decref(json);
}

static void check_value(const char *bytes, size_t len, const char *want)
{
    msgpack_unpacked u;
    struct buf out;

    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, bytes, len, NULL), MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    assert_non_null(v);
    json_t *json = jsonx_from_value(v);
    buf_init(&out, 256);
    assert_int_equal(json != NULL, want != NULL);
    if (want) {
        assert_true(jsonx_dump(json, &out));
        assert_string_equal(buf_cstr(&out), want);
    }
    buf_done(&out);
    json_decref(json);
    value_unref(v);
    msgpack_unpacked_destroy(&u);
}

static void values(void **state)
{
    (void)state;
    check_value("\x83\xA1"
                "a\x93\x01\xFF\xC0\xA1"
                "b\xC3\xA1"
                "c\xCB\x3F\xE6\x66\x66\x66\x66\x66\x66",
                21, "{\"a\":[1,-1,null],\"b\":true,\"c\":0.7}");
    check_value("\x92\xCB\x40\x05\xBF\x0A\x8B\x14\x57\x69\xCB\x3F\xE6\x66\x66\x66\x66\x66\x66", 19,
                "[2.718281828459045,0.7]");
    check_value("\xCF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9, "1.8446744073709552e19");
    check_value("\x91\xC4\x01\x00", 4, NULL);
}

static int append(const char *piece, size_t len, void *out)
{
    return buf_append(out, piece, len) ? 0 : -1;
}

static void check_dump(const json_t *json)
{
    struct buf ours, theirs;

    buf_init(&ours, 4096);
    buf_init(&theirs, 4096);
    assert_true(jsonx_dump(json, &ours));
    assert_int_equal(json_dump_callback(json, append, &theirs, JSON_COMPACT | JSON_ENCODE_ANY), 0);
    assert_string_equal(buf_cstr(&ours), buf_cstr(&theirs));
    buf_done(&ours);
    buf_done(&theirs);
}

/* Each byte of ASCII, at each place among others: as jansson writes it. */
static void dumps_escapes(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        for (size_t at = 0; at < 20; at++) {
            char text[] = "abcdefghijklmnopqr\xc3\xa9";
            text[at < 18 ? at : 0] = (char)c;
            json_t *json =
                json_pack("{s#:s#}", c ? text : "k", c ? (int)sizeof text - 1 : 1, text, (int)sizeof text - 1);
            assert_non_null(json);
            check_dump(json);
            json_decref(json);
        }
    }
}

static void dumps_containers(void **state)
{
    static const char *const texts[] = {"{}", "[]", "[[],{}]",
                                        "{\"a\":[1,{\"b\":[true,false,null]},\"x\"],\"c\":{\"d\":-0.5}}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *json = parse(texts[i], JSONX_OK);
        check_dump(json);
        json_decref(json);
    }
}

static void texts(void **state)
{
    (void)state;
    json_t *json = jsonx_text("a\0\xc3\xa9", 4);
    assert_int_equal(json_string_length(json), 4);
    json_decref(json);
    assert_null(jsonx_text("\xc3", 1));
    assert_null(jsonx_text("\xed\xa0\x80", 3));
}

static void dump_is_bounded(void **state)
{
    struct buf out;
    (void)state;

    json_t *json = json_string("0123456789");
    buf_init(&out, 8);
    assert_false(jsonx_dump(json, &out));
    buf_done(&out);
    json_decref(json);
}

static void packing_is_bounded(void **state)
{
    json_t *json = json_array();
    struct buf out;
    (void)state;

    buf_init(&out, 1u << 20);
    for (int i = 0; i < JSONX_PACK_VALUES - 1; i++)
        json_array_append_new(json, json_null());
    assert_true(jsonx_pack(json, &out));
    json_array_append_new(json, json_null());
    assert_false(jsonx_pack(json, &out));
    buf_done(&out);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults), cmocka_unit_test(mercies),         cmocka_unit_test(fields),
        cmocka_unit_test(values), cmocka_unit_test(dumps_escapes),   cmocka_unit_test(dumps_containers),
        cmocka_unit_test(texts),  cmocka_unit_test(dump_is_bounded), cmocka_unit_test(packing_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
