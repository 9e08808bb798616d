/* What settles and what is live, and what happens at the bounds. */
#include "client/tty/md.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tty/md_rendered.h"
#include <locale.h>
#include <stdio.h>
#include <string.h>

struct taken {
    struct buf settled, live;
};

static void feed(struct md *md, const char *text, struct taken *t)
{
    assert_true(md_feed(md, text, strlen(text)));
    buf_clear(&t->settled);
    md_take(md, &t->settled, &t->live);
}

static struct md *begin(unsigned columns, struct taken *t)
{
    const struct md_style style = {.columns = columns};
    buf_init(&t->settled, ROOM);
    buf_init(&t->live, ROOM);
    return md_new(&style);
}

static void end(struct md *md, struct taken *t)
{
    md_free(md);
    buf_done(&t->settled);
    buf_done(&t->live);
}

static void only_the_tail_is_live(void **state)
{
    (void)state;
    struct taken t;
    struct md *md = begin(40, &t);
    feed(md, "one", &t);
    assert_string_equal(buf_cstr(&t.settled), "");
    assert_string_equal(buf_cstr(&t.live), "one\n");
    feed(md, " two\n\nthr", &t);
    assert_string_equal(buf_cstr(&t.settled), "one two\n");
    assert_string_equal(buf_cstr(&t.live), "\nthr\n");
    feed(md, "ee\n```c\nint a;\nin", &t);
    assert_string_equal(buf_cstr(&t.settled), "\nthree\n\n╭─ c\nint a;\n");
    assert_string_equal(buf_cstr(&t.live), "in\n╰─\n");
    feed(md, "t b;\n```\n- x\n- y", &t);
    assert_string_equal(buf_cstr(&t.settled), "int b;\n╰─\n\n");
    assert_string_equal(buf_cstr(&t.live), "• x\n• y\n");
    md_end(md);
    buf_clear(&t.settled);
    md_take(md, &t.settled, &t.live);
    assert_string_equal(buf_cstr(&t.settled), "• x\n• y\n");
    assert_string_equal(buf_cstr(&t.live), "");
    end(md, &t);
}

