#include "client/tty/md.h"
#include "tests/unit/tty/md_fault.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 << 20 };

/* -- what comes out -- */

static void render(const struct md_style *style, const char *text, size_t len, size_t piece, struct buf *settled)
{
    struct md *md = md_new(style);
    struct buf live, seen;
    buf_init(&live, ROOM);
    buf_init(&seen, ROOM);
    for (size_t at = 0; at < len; at += piece) {
        assert_true(md_feed(md, text + at, len - at < piece ? len - at : piece));
        md_take(md, settled, &live);
        const char *fault = md_fault(&live, style->columns, &seen);
        if (fault != NULL)
            fail_msg("live: %s\n%.*s", fault, (int)live.len, (const char *)live.data);
    }
    md_end(md);
    md_take(md, settled, &live);
    assert_int_equal(live.len, 0);
    buf_clear(&seen);
    const char *fault = md_fault(settled, style->columns, &seen);
    if (fault != NULL)
        fail_msg("settled: %s\n%.*s", fault, (int)settled->len, (const char *)settled->data);
    buf_done(&live);
    buf_done(&seen);
    md_free(md);
}

static void shows_in(const struct md_style *style, const char *text, const char *lines)
{
    struct buf b;
    for (size_t piece = 1; piece <= strlen(text) + 1; piece = piece < 4 ? piece + 1 : piece * 3) {
        buf_init(&b, ROOM);
        render(style, text, strlen(text), piece, &b);
        assert_string_equal(buf_cstr(&b), lines);
        buf_done(&b);
    }
}

/* Without colours, at 40 columns. */
static void shows(const char *text, const char *lines)
{
    static const struct md_style plain = {.columns = 40};
    shows_in(&plain, text, lines);
}

static void words_are_wrapped(void **state)
{
    (void)state;
    shows("One two three four five six seven eight nine ten.\n",
          "One two three four five six seven eight\nnine ten.\n");
    shows("one\ntwo  \nthree\\\nfour\n\n\n\nfive", "one two\nthree\nfour\n\nfive\n");
    shows("a 0123456789012345678901234567890123456789x", "a\n0123456789012345678901234567890123456789\nx\n");
}

static void wide_characters_take_two_cells(void **state)
{
    (void)state;
    shows("中文字符测试，这是一个很长的段落，应该在宽字符之间换行。",
          "中文字符测试，这是一个很长的段落，应该在\n宽字符之间换行。\n");
    shows("一二三四五六七八九十一二三四五六七八九十，二",
          "一二三四五六七八九十一二三四五六七八九\n十，二\n"); /* no comma begins a line */
    shows("一行\n二行 and\nthree", "一行二行 and three\n");    /* lines are joined without a space */
}

static void characters_stay_whole(void **state)
{
    (void)state;
    static const struct md_style narrow = {.columns = 8};
    shows_in(&narrow, "abcde👨‍👩‍👧x", "abcde\n👨‍👩‍👧x\n");
    shows_in(&narrow, "abcdefg🇩🇪", "abcdefg\n🇩🇪\n");
    shows_in(&narrow, "abcdefghe\u0301\u0302", "abcdefgh\ne\u0301\u0302\n");
}

static void blocks_are_told_apart(void **state)
{
    (void)state;
    shows("# A\ntext\n## B\n\nS\n===\n", "# A\n\ntext\n\n## B\n\n# S\n");
    shows("text\n***\nmore", "text\n\n────────────────────────────────────────\n\nmore\n");
    shows("    code\n\n      more\n\ntext", "code\n\n  more\n\ntext\n");
    shows("<div>\n  *a*\n</div>\n\n*b*", "<div>\n  *a*\n</div>\n\nb\n");
    shows("<!-- a\n\nb -->\nc", "<!-- a\n\nb -->\nc\n");
}

