/* Lines that mean something in a page, times as text, what a file is by its first bytes. */
#include "daemon/archive/markdown.h"
#include "daemon/archive/stamp.h"
#include "lib/base/file_kind.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void marks(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum markdown_mark mark;
        size_t escapes;
        const char *rest;
    } rows[] = {
        {"", MARK_NONE, 0, ""},
        {"## user", MARK_MESSAGE, 0, "user"},
        {"## user \t\r", MARK_MESSAGE, 0, "user"},
        {"\\\\## assistant (a/b)", MARK_MESSAGE, 2, "assistant (a/b)"},
        {"## users", MARK_NONE, 0, ""},
        {" ## user", MARK_NONE, 0, ""},
        {"# user", MARK_NONE, 0, ""},
        {"## instructions", MARK_INSTRUCTIONS, 0, ""},
        {"### part tool_call", MARK_PART, 0, "tool_call"},
        {"### parts", MARK_NONE, 0, ""},
        {"### reasoning", MARK_REASONING, 0, ""},
        {"### answer", MARK_ANSWER, 0, ""},
        {"<!-- askd {} -->", MARK_META, 0, "{} -->"},
        {"<!-- askdx -->", MARK_NONE, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t escapes, len = 0;
        const char *rest = "";
        assert_int_equal(markdown_mark(rows[i].line, strlen(rows[i].line), &escapes, &rest, &len), rows[i].mark);
        if (rows[i].mark == MARK_NONE)
            continue;
        assert_int_equal(escapes, rows[i].escapes);
        assert_int_equal(len, strlen(rows[i].rest));
        assert_memory_equal(rest, rows[i].rest, len);
    }
}

static void stamps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"2023-11-14T22:13:20Z", INT64_C(1700000000000000)},
        {"2023-11-14T22:13:20.250000Z", INT64_C(1700000000250000)},
        {"2023-11-14 22:13:20.25", INT64_C(1700000000250000)},
        {"2023-11-14T22:13:20.0000019+00:00", INT64_C(1700000000000001)},
        {"2023-11-15T00:13:20+02:00", INT64_C(1700000000000000)},
        {"2023-11-14T20:43:20-0130", INT64_C(1700000000000000)},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1969-12-31T23:59:59Z", 0},
        {"2023-11-14", 0},
        {"2023-11-14T22:13:20X", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(stamp_read(rows[i].text, strlen(rows[i].text)), rows[i].us);
    for (int64_t us = 1; us < INT64_C(253402300800000000); us = us * 7 + 1) {
        char text[STAMP_SIZE];
        stamp_print(us, text);
        assert_int_equal(stamp_read(text, strlen(text)), us);
    }
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
        const char *advice; /* NULL: none; else a part of it */
    } rows[] = {
        {"[]", 2, NULL},
        {"", 0, NULL},
        {"PK", 2, NULL},
        {"PK\3\4", 4, "zip"},
        {"PK\5\6", 4, "empty zip"},
        {"\x1f\x8b", 2, "gzip"},
        {"BZh9", 4, "bzip2"},
        {"\xfd"
         "7zXZ",
         5, "(xz)"},
        {"\x28\xb5\x2f\xfd", 4, "zstd"},
        {"7z\xbc\xaf\x27\x1c", 6, "7z archive"},
        {"%PDF-1", 6, "PDF"},
        {"<!doctype HTML>", 15, "web page"},
        {"SQLite format 3", 16, "SQLite"},
        {"SQLite format 3", 15, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *advice = file_kind_advice(rows[i].data, rows[i].len);
        if (!rows[i].advice)
            assert_null(advice);
        else
            assert_true(advice && strstr(advice, rows[i].advice));
    }
    assert_true(file_kind_sqlite("SQLite format 3", 16));
    assert_false(file_kind_sqlite("SQLite format 3", 15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks),
        cmocka_unit_test(stamps),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