static void marks_do_not_flash(void **state)
{
    (void)state;
    static const struct {
        const char *text, *live;
    } rows[] = {{"a **bo", "a bo\n"},
                {"a *b **c", "a b c\n"},
                {"a `co", "a `co`\n"},
                {"a **", "a\n"},
                {"2 * 3 = 6", "2 * 3 = 6\n"},
                {"[t](http", "t (http)\n"},
                {"a\n-", "a\n"},
                {"#", ""},
                {"``", ""},
                {"1.", ""},
                {"a **b** c", "a b c\n"},
                {"\xe4\xb8\xad\xe6\x96", "中\n"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct taken t;
        struct md *md = begin(40, &t);
        feed(md, rows[i].text, &t);
        assert_string_equal(buf_cstr(&t.live), rows[i].live);
        end(md, &t);
    }
}

static void a_pause_shows_all(void **state)
{
    (void)state;
    struct taken t;
    struct md *md = begin(40, &t);
    for (unsigned i = 0; i < 500; i++)
        feed(md, "word ", &t);
    feed(md, "last", &t);
    feed(md, "", &t);
    assert_non_null(strstr(buf_cstr(&t.live), "last\n"));
    end(md, &t);
}

static void another_width_is_for_what_is_not_settled(void **state)
{
    (void)state;
    struct taken t;
    struct md *md = begin(40, &t);
    feed(md, "one two three four\n\none two three four", &t);
    assert_string_equal(buf_cstr(&t.settled), "one two three four\n");
    md_resize(md, 10);
    feed(md, "", &t);
    assert_string_equal(buf_cstr(&t.settled), "");
    assert_string_equal(buf_cstr(&t.live), "\none two\nthree four\n");
    md_resize(md, 1); /* as few as can be */
    feed(md, "", &t);
    assert_string_equal(buf_cstr(&t.live), "\none two\nthree\nfour\n");
    end(md, &t);
}

/* Rows of a long table settle one by one, in columns that stay, also where the terminal has become narrower. */
static void long_tables_settle(void **state)
{
    (void)state;
    struct taken t;
    struct buf seen;
    struct md *md = begin(60, &t);
    buf_init(&seen, ROOM);
    feed(md, "| name | text |\n|---|---|\n", &t);
    unsigned first = 0;
    for (unsigned i = 1; i < 400; i++) {
        char row[64];
        (void)snprintf(row, sizeof(row), "| row %u | some text that is there |\n", i);
        feed(md, row, &t);
        if (t.settled.len > 0 && first == 0) {
            first = i;
            assert_non_null(strstr(buf_cstr(&t.settled), "name  "));
            md_resize(md, 20);
        } else if (first != 0) {
            assert_null(md_fault(&t.settled, 20, &seen));
            assert_null(strstr(buf_cstr(&t.settled), "name"));
            assert_non_null(strstr(buf_cstr(&t.settled), "row"));
            assert_int_equal(t.live.len, 0);
        }
    }
    assert_in_range(first, 150, 200);
    buf_done(&seen);
    end(md, &t);
}

static void the_bound_is_told(void **state)
{
    (void)state;
    struct taken t;
    struct md *md = begin(40, &t);
    feed(md, "a", &t);
    assert_false(md_feed(md, "", MD_TEXT_MAX)); /* which is not looked at */
    feed(md, "b", &t);
    assert_string_equal(buf_cstr(&t.live), "ab\n");
    end(md, &t);
}

/* Long lines, paragraphs and nestings meet bounds, and lose nothing. */
static void nothing_is_lost_at_a_bound(void **state)
{
    (void)state;
    const struct md_style style = {.columns = 80};
    struct buf text, whole, pieces;
    buf_init(&text, ROOM);
    buf_init(&whole, ROOM);
    buf_init(&pieces, ROOM);
    for (unsigned kind = 0; kind < 6; kind++) {
        static const char *const heads[] = {"", "```\n", "# ", "> ", "- - - - ", "<div>"};
        buf_clear(&text);
        buf_clear(&whole);
        buf_clear(&pieces);
        (void)buf_puts(&text, heads[kind]);
        for (unsigned i = 0; i < 4000; i++)
            (void)buf_printf(&text, kind == 1 ? "%u,%s" : "w%u%s ", i, kind == 3 && i % 9 == 0 ? "\n" : "");
        render(&style, (const char *)text.data, text.len, text.len, &whole);
        render(&style, (const char *)text.data, text.len, 777, &pieces);
        assert_string_equal(buf_cstr(&whole), buf_cstr(&pieces));
        buf_clear(&pieces);
        squeeze(&whole, &pieces);
        const char *at = buf_cstr(&pieces);
        for (unsigned i = 0; i < 4000 && kind != 1; i++) { /* each word, in order */
            char word[16];
            (void)snprintf(word, sizeof(word), "w%u", i);
            at = strstr(at, word);
            assert_non_null(at);
        }
    }
    buf_clear(&text);
    buf_clear(&whole);
    for (unsigned i = 0; i < 100; i++)
        (void)buf_puts(&text, "> ");
    (void)buf_puts(&text, "deep");
    render(&style, (const char *)text.data, text.len, 5, &whole);
    assert_non_null(strstr(buf_cstr(&whole), "> > deep"));
    buf_done(&text);
    buf_done(&whole);
    buf_done(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_tail_is_live),      cmocka_unit_test(marks_do_not_flash),
        cmocka_unit_test(a_pause_shows_all),          cmocka_unit_test(another_width_is_for_what_is_not_settled),
        cmocka_unit_test(long_tables_settle),         cmocka_unit_test(the_bound_is_told),
        cmocka_unit_test(nothing_is_lost_at_a_bound),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
