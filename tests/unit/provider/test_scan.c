#include "daemon/provider/openai_chat.h"
#include "daemon/provider/parser.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

/* From memory of exactly that size, so that a look beyond its end is seen. */
static enum scan_kind scan(const char *json, size_t len, char *text, size_t size)
{
    char *copy = malloc(len + (len == 0));
    struct scan_found d;
    struct buf out;

    memcpy(copy, json, len);
    enum scan_kind kind = scan_chunk(openai_chat_grammar.hot, copy, len, &d);
    buf_init(&out, size - 1);
    if (kind == SCAN_TEXT || kind == SCAN_REASONING)
        assert_true(scan_unescape(d.raw, d.len, &out));
    strcpy(text, buf_cstr(&out));
    buf_done(&out);
    free(copy);
    return kind;
}

static void check(const char *json, enum scan_kind want, const char *want_text)
{
    char text[256];

    assert_int_equal(scan(json, strlen(json), text, sizeof text), want);
    assert_string_equal(text, want_text);
    if (want == SCAN_OTHER)
        return;
    for (size_t cut = 0; cut < (size_t)(strrchr(json, '}') - json); cut++) /* no part of it is a chunk */
        assert_int_equal(scan(json, cut, text, sizeof text), SCAN_OTHER);
}

#define DELTA(members)                                                                                                 \
    "{\"id\":\"x\",\"created\":1,\"choices\":[{\"index\":0,\"delta\":{" members                                        \
    "},\"finish_reason\":null}],\"usage\":null}"

static void common_chunks(void **state)
{
    (void)state;
    check(DELTA("\"content\":\"hi\""), SCAN_TEXT, "hi");
    check(DELTA("\"role\":\"assistant\",\"content\":\"h\xC3\xA9\""), SCAN_TEXT, "h\xC3\xA9");
    check(DELTA("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"), SCAN_EMPTY, "");
    check(DELTA("\"content\":null,\"reasoning_content\":\"r\""), SCAN_REASONING, "r");
    check(DELTA("\"content\":\"\",\"reasoning\":\"r\",\"reasoning_details\":[]"), SCAN_REASONING, "r");
    check(DELTA("\"content\":\"a\",\"tool_calls\":null"), SCAN_TEXT, "a");
    check(" { \"choices\" : [ { \"logprobs\" : {\"a\":[1,-2.5,true,{}]} , \"delta\" : { \"content\" : \"x\" } } ] } \n",
          SCAN_TEXT, "x");
}

static void escapes(void **state)
{
    (void)state;
    check(DELTA("\"content\":\"a\\n\\t\\\"\\\\\\/\\b\\f\\r\""), SCAN_TEXT, "a\n\t\"\\/\b\f\r");
    check(DELTA("\"content\":\"\\u00e9\\u4F60\\ud83d\\ude00\\u0041\""), SCAN_TEXT, "é你😀A");
    check(DELTA("\"content\":\"\\ud83dx\\ude00\\ud83d\\ud83d\\ude00\""), SCAN_TEXT, "\uFFFDx\uFFFD\uFFFD😀");
    check(DELTA("\"content\":\"\\x\""), SCAN_OTHER, "");
    check(DELTA("\"content\":\"\\u12g4\""), SCAN_OTHER, "");
}

static void left_to_the_full_parser(void **state)
{
    (void)state;
    check(DELTA("\"content\":\"a\",\"reasoning\":\"b\""), SCAN_OTHER, "");
    check(DELTA("\"content\":\"a\",\"content\":\"b\""), SCAN_OTHER, "");
    check(DELTA("\"c\\u006fntent\":\"a\""), SCAN_OTHER, "");
    check(DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"i\"}]"), SCAN_OTHER, "");
    check(DELTA("\"tool_calls\":[{\"index\":0},{\"index\":1}]"), SCAN_OTHER, "");
    check(DELTA("\"tool_calls\":[{\"function\":{\"arguments\":\"a\"}}]"), SCAN_OTHER, "");
    check(DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":{}}}]"), SCAN_OTHER, "");
    check(DELTA("\"refusal\":\"no\""), SCAN_OTHER, "");
    check(DELTA("\"content\":[{\"type\":\"text\"}]"), SCAN_OTHER, "");
    check("{\"usage\":null}", SCAN_OTHER, "");
    check("{\"choices\":[],\"choices\":[]}", SCAN_OTHER, "");
    check("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a\"}}]}", SCAN_OTHER, "");
    check("{\"choices\":[{\"index\":0.5,\"delta\":{\"content\":\"a\"}}]}", SCAN_OTHER, "");
    check("{\"choices\":[{\"delta\":{\"content\":\"a\"}},{\"delta\":{}}]}", SCAN_OTHER, "");
    check("{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", SCAN_OTHER, "");
    check("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{}}", SCAN_OTHER, "");
    check("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"error\":\"x\"}", SCAN_OTHER, "");
    check("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"x_groq\":{}}", SCAN_OTHER, "");
    check("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}x", SCAN_OTHER, "");
    check("[DONE]", SCAN_OTHER, "");
}

static void not_json(void **state)
{
    (void)state;
    check(DELTA("\"content\":\"\xC3\""), SCAN_OTHER, "");
    check(DELTA("\"content\":\"\xED\xA0\x80\""), SCAN_OTHER, "");
    check(DELTA("\"content\":\"\n\""), SCAN_OTHER, "");
    check(DELTA("\"content\":\"a\","), SCAN_OTHER, "");
    check("{\"n\":01,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", SCAN_OTHER, "");
    check("{\"n\":1.,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", SCAN_OTHER, "");
    check("{\"n\":nul,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", SCAN_OTHER, "");
}

