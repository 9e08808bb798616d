#include "client/common/schema_short.h"
#include "daemon/provider/jsonx.h"
#include "lib/base/value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

#define CLOSED(properties, required)                                                                                   \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required "],\"additionalProperties\":false}"

/* The schema as JSON in out. */
static void to_json(const struct buf *packed, struct buf *out)
{
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, (const char *)packed->data, packed->len, NULL), MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    assert_non_null(v);
    json_t *json = jsonx_from_value(v);
    assert_true(jsonx_dump(json, out));
    json_decref(json);
    value_unref(v);
    msgpack_unpacked_destroy(&u);
}

static void check_good(const char *text, const char *json)
{
    char why[256] = "";
    struct buf packed, shown;
    buf_init(&packed, ROOM);
    buf_init(&shown, ROOM);
    if (!schema_short_put(&packed, text, why, sizeof why))
        fail_msg("%s: %s", text, why);
    to_json(&packed, &shown);
    assert_string_equal(buf_cstr(&shown), json);
    buf_done(&packed);
    buf_done(&shown);
}

static void check_bad(const char *text, const char *reason)
{
    char why[256] = "";
    struct buf packed;
    buf_init(&packed, ROOM);
    if (schema_short_put(&packed, text, why, sizeof why))
        fail_msg("%s was taken", text);
    assert_string_equal(why, reason);
    buf_done(&packed);
}

static void good_ones(void **state)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"name:str", CLOSED("\"name\":{\"type\":\"string\"}", "\"name\"")},
        {" b : int , a : num ,\n c:bool ",
         CLOSED("\"b\":{\"type\":\"integer\"},\"a\":{\"type\":\"number\"},\"c\":{\"type\":\"boolean\"}",
                "\"b\",\"a\",\"c\"")},
        {"nick?:str", CLOSED("\"nick\":{\"type\":\"string\"}", "")},
        {"tags:str[]", CLOSED("\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", "\"tags\"")},
        {"m:num[][]",
         CLOSED("\"m\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}}}", "\"m\"")},
        {"mood:(good|so so | bad )",
         CLOSED("\"mood\":{\"type\":\"string\",\"enum\":[\"good\",\"so so\",\"bad\"]}", "\"mood\"")},
        {"mood:(a|b)[] \"one \\\"or\\\" more \\\\\"",
         CLOSED("\"mood\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},"
                "\"description\":\"one \\\"or\\\" more \\\\\"}",
                "\"mood\"")},
        {"at:{city:str,zip?:str}[]",
         CLOSED("\"at\":{\"type\":\"array\",\"items\":" CLOSED(
                    "\"city\":{\"type\":\"string\"},\"zip\":{\"type\":\"string\"}", "\"city\"") "}",
                "\"at\"")},
        {"gr\xc3\xb6\xc3\x9f"
         "e-cm:int\"\"",
         CLOSED("\"gr\xc3\xb6\xc3\x9f"
                "e-cm\":{\"type\":\"integer\",\"description\":\"\"}",
                "\"gr\xc3\xb6\xc3\x9f"
                "e-cm\"")},
        {"str:str", CLOSED("\"str\":{\"type\":\"string\"}", "\"str\"")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_good(rows[i].text, rows[i].json);
}

static void bad_ones(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "at its end: a member's name is missing"},
        {"name", "at its end: a colon and a type are missing"},
        {"name:", "at its end: no type: str, int, num, bool, (a|b) or {…}"},
        {"name:string", "at character 6, 'string': no type: str, int, num, bool, (a|b) or {…}"},
        {"name:Str", "at character 6, 'Str': no type: str, int, num, bool, (a|b) or {…}"},
        {"a:str b:str", "at character 7, 'b:str': a comma is missing"},
        {"a:str,", "at its end: a member's name is missing"},
        {"a:str,,b:str", "at character 7, ',b:str': a member's name is missing"},
        {"\xc3\xa4:str, \xc3\xa4:int", "at character 8, '\xc3\xa4:int': this name stands twice"},
        {"a:str[", "at its end: a list is written TYPE[]"},
        {"a:str[3]", "at character 7, '3]': a list is written TYPE[]"},
        {"a:(x|)", "at character 6, ')': a word to choose is missing"},
        {"a:()", "at character 4, ')': a word to choose is missing"},
        {"a:(x", "at its end: the choice is not closed by )"},
        {"a:{b:str", "at its end: a comma or } is missing"},
        {"a:{}", "at character 4, '}': a member's name is missing"},
        {"a:str}", "at character 6, '}': a comma is missing"},
        {"a:str \"no end", "at character 7, '\"no end': the quote is not closed"},
        {"a:str \"no end\\\"", "at character 7, '\"no end\\\"': the quote is not closed"},
        {"a:a name that is longer than what is shown",
         "at character 3, 'a name that is longer th…': no type: str, int, num, bool, (a|b) or {…}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_bad(rows[i].text, rows[i].why);
}

/* "a:{a:{…a:str…}}" with so many braces within each other, the outermost members for one. */
static void nest(char *out, unsigned depth, const char *type)
{
    *out = '\0';
    for (unsigned i = 1; i < depth; i++)
        strcat(out, "a:{");
    strcat(strcat(out, "a:"), type);
    for (unsigned i = 1; i < depth; i++)
        strcat(out, "}");
}

/* What is taken must also be what the daemon takes: struct value is nested no deeper than 32. */
static void depth_has_an_edge(void **state)
{
    char text[512], why[256];
    struct buf packed, json;
    (void)state;
    for (unsigned lists = 0; lists < 2; lists++) {
        buf_init(&packed, ROOM);
        buf_init(&json, ROOM);
        nest(text, SCHEMA_SHORT_DEPTH - lists, lists ? "str[]" : "str");
        assert_true(schema_short_put(&packed, text, why, sizeof why));
        to_json(&packed, &json);
        nest(text, SCHEMA_SHORT_DEPTH - lists + 1, lists ? "str[]" : "str");
        assert_false(schema_short_put(&packed, text, why, sizeof why));
        assert_non_null(strstr(why, "too many lists and braces within each other"));
        buf_done(&packed);
        buf_done(&json);
    }
}

/* "m0:str,m1:str,…" */
static void members(char *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out += sprintf(out, "%sm%u:str", i ? "," : "", i);
}

static void members_have_an_edge(void **state)
{
    char text[8192], why[256];
    struct buf packed;
    (void)state;
    buf_init(&packed, ROOM);
    members(text, SCHEMA_SHORT_MEMBERS);
    assert_true(schema_short_put(&packed, text, why, sizeof why));
    members(text, SCHEMA_SHORT_MEMBERS + 1);
    assert_false(schema_short_put(&packed, text, why, sizeof why));
    assert_non_null(strstr(why, "'m256:str': too many members"));
    buf_done(&packed);
}

static void a_full_buffer_is_told(void **state)
{
    char why[256];
    struct buf packed;
    (void)state;
    buf_init(&packed, 40);
    assert_false(schema_short_put(&packed, "name:str", why, sizeof why));
    assert_string_equal(why, "it is too large");
    buf_done(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(bad_ones),
        cmocka_unit_test(depth_has_an_edge),
        cmocka_unit_test(members_have_an_edge),
        cmocka_unit_test(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