static void lists_nest(void **state)
{
    (void)state;
    shows("- a\n- b\n  - c\n    more\n  - d\n\n  text\n- e\n", "• a\n• b\n  ◦ c more\n  ◦ d\n\n  text\n• e\n");
    shows("1. a\n1. b\n\n8) c\n", "1. a\n2. b\n\n8) c\n");
    shows("- [ ] a\n- [x] b\n- [y] c\n", "☐ a\n✓ b\n• [y] c\n");
    shows("- a\nlazy\n\n- b\n", "• a lazy\n\n• b\n");
    shows("text\n2. no item\n- an item\n", "text 2. no item\n• an item\n");
    shows("-\n- b\n", "• \n• b\n");
    shows("1. - # a\n", "1. ◦ # a\n");
}

static void quotations_have_bars(void **state)
{
    (void)state;
    shows("> a\nlazy\n>\n> > b\n\nc", "│ a lazy\n│\n│ │ b\n\nc\n");
    shows("> - a\n>   b\n> - c\n", "│ • a b\n│ • c\n");
}

static void code_has_a_frame(void **state)
{
    (void)state;
    shows("```c x\nint\ta;\n\n  b\n```\ntext", "╭─ c x\nint a;\n\n  b\n╰─\n\ntext\n");
    shows("````\n```\n````", "╭─\n```\n╰─\n");
    shows("1. a\n   ```\n   b\n     c\n   ```\n", "1. a\n\n   ╭─\n   b\n     c\n   ╰─\n");
    shows("~~~\nopen\n\n# a", "╭─\nopen\n\n# a\n╰─\n");
    shows("```\n0123456789012345678901234567890123456789 x\n```",
          "╭─\n0123456789012345678901234567890123456789\n x\n╰─\n");
}

static void tables_fit(void **state)
{
    (void)state;
    shows("| a | b |\n|---|--:|\n| one | 2 |\n| 中 | 34 |\n\ntext", "a   │  b\n────┼───\none │  2\n中  │ 34\n\ntext\n");
    shows("a | b\n---|---\nmore of it than there is place for here | x\ny | z\n",
          "a                                   │ b\n"
          "────────────────────────────────────┼───\n"
          "more of it than there is place for  │ x\n"
          "here                                │ \n"
          "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌\n"
          "y                                   │ z\n");
    shows("| a | b | c | d | e | f |\n|--|--|--|--|--|--|\n|one of|these|is not|wide|enough for|its text|\n",
          "a\n  one of\nb\n  these\nc\n  is not\nd\n  wide\ne\n  enough for\nf\n  its text\n──\n");
    shows("a | b\ntext", "a | b text\n");
}

static void spans_have_styles(void **state)
{
    (void)state;
    static const struct md_style colour = {.colour = true, .columns = 40};
    shows_in(&colour, "a *b **c*** `d` ~~e~~",
             "a \x1b[0;3mb\x1b[0m \x1b[0;1;3mc\x1b[0m \x1b[0;33md\x1b[0m \x1b[0;2m~~e~~\x1b[0m\n");
    shows_in(&colour, "**aaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbb**",
             "\x1b[0;1maaaaaaaaaaaaaaaaaaaaaaa\x1b[0m\n\x1b[0;1mbbbbbbbbbbbbbbbbbbbbbbb\x1b[0m\n");
    shows_in(&colour, "# T\n> q", "\x1b[0;1;4mT\x1b[0m\n\n\x1b[0;2m│ \x1b[0mq\n");
}

static void links_are_checked(void **state)
{
    (void)state;
    static const struct md_style links = {.links = true, .columns = 200};
    shows("[a](http://b.c)", "a (http://b.c)\n");
    shows("<http://b.c> http://b.c b@c.d ![i](x.png)", "http://b.c http://b.c b@c.d i (x.png)\n");
    shows("[a]: http://b.c\n[a]", "[a]: http://b.c [a]\n");
    shows_in(&links, "[a](http://b.c)", "\x1b]8;;http://b.c\x1b\\a\x1b]8;;\x1b\\\n");
    shows_in(&links, "[http://x.y](http://b.c)", "\x1b]8;;http://b.c\x1b\\http://x.y\x1b]8;;\x1b\\ (http://b.c)\n");
    shows_in(&links, "[a](javascript:b)", "a (javascript:b)\n");
    shows_in(&links, "[a](<http://b.c/&#27;]>)", "a (http://b.c/\\x1b])\n");
    shows_in(&links, "[a](http://ü.de)", "a (http://ü.de)\n");
}

