#include "client/tty/prose.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

static const struct prose_style plain = {.style = STYLE_REASONING, .columns = 10};

static void paragraphs_are_wrapped(void **state)
{
    (void)state;
    struct buf b;
    static const char text[] = "\n\none two three four\r\n\nfive\tsix\n\n\n";
    buf_init(&b, 1024);
    prose_put(&b, &plain, text, strlen(text));
    assert_string_equal(buf_cstr(&b), "one two\nthree four\n\nfive six\n");
    buf_done(&b);
}

static void what_is_not_harmless_is_shown(void **state)
{
    (void)state;
    struct buf b;
    const struct prose_style wide = {.style = STYLE_REASONING, .columns = 80, .colour = true};
    static const char text[] = "a\x1b[2Jb\xff\xc2\x9b";
    buf_init(&b, 1024);
    prose_put(&b, &wide, text, strlen(text));
    assert_string_equal(buf_cstr(&b), "\x1b[0;2ma\\x1b[2Jb\\xff\\x9b\x1b[0m\n");
    buf_done(&b);
}

/* However it is cut, the lines are those of the whole; the live ones are the last paragraph's. */
static void in_pieces(void **state)
{
    (void)state;
    static const char text[] = "caf\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87 one\n\ntwo three four";
    struct buf whole, settled, live;
    struct prose p;
    buf_init(&whole, 1024);
    buf_init(&settled, 1024);
    buf_init(&live, 1024);
    prose_put(&whole, &plain, text, strlen(text));
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        buf_clear(&settled);
        prose_init(&p, &plain);
        for (size_t at = 0; at < strlen(text); at += piece) {
            const size_t left = strlen(text) - at;
            prose_feed(&p, text + at, left < piece ? left : piece, &settled);
            buf_clear(&live);
            prose_live(&p, &live);
        }
        assert_string_equal(buf_cstr(&live), "\ntwo three\nfour\n");
        prose_end(&p, &settled);
        assert_string_equal(buf_cstr(&settled), buf_cstr(&whole));
        prose_done(&p);
    }
    buf_done(&whole);
    buf_done(&settled);
    buf_done(&live);
}

static void a_long_paragraph_is_broken_at_a_space(void **state)
{
    (void)state;
    struct buf settled, live;
    struct prose p;
    buf_init(&settled, 1 << 20);
    buf_init(&live, 1 << 20);
    prose_init(&p, &plain);
    for (size_t n = 0; n < PROSE_PARAGRAPH_MAX / 8; n++)
        prose_feed(&p, "seven7 x", 8, &settled);
    assert_int_equal(settled.len, 0);
    prose_feed(&p, "y", 1, &settled);
    assert_true(settled.len > 0);
    prose_live(&p, &live);
    assert_string_equal(buf_cstr(&live), "xy\n");
    prose_done(&p);
    buf_done(&settled);
    buf_done(&live);
}

static void one_column(void **state)
{
    (void)state;
    struct buf b;
    const struct prose_style narrow = {.style = STYLE_REASONING, .columns = 0};
    buf_init(&b, 1024);
    prose_put(&b, &narrow, "\xe4\xb8\xad b", 5);
    assert_string_equal(buf_cstr(&b), "\xe4\xb8\xad\nb\n");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_are_wrapped),
        cmocka_unit_test(what_is_not_harmless_is_shown),
        cmocka_unit_test(in_pieces),
        cmocka_unit_test(a_long_paragraph_is_broken_at_a_space),
        cmocka_unit_test(one_column),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
