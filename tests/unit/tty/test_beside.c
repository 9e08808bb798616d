#include "client/tty/beside.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void as_many_as_fit(void **state)
{
    (void)state;
    static const struct {
        unsigned n, columns, per_row, first, last; /* widths of a row that is full, and of the last */
    } cases[] = {
        {1, 80, 1, 80, 80},  {2, 78, 1, 78, 78},       {2, 79, 2, 38, 38},      {2, 80, 2, 38, 38},
        {3, 80, 2, 38, 80},  {2, 200, 2, 98, 98},      {3, 200, 3, 64, 64},     {4, 200, 4, 47, 47},
        {5, 200, 3, 64, 98}, {6, 200, 3, 64, 64},      {2, 20, 1, 20, 20},      {2, 1, 1, 1, 1},
        {16, 80, 2, 38, 38}, {16, 4096, 16, 253, 253}, {17, 4096, 9, 452, 509},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct beside b = beside_fit(cases[i].n, cases[i].columns);
        const unsigned rest = cases[i].n % b.per_row;
        assert_int_equal(b.per_row, cases[i].per_row);
        assert_int_equal(beside_width(&b, b.per_row), cases[i].first);
        assert_int_equal(beside_width(&b, rest > 0 ? rest : b.per_row), cases[i].last);
    }
}

static void escapes_take_no_cells(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t cells;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\x1b[1;31mabc\x1b[0m", 3},
        {"\x1b]8;;https://a.example/m\x1b\\link\x1b]8;;\x1b\\.", 5},
        {"\u4f60\u597d", 4},
        {"e\u0301", 1},
        {"\U0001f389!", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(beside_cells(cases[i].line, strlen(cases[i].line)), cases[i].cells);
}

static void put(const char *const *texts, unsigned n, unsigned columns, const char *want)
{
    struct buf blocks[BESIDE_MAX], lines;
    buf_init(&lines, 1 << 16);
    for (unsigned i = 0; i < n; i++) {
        buf_init(&blocks[i], 1 << 16);
        (void)buf_puts(&blocks[i], texts[i]);
    }
    const struct beside b = {.columns = columns, .per_row = n};
    beside_put(&lines, &b, blocks, n, false);
    assert_string_equal(buf_cstr(&lines), want);
    for (unsigned i = 0; i < n; i++)
        buf_done(&blocks[i]);
    buf_done(&lines);
}

static void lines_stand_beside_each_other(void **state)
{
    (void)state;
    put((const char *const[]){"a\nbb\n", "c\n"}, 2, 11, "a    \u2502 c\nbb   \u2502 \n");
    put((const char *const[]){"", "c\nd\n", "\u4f60\n"}, 3, 15,
        "    \u2502 c   \u2502 \u4f60\n    \u2502 d   \u2502 \n");
    put((const char *const[]){"alone\nline\n"}, 1, 20, "alone\nline\n");
    put((const char *const[]){"\n\n", "x\n"}, 2, 7, "   \u2502 x\n   \u2502 \n");
    put((const char *const[]){"", ""}, 2, 7, "");
    put((const char *const[]){"too wide for it\n", "x\n"}, 2, 7, "too wide for it \u2502 x\n");
    put((const char *const[]){"\x1b[1mb\x1b[0m\n", "x\n"}, 2, 9, "\x1b[1mb\x1b[0m   \u2502 x\n");
}

/* Whatever the blocks are, each line of each stands in its column once. */
static void nothing_is_lost(void **state)
{
    (void)state;
    srand(7);
    for (unsigned round = 0; round < 200; round++) {
        const unsigned n = 1 + (unsigned)rand() % BESIDE_MAX;
        struct buf blocks[BESIDE_MAX], lines;
        size_t tallest = 0, found = 0, put_in = 0;
        buf_init(&lines, 1 << 20);
        for (unsigned i = 0; i < n; i++) {
            const size_t height = (size_t)rand() % 20;
            buf_init(&blocks[i], 1 << 16);
            for (size_t k = 0; k < height; k++)
                (void)buf_printf(&blocks[i], "#%u.%zu\n", i, k);
            tallest = height > tallest ? height : tallest;
            put_in += height;
        }
        const struct beside b = {.columns = n * 40, .per_row = n};
        beside_put(&lines, &b, blocks, n, rand() % 2 == 0);
        size_t rows = 0;
        for (size_t at = 0; at < lines.len; at++) {
            rows += lines.data[at] == '\n';
            found += lines.data[at] == '#';
        }
        assert_int_equal(rows, tallest);
        assert_int_equal(found, put_in);
        for (unsigned i = 0; i < n; i++)
            buf_done(&blocks[i]);
        buf_done(&lines);
    }
}

int main(void)
{
    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_fit),
        cmocka_unit_test(escapes_take_no_cells),
        cmocka_unit_test(lines_stand_beside_each_other),
        cmocka_unit_test(nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
