/* md_split reads where blocks begin and end line by line, so that an answer settles while it streams. It is a second
 * reader beside md4c, which reads texts that are whole, and is held to it here: on documents in the manner of
 * CommonMark's, on random ones, and on what models have written. */
#include "client/tty/md_split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/skip.h"
#include "tests/unit/tty/md_outline.h"
#include <glob.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDINGS "/../shared/recordings/open/*.json"

static void both(const char *text, size_t len, struct buf *by_md4c, struct buf *by_split)
{
    buf_init(by_md4c, OUTLINE_MAX);
    buf_init(by_split, OUTLINE_MAX);
    assert_true(outline_by_md4c(text, len, by_md4c));
    assert_true(outline_by_split(text, len, by_split));
}

static void is_read_alike(const char *text, size_t len)
{
    struct buf by_md4c, by_split;
    both(text, len, &by_md4c, &by_split);
    if (strcmp(buf_cstr(&by_md4c), buf_cstr(&by_split)) != 0)
        fail_msg("%.*s\nmd4c:     %s\nmd_split: %s", (int)len, text, buf_cstr(&by_md4c), buf_cstr(&by_split));
    buf_done(&by_md4c);
    buf_done(&by_split);
}

static const char *const documents[] = {
    "\tfoo\tbaz\t\tbim",
    "  \tfoo\tbaz",
    "  - foo\n\n\tbar",
    "- foo\n\n\t\tbar",
    ">\t\tfoo",
    "-\t\tfoo",
    "    foo\n\tbar",
    " - foo\n   - bar\n\t - baz",
    "#\tFoo",
    "*\t*\t*\t",
    "- `one\n- two`",
    "+++",
    "--\n**\n__",
    " ***\n  ***\n   ***",
    "    ***",
    "Foo\n    ***",
    "_____________________________________",
    "- foo\n***\n- bar",
    "Foo\n***\nbar",
    "Foo\n---\nbar",
    "* Foo\n* * *\n* Bar",
    "- Foo\n- * * *",
    "# foo\n####### foo\n#5 bolt\n\\## foo\n   ### foo\n    # foo",
    "foo\n    # bar",
    "## foo ##\n### foo ### b\n# foo#",
    "## \n#\n### ###",
    "Foo bar\n# baz\nBar foo",
    "Foo *bar*\n=========\n\nFoo *bar*\n---------",
    "Foo\nbar\n===",
    "Foo\n    ---\n\nFoo\n---",
    "Foo\n   ----      ",
    "Foo\n= =\n\nFoo\n--- -",
    "`Foo\n----\n`",
    "> Foo\n---",
    "> foo\nbar\n===",
    "- Foo\n---",
    "Foo\nBar\n---",
    "---\nFoo\n---\nBar\n---\nBaz",
    "\n====",
    "---\n---",
    "- foo\n-----",
    "    foo\n---",
    "> foo\n-----",
    "\\> foo\n------",
    "Foo\n\nbar\n---\nbaz",
    "Foo\nbar\n\n---\n\nbaz",
    "    a simple\n      indented code block",
    "  - foo\n\n    bar",
    "1.  foo\n\n    - bar",
    "    <a/>\n    *hi*\n\n    - one",
    "    chunk1\n\n    chunk2\n  \n \n \n    chunk3",
    "    chunk1\n      \n      chunk2",
    "Foo\n    bar\n",
    "    foo\nbar",
    "# Heading\n    foo\nHeading\n------\n    foo\n----",
    "        foo\n    bar",
    "\n    \n    foo\n    \n",
    "```\n<\n >\n```",
    "~~~\n<\n >\n~~~",
    "``\nfoo\n``",
    "```\naaa\n~~~\n```",
    "````\naaa\n```\n``````",
    "```",
    "`````\n\n```\naaa",
    "> ```\n> aaa\n\nbbb",
    "```\n\n  \n```",
    "```\n```",
    " ```\n aaa\naaa\n```",
    "  ```\naaa\n  aaa\naaa\n  ```",
    "   ```\n   aaa\n    aaa\n  aaa\n   ```",
    "    ```\n    aaa\n    ```",
    "```\naaa\n  ```",
    "   ```\naaa\n  ```",
    "```\naaa\n    ```",
    "``` ```\naaa",
    "~~~~~~\naaa\n~~~ ~~",
    "foo\n```\nbar\n```\nbaz",
    "foo\n---\n~~~\nbar\n~~~\n# baz",
    "~~~ aa ``` ~~~\nfoo\n~~~",
    "```\n``` aaa\n```",
    "<table><tr><td>\n<pre>\n**Hello**,\n\n_world_.\n</pre>\n</td></tr></table>",
    "<table>\n  <tr>\n    <td>\n           hi\n    </td>\n  </tr>\n</table>\n\nokay.",
    " <div>\n  *hello*\n         <foo><a>",
    "</div>\n*foo*",
    "<DIV CLASS=\"foo\">\n\n*Markdown*\n\n</DIV>",
    "<div id=\"foo\"\n  class=\"bar\">\n</div>",
    "<div\nfoo",
    "<div *?-&&&-<---\n*foo*",
    "<table><tr><td>\nfoo\n</td></tr></table>",
    "<div></div>\n``` c\nint x = 33;\n```",
    "<del>*foo*</del>",
    "<pre language=\"haskell\"><code>\nimport\n\nmain\n</code></pre>\nokay",
    "<script type=\"text/javascript\">\n// JavaScript example\n\ndocument\n</script>\nokay",
    "<style\n  type=\"text/css\">\nh1 {color:red;}\n\np {color:blue;}\n</style>\nokay",
    "<style\n  type=\"text/css\">\n\nfoo",
    "> <div>\n> foo\n\nbar",
    "- <div>\n- foo",
    "<style>p{color:red;}</style>\n*foo*",
    "<!-- foo -->*bar*\n*baz*",
    "<script>\nfoo\n</script>1. *bar*",
    "<!-- Foo\n\nbar\n   baz -->\nokay",
    "<?php\n\n  echo\n\n?>\nokay",
    "<!DOCTYPE html>",
    "<![CDATA[\nfunction\n{\n\n}\n]]>\nokay",
    "  <!-- foo -->\n\n    <!-- foo -->",
    "  <div>\n\n    <div>",
    "Foo\n<div>\nbar\n</div>",
    "<div>\nbar\n</div>\n*foo*",
    "Foo\n<a href=\"bar\">\nbaz",
    "<div>\n\n*Emphasized* text.\n\n</div>",
    "<hr />\nfoo",
    "<search>\nfoo",
    "<basefont>\n*x*\n\n<param>\n*y*\n\n<track>\nz\n\n<base>\nz",
    "<b>bold</b> text\n*foo*",
    "[foo]: <bar>(baz)\n\n[foo]",
    "[foo] bar: x",
    "[ ]: x",
    "[foo]:\n\n[foo]",
    "[foo]: /url \"title\" ok",
    "```\n[foo]: /url\n```\n\n[foo]",
    "aaa\n\nbbb",
    "aaa\nbbb\n\nccc\nddd",
    "  aaa\n bbb",
    "aaa\n             bbb\n                                       ccc",
    "   aaa\nbbb",
    "    aaa\nbbb",
    "> # Foo\n> bar\n> baz",
    "># Foo\n>bar\n> baz",
    "   > # Foo\n   > bar\n > baz",
    "    > # Foo\n    > bar\n    > baz",
    "> # Foo\n> bar\nbaz",
    "> bar\nbaz\n> foo",
    "> foo\n---",
    "> - foo\n- bar",
    ">     foo\n    bar",
    "> ```\nfoo\n```",
    "> foo\n    - bar",
    ">",
    ">\n>  \n> ",
    ">\n> foo\n>  ",
    "> foo\n\n> bar",
    "> foo\n> bar",
    "> foo\n>\n> bar",
    "foo\n> bar",
    "> aaa\n***\n> bbb",
    "> bar\nbaz",
    "> bar\n\nbaz",
    "> bar\n>\nbaz",
    "> > > foo\nbar",
    ">>> foo\n> bar\n>>baz",
    ">     code\n\n>    not code",
    "A paragraph\nwith two lines.\n\n    indented code\n\n> A block quote.",
    "1.  A paragraph\n    with two lines.\n\n        indented code\n\n    > A block quote.",
    "- one\n\n two",
    "- one\n\n  two",
    " -    one\n\n     two",
    " -    one\n\n      two",
    "   > > 1.  one\n>>\n>>     two",
    ">>- one\n>>\n  >  > two",
    "-one\n\n2.two",
    "- foo\n\n\n  bar",
    "1.  foo\n\n    ```\n    bar\n    ```\n\n    baz\n\n    > bam",
    "- Foo\n\n      bar\n\n\n      baz",
    "123456789. ok",
    "1234567890. not ok",
    "0. ok",
    "003. ok",
    "-1. not ok",
    "- foo\n\n      bar",
    "  10.  foo\n\n           bar",
    "    indented code\n\nparagraph\n\n    more code",
    "1.     indented code\n\n   paragraph\n\n       more code",
    "1.      indented code\n\n   paragraph\n\n       more code",
    "   foo\n\nbar",
    "-    foo\n\n  bar",
    "-  foo\n\n   bar",
    "-\n  foo\n-\n  ```\n  bar\n  ```\n-\n      baz",
    "-   \n  foo",
    "-\n\n  foo",
    "- foo\n-\n- bar",
    "- foo\n-   \n- bar",
    "1. foo\n2.\n3. bar",
    "*",
    "foo\n*\n\nfoo\n1.",
    " 1.  A paragraph\n     with two lines.\n\n         indented code\n\n     > A block quote.",
    "    1.  A paragraph\n        with two lines.",
    "  1.  A paragraph\nwith two lines.\n\n          indented code\n\n      > A block quote.",
    "  1.  A paragraph\n    with two lines.",
    "> 1. > Blockquote\ncontinued here.",
    "> 1. > Blockquote\n> continued here.",
    "- foo\n  - bar\n    - baz\n      - boo",
    "- foo\n - bar\n  - baz\n   - boo",
    "10) foo\n    - bar",
    "10) foo\n   - bar",
    "- - foo",
    "1. - 2. foo",
    "- # Foo\n- Bar\n  ---\n  baz",
    "- foo\n- bar\n+ baz",
    "1. foo\n2. bar\n3) baz",
    "Foo\n- bar\n- baz",
    "The number of windows in my house is\n14.  The number of doors is 6.",
    "The number of windows in my house is\n1.  The number of doors is 6.",
    "- foo\n\n- bar\n\n\n- baz",
    "- foo\n  - bar\n    - baz\n\n\n      bim",
    "- foo\n- bar\n\n<!-- -->\n\n- baz\n- bim",
    "-   foo\n\n    notcode\n\n-   foo\n\n<!-- -->\n\n    code",
    "- a\n - b\n  - c\n   - d\n  - e\n - f\n- g",
    "1. a\n\n  2. b\n\n   3. c",
    "- a\n - b\n  - c\n   - d\n    - e",
    "1. a\n\n  2. b\n\n    3. c",
    "- a\n- b\n\n- c",
    "* a\n*\n\n* c",
    "- a\n- b\n\n  c\n- d",
    "- a\n- ```\n  b\n\n\n  ```\n- c",
    "- a\n  - b\n\n    c\n- d",
    "* a\n  > b\n  >\n* c",
    "- a\n  > b\n  ```\n  c\n  ```\n- d",
    "- a\n  - b",
    "1. ```\n   foo\n   ```\n\n   bar",
    "* foo\n  * bar\n\n  baz",
    "- a\n  - b\n  - c\n\n- d\n  - e\n  - f",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a | b\n---|---\n1 | 2\n\nfoo",
    "text\n| a | b |\n|---|---|\n| 1 | 2 |",
    "one\ntwo\n| a | b |\n|---|---|\n| 1 | 2 |",
    "| a | b |\n|---|---|\n| 1 | 2 |\n> q",
    "| a | b |\n|---|---|\n| 1 | 2 |\n- item",
    "| a | b |\n|---|---|\n| 1 | 2 |\ntext",
    "| a | b |\n|---|---|\n| 1 | 2 |\n    code",
    "| a | b |\n|---|---|\n| 1 | 2 |\n***",
    "| a | b |\n|---|---|\n| 1 | 2 |\n---",
    "| a | b |\n|---|---|",
    "| a | b |\n|---|",
    "| a | b |\n|:--|--:|\n| 1 |",
    "| a |\n|---|\n| 1 |",
    "a\n|---|\n1",
    "a\n---|\n1",
    "> | a | b |\n> |---|---|\n> | 1 | 2 |\n| 3 | 4 |",
    "- | a | b |\n  |---|---|\n  | 1 | 2 |\n| 3 | 4 |",
    "- x\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |",
    "a | b\n- | -\n1 | 2",
    "a | b\n=== | ===\n1 | 2",
    "a | b\n-- | --\n1 | 2",
    "- [ ] a\n- [x] b\n- [X] c\n- [y] d\n1. [x] e",
    "- [ ] - a",
    "- [x]a",
    "- [ ]   a",
    "- [ ]     code",
    "- [x] # head",
    "> - [ ] a\n>   b",
    "- a\n\n      code\n    para",
    "- a\n\n     code",
    "1. a\n   1. b\n      1. c\n2. d",
    "1. a\n- b\n2. c",
    "1) a\n2) b\n\n\n3) c",
    "- a\n\n\n\n- b",
    "- a\nb\n- c",
    "- a\n\nb\n- c",
    "> a\n- b",
    "> a\n1. b",
    "> a\n# b",
    "> a\n```\nb\n```",
    "> a\n    b",
    "> - a\nb",
    "> - a\n> b",
    "> a\n>> b\n> c\nd",
    "a\n    - b",
    "- a\n    - b\n        - c",
    "- a\n     - b",
    "- a\n      - b",
    "* * *\n- - -\n* - *",
    "- ***\n- ---\n-   -",
    "- a\n  ---\n  b",
    "- a\n---\n- b",
    "a\n***",
    "1. a\n***",
    "\ta\n\n\tb",
    "-\ta\n\n\tb",
    "-   a\n\n\tb",
    "1.\ta\n\n\tb\n\n\t\tc",
    ">\ta\n>\t\tb",
    "> \ta",
    ">\t- a",
    "- \ta",
    "- >\ta",
    " \t a",
    "- a\n\tb",
    "- a\n\t- b",
    "- a\n\n\t- b",
    "    a\n\n\n\nb",
    "- a\n\n      b\n\n\n- c",
    "```a`b\nc\n```",
    "~~~a`b\nc\n~~~",
    "- ```\na",
    "- ```\n\n  a\n\n  ```",
    "> ```\n>a\n>  b\n> ```\nc",
    "1. ```\n    a\n   ```",
    "a\r\nb\r\n\r\nc",
    "```\r\na\r\n```\r\nb",
    "- a\r\n\r\n  b\r\n",
    "# a\r\nb",
    "a\r\n===\r\nb",
    "| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n",
    "<http://a.b>\nc",
    "<div\n\nx",
    "<a\nb>\nc",
    "<a> b\nc",
    "a\n<a>\nb",
    "<a =b>\n- c",
    "<1a>\n- c",
    "<!A\n\n>\nb",
    "<!-->\nb",
    "<!--->\nb",
    "<!---->\nb",
    "<?a?>\nb",
    "<![CDATA[]]>b\nc",
    "<pre>\n\na</pre>b\nc",
    "<PRE>\n\na</PRE>\nc",
    "<script>a</style>\n\nb</script>\nc",
    "<pre/>\n\nb",
    "<h1>\n- b",
    "> <!--\n> a\n\n-->\nb",
    "- <!--\n\n  -->\n  b",
    "- <pre>\n- a</pre>\n",
};