/* A chunk with a member that is nested so deep. */
/* Every way to read a member. */
static const struct scan_word words[] = {
    {"t", SCAN_TEXT}, {"r", SCAN_REASONING}, {"any", SCAN_OTHER}, {NULL, SCAN_OTHER}};
static const struct scan_rule inner[] = {
    SCAN_RULE("piece", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("arguments", SCAN_PIECE, .n = SCAN_ARGUMENTS),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule every[] = {
    SCAN_RULE("kind", SCAN_WORD, .words = words),
    SCAN_RULE("mark", SCAN_MARK, .n = SCAN_REASONING),
    SCAN_RULE("index", SCAN_INDEX),
    SCAN_RULE("count", SCAN_COUNT, .n = 2),
    SCAN_RULE("false", SCAN_FALSE),
    SCAN_RULE("zero", SCAN_ZERO),
    SCAN_RULE("list", SCAN_LIST, .inner = inner, .must = true),
    SCAN_RULE("object", SCAN_OBJECT, .inner = inner, .must = true),
    SCAN_RULE(NULL, SCAN_SKIP),
};

static enum scan_kind scan_every(const char *json, struct scan_found *found)
{
    return scan_chunk(every, json, strlen(json), found);
}

static void rules(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum scan_kind want;
    } rows[] = {
        {"{\"list\":null}", SCAN_EMPTY},
        {"{\"list\":[]}", SCAN_EMPTY},
        {"{\"list\":[{\"piece\":\"\"}]}", SCAN_EMPTY},
        {"{\"list\":[{\"piece\":\"x\"}]}", SCAN_TEXT},
        {"{\"list\":[{\"piece\":\"x\"},{}]}", SCAN_OTHER},
        {"{\"object\":{\"piece\":\"x\",\"more\":[]}}", SCAN_TEXT},
        {"{\"object\":{\"piece\":\"x\",\"more\":[1]}}", SCAN_OTHER},
        {"{\"object\":{\"piece\":1}}", SCAN_OTHER},
        {"{\"object\":{},\"list\":[]}", SCAN_OTHER},
        {"{}", SCAN_OTHER},
        {"{\"kind\":\"r\",\"object\":{\"piece\":\"x\"}}", SCAN_REASONING},
        {"{\"object\":{\"piece\":\"x\"},\"kind\":\"r\"}", SCAN_REASONING},
        {"{\"object\":{\"piece\":\"x\"},\"kind\":\"any\"}", SCAN_TEXT},
        {"{\"object\":{\"piece\":\"x\"},\"kind\":\"else\"}", SCAN_OTHER},
        {"{\"object\":{\"piece\":\"x\"},\"kind\":null}", SCAN_OTHER},
        {"{\"mark\":true,\"object\":{\"piece\":\"x\"}}", SCAN_REASONING},
        {"{\"mark\":false,\"object\":{\"piece\":\"x\"}}", SCAN_TEXT},
        {"{\"mark\":1,\"object\":{\"piece\":\"x\"}}", SCAN_OTHER},
        {"{\"index\":3,\"object\":{\"arguments\":\"x\"}}", SCAN_ARGUMENTS},
        {"{\"object\":{\"arguments\":\"x\"}}", SCAN_OTHER},
        {"{\"index\":-3,\"object\":{}}", SCAN_OTHER},
        {"{\"index\":3.0,\"object\":{}}", SCAN_OTHER},
        {"{\"index\":3e0,\"object\":{}}", SCAN_OTHER},
        {"{\"index\":1234567890123456789,\"object\":{}}", SCAN_OTHER},
        {"{\"count\":\"3\",\"object\":{}}", SCAN_OTHER},
        {"{\"false\":false,\"zero\":0,\"object\":{}}", SCAN_EMPTY},
        {"{\"false\":true,\"object\":{}}", SCAN_OTHER},
        {"{\"zero\":1,\"object\":{}}", SCAN_OTHER},
        {"{\"zero\":0.5,\"object\":{}}", SCAN_OTHER},
    };
    struct scan_found found;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (scan_every(rows[i].json, &found) != rows[i].want)
            fail_msg("%s", rows[i].json);
    }
    assert_int_equal(scan_every("{\"count\":17,\"index\":123456789012345678,\"object\":{}}", &found), SCAN_EMPTY);
    assert_int_equal(found.counts[2], 17);
    assert_int_equal(found.counts[1], -1);
    assert_true(found.index == 123456789012345678);
    assert_int_equal(scan_every("{\"count\":null,\"object\":{}}", &found), SCAN_EMPTY);
    assert_int_equal(found.counts[2], -1);
    assert_int_equal(found.index, -1);
}

static enum scan_kind scan_nested(int depth)
{
    char json[512], text[8];

    snprintf(json, sizeof json, "{\"x\":%.*s%.*s,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", depth,
             "[[[[[[[[[[[[[[[[[[[[", depth, "]]]]]]]]]]]]]]]]]]]]");
    return scan(json, strlen(json), text, sizeof text);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(scan_nested(10), SCAN_TEXT);
    assert_int_equal(scan_nested(20), SCAN_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_chunks),           cmocka_unit_test(escapes),  cmocka_unit_test(rules),
        cmocka_unit_test(left_to_the_full_parser), cmocka_unit_test(not_json), cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