/* -- what it must never hold -- */

static void attacks_are_harmless(void **state)
{
    (void)state;
    static const char *const attacks[] = {"\x1b[2J",
                                          "\x1b]0;t\x07",
                                          "\x1b]52;c;YQ==\x07",
                                          "\x9b"
                                          "31m",
                                          "\xc2\x9b"
                                          "31m",
                                          "\x1bP1$q\x1b\\",
                                          "\x07\x08\x0b\x0c\x0e\x7f",
                                          "&#27;[31m",
                                          "&#x1b;c",
                                          "&#x9b;A",
                                          "&#0;",
                                          "&#xd800;",
                                          "&#x110000;",
                                          "&#99999999;",
                                          "\xff\xfe",
                                          "\xed\xa0\x80",
                                          "\xf8\x88\x80\x80\x80",
                                          "\xe2\x80\xae"
                                          "abc",
                                          "\xe2\x81\xa6x",
                                          "\xe2\x80\x8b",
                                          "a\xe2\x80\x8d",
                                          "\xf3\xa0\x81\x81",
                                          "\xef\xbb\xbf",
                                          "&#x202e;x",
                                          "&#x200b;",
                                          "a\rb",
                                          "\r\x1b[A",
                                          "\xe2\x80\xa8",
                                          "\x01\x02\x03",
                                          "\x1b\x1b[0m"};
    static const char *const places[] = {"%s",
                                         "# %s",
                                         "*%s*",
                                         "`%s`",
                                         "```\n%s\n```",
                                         "```%s\nx\n```",
                                         "    %s",
                                         "> %s",
                                         "- %s",
                                         "[%s](http://a.b)",
                                         "[a](http://a.b/%s)",
                                         "<http://a.b/%s>",
                                         "![%s](%s)",
                                         "| %s |\n|---|\n| %s |",
                                         "<div %s>\n%s\n</div>",
                                         "[%s]: http://a.b/%s",
                                         "a <b %s> c",
                                         "```html\n<a %s>\n```",
                                         "~~%s~~",
                                         "1. %s"};
    for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
        for (size_t a = 0; a < sizeof(attacks) / sizeof(attacks[0]); a++) {
            char text[512];
            struct buf b;
            for (unsigned how = 0; how < 4; how++) {
                const struct md_style style = {(how & 1) != 0, (how & 2) != 0, 20};
                buf_init(&b, ROOM);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                int n = snprintf(text, sizeof(text), places[p], attacks[a], attacks[a]);
#pragma GCC diagnostic pop
                render(&style, text, (size_t)n, 3, &b); /* which looks at each line */
                assert_true(b.len > 0);
                buf_done(&b);
            }
        }
    }
}

/* -- whatever the text -- */