static void documents_are_read_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        is_read_alike(documents[i], strlen(documents[i]));
}

/* -- what is read otherwise, and why -- */

/* Models put Markdown between tags of their own, such as <think>: it is read, not shown as it came. */
#define TAG "a tag that is alone on its line is text"
/* A leaf is read alone, and whoever reads it wants to see where the links lead. */
#define DEFINITION "a definition of a link is shown"
#define TABLE_END "GitHub's table ends where another block begins; md4c 0.4.8 takes the line for a row"
#define NEWER "the CommonMark of today, which md4c 0.4.8 is older than"

static const struct {
    const char *text, *outline, *why;
} otherwise[] = {
    {"<Warning>\n*bar*\n</Warning>", "pWarningbarWarning ", TAG},
    {"<think>\n- c\n\n- d\n</think>", "pthink -{ pc } -{ pdthink } ", TAG},
    {"<del>\n\n*foo*\n\n</del>", "pdel pfoo pdel ", TAG},
    {"<br/>\nfoo", "pfoo ", TAG},
    {"</pre>\nfoo\n\nbar", "pprefoo pbar ", TAG},
    {"<a x='y'>\n- c", "paxy -{ pc } ", TAG},
    {"[foo]: /url \"title\"\n\n[foo]", "pfoourltitle pfoo ", DEFINITION},
    {"   [foo]: \n      /url  \n           'the title'  \n\n[foo]", "pfoourlthetitle pfoo ", DEFINITION},
    {"[foo]: /url\nbar\n===\n[foo]", "pfoourl hbar pfoo ", DEFINITION},
    {"[foo]: /url\n===\n[foo]", "pfoourl pfoo ", DEFINITION},
    {"Sources:\n[1]: /a\n[2]: /b", "pSources p1a p2b ", DEFINITION},
    {"- b\n\n  [ref]: /url\n- d", "-{ pb prefurl } -{ pd } ", DEFINITION},
    {"| a | b |\n|---|---|\n| 1 | 2 |\n# head", "tab12 hhead ", TABLE_END},
    {"| a | b |\n|---|---|\n| 1 | 2 |\n```\nx\n```", "tab12 fx| ", TABLE_END},
    {"| a | b |\n|---|---|\n| 1 | 2 |\n<div>", "tab12 w<div>| ", TABLE_END},
    {"- [ ]\n- [x]", "-{ p } -{ px } ", "GitHub's box has a text behind it"},
    {"<textarea>\n\n*foo*\n\n</textarea>", "w<textarea>||*foo*||</textarea>| ", NEWER},
    {"<!doctype html>\nfoo", "w<!doctypehtml>| pfoo ", NEWER},
    {"a\n    ```\n    b", "pab ", "a line of a text is indented as it likes; md4c 0.4.8 begins a fence there"},
    {"a\n    <pre>", "papre ", "as above, of HTML"},
    {"> ```\n    a", ">{ f } ca| ", "no text is open that it could go on with; to md4c 0.4.8 it is a paragraph"},
    {"-\n\n    a", "-{ } ca| ", "an item begins with one empty line at most; to md4c 0.4.8 this is a paragraph"},
    {"a\n+ ", "pa ", "an empty item does not interrupt a text, a space behind its mark or not"},
    {"- > a\n  2. b", "-{ >{ pa } 2.{ pb } } ", "as cmark: it is not the quotation's text that is interrupted"},
    {"-\t   \ta", "-{ c____a| } ", "tabs of code are kept, and md4c makes spaces of the first"},
};

