/* What a text is known by, and what is asked for: search_text, search_query, search_snippet, and the tokenizer over
 * them. */
#include "daemon/store/search_query.h"
#include "daemon/store/search_snippet.h"
#include "daemon/store/search_text.h"
#include "daemon/store/sqlite_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Tokens as "token token|same place", in the order they come. */
static int on_token(void *data, int flags, const char *token, int len, int start, int end)
{
    struct buf *out = data;

    assert_in_range(start, 0, end);
    if (out->len > 0)
        buf_putc(out, flags & FTS5_TOKEN_COLOCATED ? '|' : ' ');
    buf_append(out, token, (size_t)len);
    return SQLITE_OK;
}

static void assert_tokens(struct store_db *db, bool query, const char *text, size_t len, const char *want)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    sqlite_tokens(db, query, text, len, on_token, &out);
    if (strcmp(buf_cstr(&out), want) != 0)
        fail_msg("%s: %s, not %s", text, buf_cstr(&out), want);
    buf_done(&out);
}

static void tokens(void **state)
{
    static const struct {
        const char *text, *stored, *asked;
    } rows[] = {
        {"", "", ""},
        {"Hello, World!", "hello world", "hello world"},
        {"ÄÖÜ straße café", "aou straße cafe", "aou straße cafe"},
        {"cafe\u0301", "cafe", "cafe"},
        {"foo_bar-baz.c", "foo bar baz c", "foo bar baz c"},
        {"中", "中", "中"},
        {"中国", "中国|中|国", "中国"},
        {"中国人", "中国|中 国人|国|人", "中国 国人"},
        {"哈哈哈", "哈哈|哈 哈哈|哈", "哈哈 哈哈"},
        {"我用Python3写", "我用|我|用 python3 写", "我用 python3 写"},
        {"中。国", "中 国", "中 国"},
        {"中 国", "中 国", "中 国"},
        {"カタカナ・ひら", "カタ|カ タカ|タ カナ|カ|ナ ひら|ひ|ら", "カタ タカ カナ ひら"},
        {"ラーメン", "ラー|ラ ーメ|ー メン|メ|ン", "ラー ーメ メン"},
        {"한국어", "한국|한 국어|국|어", "한국 국어"},
        {"𠮷野", "𠮷野|𠮷|野", "𠮷野"}, /* 4 bytes */
        {"𰻞", "𰻞", "𰻞"},
        {"ＡｂＣ１２３", "abc123", "abc123"},
        {"ＡＢ中", "ab 中", "ab 中"},
        {"（ａ）", "a", "a"},
        {"ｶﾅ", "ｶﾅ|ｶ|ﾅ", "ｶﾅ"},
        {"a🎉b", "a b", "a b"},
        {"👨‍👩‍👧", "", ""},
        {"\xff\xfe", "", ""},
        {"a\x80z", "a z", "a z"},
        /* What is ill-formed is what unicode61 makes of it, and what stands beside it is itself. */
        {"中\xe4\xb8", "中 \xc4\xb8", "中 \xc4\xb8"},
        {"中\xe4\xb8国", "中 \xc4\xb8 国", "中 \xc4\xb8 国"},
        {"\xed\xa0\x80中", "中", "中"},                                       /* a surrogate */
        {"\xf4\x90\x80\x80中", "\xf4\x90\x80\x80 中", "\xf4\x90\x80\x80 中"}, /* over U+10FFFF */
        {"\xc0\xafx", "x", "x"},                                              /* overlong */
        {"\u3005\u3006\u3007", "々〆|々 〆〇|〆|〇", "々〆 〆〇"},
        {"\u30fb\u3001\u3002\uff01", "", ""},
    };
    struct store_db db = {0};
    (void)state;

    assert_int_equal(sqlite3_open(":memory:", &db.sql), SQLITE_OK);
    assert_true(sqlite_tokenizer_open(&db));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_tokens(&db, false, rows[i].text, strlen(rows[i].text), rows[i].stored);
        assert_tokens(&db, true, rows[i].text, strlen(rows[i].text), rows[i].asked);
    }
    assert_tokens(&db, false, "a\0b", 3, "a b");
    /* A word is known by 120 bytes; 64 characters of double width are one word, more are two. */
    char text[512], want[512];
    memset(text, 'x', 200);
    snprintf(want, sizeof(want), "%.120s", text);
    assert_tokens(&db, false, text, 200, want);
    for (int i = 0; i < 65; i++)
        memcpy(text + 3 * i, "ｘ", 3);
    snprintf(want, sizeof(want), "%.64s x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_tokens(&db, false, text, 3 * 65, want);
    sqlite_tokenizer_close(&db);
    sqlite3_close(db.sql);
}

