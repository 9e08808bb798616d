/* Where the entries of a JSON file are, however it is cut. */
#include "daemon/archive/split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_ENTRY 40

/* What is found, as one text: "<entry>", "skip(reason)", "bad". */
static void tell(struct buf *out, struct split *s, enum split_found found, const struct error *err)
{
    if (found == SPLIT_ENTRY)
        buf_printf(out, "<%.*s>", (int)s->entry.len, (const char *)s->entry.data);
    else
        buf_printf(out, "%s(%s)", found == SPLIT_SKIP ? "skip" : "bad", err->message);
}

static void run(const char *text, size_t piece, struct buf *out)
{
    struct split s;
    struct error err = ERROR_INIT;
    enum split_found found = SPLIT_MORE;
    split_init(&s, MAX_ENTRY);
    for (size_t at = 0; text[at] && found != SPLIT_BAD;) {
        const uint8_t *p = (const uint8_t *)text + at;
        size_t len = strnlen(text + at, piece);
        at += len;
        while ((found = split_next(&s, &p, &len, &err)) != SPLIT_MORE) {
            tell(out, &s, found, &err);
            if (found == SPLIT_BAD)
                break;
        }
    }
    while (found != SPLIT_BAD && (found = split_end(&s, &err)) != SPLIT_MORE)
        tell(out, &s, found, &err);
    split_done(&s);
}

static void entries(void **state)
{
    (void)state;
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"[]", ""},
        {" [ ] \n", ""},
        {"\xef\xbb\xbf[1]", "<1>"},
        {"[1, 2]", "<1><2>"},
        {"[{\"a\": [1, \"]}\\\"\"]}, \"x\", null ]", "<{\"a\": [1, \"]}\\\"\"]}><\"x\"><null>"},
        {"{\"a\": 1}\n{\"b\": 2}", "<{\"a\": 1}><{\"b\": 2}>"},
        {"{}", "<{}>"},
        {"12", "<12>"},
        {"[{]]", "<{]>"},
        {"", "bad(the file is empty)"},
        {" ", "bad(the file is empty)"},
        {"]", "bad(this is no JSON: byte 0 is 0x5d, where a value is due)"},
        {"[1 2]", "<1>bad(this is no JSON: byte 3 is 0x32, where a comma or the list's end is due)"},
        {"[] x", "bad(this is no JSON: byte 3 is 0x78, where the file's end is due)"},
        {"[{\"a\": ", "skip(the file ends within it: it was cut off)"},
        {"[\"a", "skip(the file ends within it: it was cut off)"},
        {"[1", "skip(the file ends within it: it was cut off)"},
        {"[{},", "<{}>skip(the file ends before its list does: it was cut off)"},
        {"[{}", "<{}>skip(the file ends before its list does: it was cut off)"},
        {"[\"12345678901234567890123456789012345678\", 1]", "<\"12345678901234567890123456789012345678\"><1>"},
        {"[\"123456789012345678901234567890123456789\", 1]", "skip(it is over 40 bytes (max_import_entry))<1>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece < 8; piece++) {
            struct buf out;
            buf_init(&out, 4096);
            run(rows[i].text, piece, &out);
            assert_string_equal(buf_cstr(&out), rows[i].found);
            buf_done(&out);
        }
}

static void too_deep(void **state)
{
    (void)state;
    for (unsigned depth = SPLIT_DEPTH_MAX - 1; depth <= SPLIT_DEPTH_MAX + 1; depth++) {
        struct split s;
        struct error err = ERROR_INIT;
        uint8_t text[2 * (SPLIT_DEPTH_MAX + 1) + 2] = "[";
        memset(text + 1, '[', depth);
        memset(text + 1 + depth, ']', depth);
        const uint8_t *p = text;
        size_t len = 1 + 2 * depth;
        split_init(&s, 4096);
        assert_int_equal(split_next(&s, &p, &len, &err), depth > SPLIT_DEPTH_MAX ? SPLIT_SKIP : SPLIT_ENTRY);
        split_done(&s);
    }
}

static void too_many_values(void **state)
{
    (void)state;
    for (size_t commas = SPLIT_VALUES_MAX - 1; commas <= SPLIT_VALUES_MAX; commas++) {
        struct split s;
        struct error err = ERROR_INIT;
        char *text = malloc(2 * commas + 8);
        size_t n = 0;
        text[n++] = '[';
        text[n++] = '['; /* counts too */
        for (size_t i = 0; i < commas; i++)
            text[n++] = ',';
        text[n++] = ']';
        const uint8_t *p = (const uint8_t *)text;
        split_init(&s, 64 << 20);
        assert_int_equal(split_next(&s, &p, &n, &err), commas + 1 > SPLIT_VALUES_MAX ? SPLIT_SKIP : SPLIT_ENTRY);
        split_done(&s);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(too_many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
