#include "client/tty/md_code.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static size_t extract(const char *text, size_t piece, struct buf *out)
{
    struct md_code *c = md_code_new();
    const size_t len = strlen(text);
    for (size_t at = 0; at < len; at += piece)
        assert_true(md_code_feed(c, text + at, len - at < piece ? len - at : piece, out));
    assert_true(md_code_end(c, out));
    const size_t blocks = md_code_blocks(c);
    md_code_free(c);
    return blocks;
}

static void gives(const char *text, size_t blocks, const char *code)
{
    for (size_t piece = 1; piece < 9; piece++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        assert_int_equal(extract(text, piece, &out), blocks);
        assert_string_equal(buf_cstr(&out), code);
        buf_done(&out);
    }
}

static void what_is_between_fences(void **state)
{
    (void)state;
    gives("a\n```c\nint a;\n\n\tb\n```\nc\n", 1, "int a;\n\n\tb\n");
    gives("```\na\n```\n\n~~~ x\nb\n~~~\n", 2, "a\n\nb\n");
    gives("`no` block\n\n    indented\n", 0, "");
    gives("````\n```\na\n```\n````\n", 1, "```\na\n```\n");
    gives("```\nopen", 1, "open\n");
    gives("```\n```\n", 1, "");
}

static void bytes_stay(void **state)
{
    (void)state;
    gives("```\na\r\n\x1b[31m\xff\x7f \n```\n", 1, "a\r\n\x1b[31m\xff\x7f \n");
}

static void containers_take_their_indentation(void **state)
{
    (void)state;
    gives("1. a\n   ```\n   b\n     c\n   ```\n", 1, "b\n  c\n");
    gives("> ```\n> a\n>\tb\n> ```\nc\n", 1, "a\n  b\n"); /* of a tab what is left of it */
    gives("- a\n  ```\n  b\nc\n", 1, "b\n");
}

static void lines_come_when_they_are_whole(void **state)
{
    (void)state;
    struct md_code *c = md_code_new();
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_true(md_code_feed(c, "```\none\ntw", 10, &out));
    assert_string_equal(buf_cstr(&out), "one\n");
    md_code_free(c);
    buf_done(&out);
}

static void long_lines_stay_whole(void **state)
{
    (void)state;
    static char text[20000];
    struct buf out;
    buf_init(&out, 1 << 20);
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "```\n", 4);
    memcpy(text + 9000, " y ", 3);
    assert_int_equal(extract(text, 100, &out), 1);
    assert_int_equal(out.len, sizeof(text) - 1 - 4 + 1);
    assert_memory_equal(out.data, text + 4, out.len - 1);
    assert_int_equal(out.data[out.len - 1], '\n');
    buf_done(&out);
}

static void the_bound_of_the_output_is_told(void **state)
{
    (void)state;
    struct md_code *c = md_code_new();
    struct buf out;
    buf_init(&out, 4);
    assert_true(md_code_feed(c, "```\nabc\n", 8, &out));
    assert_false(md_code_feed(c, "d\n", 2, &out));
    md_code_free(c);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_between_fences),
        cmocka_unit_test(bytes_stay),
        cmocka_unit_test(containers_take_their_indentation),
        cmocka_unit_test(lines_come_when_they_are_whole),
        cmocka_unit_test(long_lines_stay_whole),
        cmocka_unit_test(the_bound_of_the_output_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