static void queries(void **state)
{
    static const struct {
        const char *query, *want;
    } rows[] = {
        {"", ""},
        {" \t\n\u00a0\u3000", ""},
        {"a", "\"a\""},
        {"a b", "\"a\" \"b\""},
        {"北京\u3000天气", "\"北京\" \"天气\""},
        {"\"a b\" c", "\"a b\" \"c\""},
        {"a\"b c\"d", "\"a\" \"b c\" \"d\""},
        {"\"a b", "\"a b\""},
        {"\"\"\"", ""},
        {"a* ^b -c NOT d:e (f) NEAR(g, 2) 'h",
         "\"a*\" \"^b\" \"-c\" \"NOT\" \"d:e\" \"(f)\" \"NEAR(g,\" \"2)\" \"'h\""},
    };
    struct search_query query;
    struct error err = ERROR_INIT;
    struct buf out;
    char text[SEARCH_QUERY_MAX + 1];
    (void)state;

    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_clear(&out);
        assert_int_equal(search_query_parse(rows[i].query, strlen(rows[i].query), &query, &err), ERR_NONE);
        search_query_express(&query, &out);
        assert_string_equal(buf_cstr(&out), rows[i].want);
    }
    buf_clear(&out);
    assert_int_equal(search_query_parse("a\0b \"c\0d\"", 9, &query, &err), ERR_NONE);
    search_query_express(&query, &out);
    assert_string_equal(buf_cstr(&out), "\"a\" \"b\" \"c d\"");
    buf_done(&out);

    memset(text, 'a', sizeof(text));
    assert_int_equal(search_query_parse(text, SEARCH_QUERY_MAX, &query, &err), ERR_NONE);
    assert_int_equal(search_query_parse(text, SEARCH_QUERY_MAX + 1, &query, &err), ERR_INVALID_REQUEST);
    for (size_t i = 1; i < sizeof(text); i += 2)
        text[i] = ' ';
    assert_int_equal(search_query_parse(text, 2 * SEARCH_WORDS_MAX, &query, &err), ERR_NONE);
    assert_int_equal(query.n, SEARCH_WORDS_MAX);
    assert_int_equal(search_query_parse(text, 2 * SEARCH_WORDS_MAX + 1, &query, &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.param, "query");
}

static void snippets(void **state)
{
    static const struct {
        const char *text;
        struct search_range ranges[3];
        size_t n;
        const char *want;
    } rows[] = {
        {"", {{0}}, 0, ""},
        {"all of it", {{0}}, 0, "all of it"},
        {"one two three", {{4, 7, 0}}, 1, "one [two] three"},
        {"one two three", {{4, 7, 0}, {8, 13, 1}}, 2, "one [two] [three]"},
        {"one two three", {{8, 13, 1}, {4, 9, 0}}, 2, "one [two three]"}, /* they overlap */
        {" \n one\x02\x03\ttwo\u2028three\x7f\xc2\x85 ", {{0}}, 0, "one two three"},
        {"a\xff\xfe", {{0}}, 0, "a\ufffd\ufffd"},
        {"\xe4\xb8", {{0, 2, 0}}, 1, "[\ufffd\ufffd]"},
    };
    struct buf out;
    (void)state;

    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct search_range ranges[3];
        memcpy(ranges, rows[i].ranges, sizeof(ranges));
        buf_clear(&out);
        search_snippet(rows[i].text, strlen(rows[i].text), ranges, rows[i].n, &out);
        for (size_t k = 0; k < out.len; k++)
            out.data[k] = out.data[k] == SEARCH_MARK_BEGIN ? '[' : out.data[k] == SEARCH_MARK_END ? ']' : out.data[k];
        assert_string_equal(buf_cstr(&out), rows[i].want);
    }
    /* At its length, and over it. */
    char text[SEARCH_SNIPPET_CHARS + 2];
    memset(text, 'x', sizeof(text));
    buf_clear(&out);
    search_snippet(text, SEARCH_SNIPPET_CHARS, NULL, 0, &out);
    assert_int_equal(out.len, SEARCH_SNIPPET_CHARS);
    buf_clear(&out);
    search_snippet(text, SEARCH_SNIPPET_CHARS + 1, NULL, 0, &out);
    assert_int_equal(out.len, SEARCH_SNIPPET_CHARS + 3); /* "…" */
    buf_done(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(queries),
        cmocka_unit_test(snippets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
