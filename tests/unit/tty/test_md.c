/* What blocks and spans look like. */
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
    shows("[a]: http://b.c\n[b]: <http://c.d> 't'\n[a]", "[a]: http://b.c\n[b]: http://c.d 't'\n[a]\n");
    shows("text [a]: b\nand\n[1]: c", "text [a]: b and\n[1]: c\n");
    shows_in(&links, "[a](http://b.c)", "\x1b]8;;http://b.c\x1b\\a\x1b]8;;\x1b\\\n");
    shows_in(&links, "[http://x.y](http://b.c)", "\x1b]8;;http://b.c\x1b\\http://x.y\x1b]8;;\x1b\\ (http://b.c)\n");
    shows_in(&links, "[a](javascript:b)", "a (javascript:b)\n");
    shows_in(&links, "[a](<http://b.c/&#27;]>)", "a (http://b.c/\\x1b])\n");
    shows_in(&links, "[a](http://ü.de)", "a (http://ü.de)\n");
}

static void html_is_text(void **state)
{
    (void)state;
    shows("a <b>c</b><br/>d<br>e <brk>", "a <b>c</b>\nd\ne <brk>\n");
    shows("| a | b |\n|-|-|\n| c<br>d | e |\n", "a  │ b\n───┼───\nc  │ e\nd  │ \n");
    shows("&lt;a&gt; &amp;amp; &#x4e2d; &unknown; &copy", "<a> &amp; 中 &unknown; &copy\n");
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
        cmocka_unit_test(html_is_text),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
