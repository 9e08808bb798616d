/* Rendering is in proportion to the text, whatever block it is that grows, token by token. Prints what it costs. */
#include "client/tty/md.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROOM = 64 << 20, TOKEN = 4, TIMES = 2, FEW = 2500, MANY = 4 * FEW };

static const char mixed[] =
    "## A heading of a section\n\nSome **text** with `code`, *emphasis* and a [link](https://example.org/path). It "
    "goes on "
    "for a while, as paragraphs do, with a second sentence and a third one, so that it is of some length.\n\n"
    "1. **First**: what is to be done at the beginning\n2. **Second**: what follows\n   - with a detail\n   - and "
    "another\n\n"
    "```python\ndef f(x):\n    \"\"\"Says what it does.\"\"\"\n    return [y * 2 for y in x if y > 10]  # a "
    "comment\n```\n\n"
    "| Name | What it is |\n|---|---|\n| one | the first of them |\n| two | the second, with `code` |\n\n"
    "> A quotation of somebody who said something\n\nA last paragraph, which ends all of this.\n\n";

/* Milliseconds of the processor for n tokens of the text again and again, each followed by a look; the best of some. */
static double cost(const char *head, const char *unit, size_t tokens)
{
    struct buf text, settled, live;
    double best = 0;
    buf_init(&text, ROOM);
    buf_init(&settled, ROOM);
    buf_init(&live, ROOM);
    (void)buf_puts(&text, head);
    while (text.len < tokens * TOKEN)
        (void)buf_puts(&text, unit);
    for (unsigned i = 0; i < TIMES; i++) {
        const struct md_style style = {.colour = true, .columns = 80};
        struct md *md = md_new(&style);
        const clock_t before = clock();
        for (size_t n = 0; n < tokens; n++) {
            assert_true(md_feed(md, (const char *)text.data + n * TOKEN, TOKEN));
            buf_clear(&settled);
            md_take(md, &settled, &live);
        }
        md_end(md);
        const double ms = (double)(clock() - before) * 1e3 / CLOCKS_PER_SEC;
        best = i == 0 || ms < best ? ms : best;
        md_free(md);
    }
    buf_done(&text);
    buf_done(&settled);
    buf_done(&live);
    return best;
}

static void it_is_in_proportion(void **state)
{
    (void)state;
    static const struct {
        const char *name, *head, *unit;
    } texts[] = {
        {"mixed", "", mixed},
        {"a long code block", "```c\n", "    int a = f(\"b\", 12); /* c */\n"},
        {"a long table", "| a | b |\n|---|---|\n", "| some text | and `more` |\n"},
        {"a long list", "", "- an item of a **list**\n"},
        {"a list in one item", "- a\n", "  - an item of a **list**\n"},
        {"one huge paragraph", "", "words with **bold** text "},
        {"one huge quotation", "", "> words with **bold** text\n"},
        {"Chinese in one line", "", "中文字符测试，这是一个段落。"},
        {"one huge word", "", "abcdefghijklmnopqrstuvwxyz"},
        {"marks alone", "", "*_`[<"},
        {"brackets", "", "[a]("},
        {"empty cells", "||||||||||||||||||||||||||\n|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|\n", "|a\n"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        /* Both are beyond what a block may have before it settles. */
        const double few = cost(texts[i].head, texts[i].unit, FEW), many = cost(texts[i].head, texts[i].unit, MANY);
        print_message("%-20s %d tokens: %6.1f ms, %d: %6.1f ms\n", texts[i].name, FEW, few, MANY, many);
        assert_true(many < 2.5 * 4 * (few + 1)); /* 16 times would be no proportion */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_in_proportion)};
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