static void what_is_read_otherwise_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(otherwise) / sizeof(otherwise[0]); i++) {
        struct buf by_md4c, by_split;
        both(otherwise[i].text, strlen(otherwise[i].text), &by_md4c, &by_split);
        assert_string_equal(buf_cstr(&by_split), otherwise[i].outline);
        buf_done(&by_md4c);
        buf_done(&by_split);
    }
}

/* -- random documents -- */

enum { RANDOM_DOCUMENTS = 20000, LINES_MAX = 6, RANDOM_MAX = 4096 };

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

#define ANY(list) (list)[below(sizeof(list) / sizeof((list)[0]))]

/* What is known to be read otherwise is none of it: items begin with a text, no line is indented as code where what
 * follows would begin a block to md4c all the same, and tables and HTML have an empty line behind them. */
static void put_random_line(struct buf *b)
{
    static const char *const leads[] = {"", "", "", "", " ", "  ", "   ", "> ", ">", "> > "};
    static const char *const shallow[] = {"a",   "b c",      "# h",   "#",    "===", "---", "- - -",
                                          "***", "1. q",     "- q",   "> q",  "[t]", " a",  "    a",
                                          "a|b", "</pre> z", "x -->", "====", "2. q"};
    static const char *const marks[] = {"- ",  "- ",    "* ",     "+ ",  "1. ",  "1) ",  "  - ", "   1. ",
                                        ">- ", "> 1. ", "    - ", "-\t", "-   ", "- - ", "1. - "};
    static const char *const texts[] = {"a", "b c", "*a*", "> q", "[t]", "a|b", "===="};
    static const char *const deep[] = {"    ", "      ", "\t"};
    static const char *const plain[] = {"a", "b c", "# h", "===", "---", "- q", "> q", "1. r", "***", "1) q"};
    switch (below(8)) {
    case 0:
        if (b->len > 1 && b->data[b->len - 2] != '\n')
            (void)buf_putc(b, '\n');
        return;
    case 1: (void)buf_printf(b, "%s%s\n", ANY(deep), ANY(plain)); return;
    case 2:
    case 3:
    case 4: (void)buf_printf(b, "%s%s\n", ANY(marks), ANY(texts)); return;
    default: (void)buf_printf(b, "%s%s\n", ANY(leads), ANY(shallow));
    }
}