static unsigned draw(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

/* Lines that make all blocks, in any order. */
static void random_text(struct buf *b, unsigned *seed)
{
    static const char *const lines[] = {"",
                                        "",
                                        "",
                                        "alpha beta gamma delta epsilon",
                                        "some *emphasis and **strong** text*",
                                        "`code span` and ~~struck~~",
                                        "# Heading one",
                                        "### Heading three",
                                        "---",
                                        "===",
                                        "- item",
                                        "- second item of the list",
                                        "  - nested item",
                                        "    deeper line",
                                        "1. numbered",
                                        "2. numbered too",
                                        "10. ten",
                                        "- [ ] task",
                                        "- [x] done",
                                        "> quoted",
                                        "> - quoted item",
                                        "> > twice",
                                        ">",
                                        "```",
                                        "```python",
                                        "~~~",
                                        "    indented code",
                                        "| left | right |",
                                        "|---|---|",
                                        "| one | two |",
                                        "|:-:|--:|",
                                        "a | b",
                                        "<div>",
                                        "</div>",
                                        "<!-- comment",
                                        "-->",
                                        "[link](http://example.org/path)",
                                        "[ref]: http://example.org/ref",
                                        "[ref]",
                                        "![alt](image.png)",
                                        "中文字符测试，这是一个段落。",
                                        "日本語のテキスト",
                                        "emoji 👨‍👩‍👧 🇩🇪 ☀️ 1️⃣",
                                        "e\u0301a\u0302",
                                        "&amp; &lt;tag&gt; &copy;",
                                        "hard break  ",
                                        "backslash\\",
                                        "1) other",
                                        "+ plus",
                                        "* star",
                                        "   three spaces",
                                        "\ttab",
                                        "a\r",
                                        "def f(x): return \"str\" + 'c' # 12",
                                        "/* open",
                                        "*/ closed",
                                        "**unclosed strong",
                                        "_under_score_d",
                                        "`unclosed",
                                        "[unclosed",
                                        "<http://auto.link>",
                                        "word\x1b[31mred",
                                        "\xff\xfe"};
    for (unsigned n = 1 + draw(seed, 30); n > 0; n--) {
        (void)buf_puts(b, lines[draw(seed, sizeof(lines) / sizeof(lines[0]))]);
        if (n > 1 || draw(seed, 2) != 0)
            (void)buf_putc(b, '\n');
    }
}

/* The letters and digits alone, so that words can be found whatever stands between their parts. */
static void squeeze(const struct buf *from, struct buf *to)
{
    for (size_t i = 0; i < from->len; i++)
        if (isalnum(from->data[i]))
            (void)buf_putc(to, (char)from->data[i]);
}

static void has_words(const struct buf *text, const struct buf *lines)
{
    struct buf shown;
    buf_init(&shown, ROOM);
    squeeze(lines, &shown);
    const char *s = (const char *)text->data;
    for (size_t at = 0, n; at<text->len; at += n> 0 ? n : 1) {
        for (n = 0; at + n < text->len && isalpha((unsigned char)s[at + n]); n++)
            ;
        const bool entity = at > 0 && s[at - 1] == '&';
        if (n > 1 && !entity && memmem(buf_cstr(&shown), shown.len, s + at, n) == NULL)
            fail_msg("the word '%.*s' is lost of:\n%.*s\n---\n%.*s", (int)n, s + at, (int)text->len, s, (int)lines->len,
                     (const char *)lines->data);
    }
    buf_done(&shown);
}

static void cuts_change_nothing(void **state)
{
    (void)state;
    unsigned seed = 1;
    struct buf text, whole, pieces;
    buf_init(&text, ROOM);
    buf_init(&whole, ROOM);
    buf_init(&pieces, ROOM);
    for (unsigned i = 0; i < 1500; i++) {
        const struct md_style style = {i % 3 == 0, i % 5 == 0, i % 2 == 0 ? 200 : 8 + draw(&seed, 80)};
        buf_clear(&text);
        buf_clear(&whole);
        buf_clear(&pieces);
        random_text(&text, &seed);
        render(&style, (const char *)text.data, text.len, text.len + 1, &whole);
        render(&style, (const char *)text.data, text.len, 1 + draw(&seed, 20), &pieces);
        if (whole.len != pieces.len || (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
            fail_msg("pieces differ for:\n%s", buf_cstr(&text));
        if (style.columns == 200 && !style.colour && !style.links)
            has_words(&text, &whole);
    }
    buf_done(&text);
    buf_done(&whole);
    buf_done(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_wrapped),
        cmocka_unit_test(wide_characters_take_two_cells),
        cmocka_unit_test(characters_stay_whole),
        cmocka_unit_test(blocks_are_told_apart),
        cmocka_unit_test(lists_nest),
        cmocka_unit_test(quotations_have_bars),
        cmocka_unit_test(code_has_a_frame),
        cmocka_unit_test(tables_fit),
        cmocka_unit_test(spans_have_styles),
        cmocka_unit_test(links_are_checked),
        cmocka_unit_test(attacks_are_harmless),
        cmocka_unit_test(cuts_change_nothing),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