/* Several lines in a container, and an empty one. */
static void put_random_block(struct buf *b)
{
    static const char *const leads[][2] = {{"", ""}, {"  ", "  "}, {"- ", "  "}, {"> ", "> "}, {"1. ", "   "}};
    static const char *const blocks[][4] = {
        {"``` a", "x", "", "```"},        {"~~~", "", "  x", "~~~"},      {"| a | b |", "|---|---|", "| 1 | 2 |", ""},
        {"<div>", "  *b*", "</div>", ""}, {"<!-- x", "", "y --> z", "a"}, {"<pre>", "", "- x", "</pre>"},
        {"<?x", "", "?>", "b"},           {"a", "<h1>", "b", ""},         {"-", "  - b", "", "    c"},
    };
    const size_t lead = below(sizeof(leads) / sizeof(leads[0])), block = below(sizeof(blocks) / sizeof(blocks[0]));
    for (size_t i = 0; i < 4; i++) {
        (void)buf_puts(b, leads[lead][i > 0]);
        (void)buf_puts(b, blocks[block][i]);
        (void)buf_putc(b, '\n');
    }
    (void)buf_putc(b, '\n');
}

static void random_documents_are_read_alike(void **state)
{
    (void)state;
    seed = 20260417;
    for (size_t i = 0; i < RANDOM_DOCUMENTS; i++) {
        struct buf text;
        buf_init(&text, RANDOM_MAX);
        for (uint32_t n = 1 + below(LINES_MAX); n > 0; n--)
            (below(5) > 0 ? put_random_line : put_random_block)(&text);
        assert_false(text.failed);
        is_read_alike((const char *)text.data, text.len);
        buf_done(&text);
    }
}

/* -- what models have written -- */

/* Tags of their own are TAG, definitions DEFINITION; and separators that would hide are shown as they are. */
static bool is_of_use(const char *text)
{
    return strchr(text, '<') == NULL && strstr(text, "]:") == NULL && strstr(text, "\u2028") == NULL;
}

static size_t compare_recorded(const char *path)
{
    json_t *recording = json_load_file(path, 0, NULL);
    const char *text = json_string_value(json_object_get(json_object_get(recording, "expect"), "text"));
    const bool used = text != NULL && text[0] != '\0' && is_of_use(text);
    if (used)
        is_read_alike(text, strlen(text));
    json_decref(recording);
    return used;
}

static void answers_are_read_alike(void **state)
{
    (void)state;
    char pattern[4096];
    const char *source = getenv("ASKD_SRCDIR");
    glob_t found;
    size_t n = 0;
    (void)snprintf(pattern, sizeof(pattern), "%s%s", source != NULL ? source : ".", RECORDINGS);
    if (glob(pattern, 0, NULL, &found) != 0)
        SKIP("there are no recordings beside the source tree");
    for (size_t i = 0; i < found.gl_pathc; i++)
        n += compare_recorded(found.gl_pathv[i]);
    globfree(&found);
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read_alike),
        cmocka_unit_test(what_is_read_otherwise_is_known),
        cmocka_unit_test(random_documents_are_read_alike),
        cmocka_unit_test(answers_are_read_alike),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
