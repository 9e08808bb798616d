/* What holds whatever the text: no escape of its own, no cut that matters, no word lost. */
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
        cmocka_unit_test(attacks_are_harmless),
        cmocka_unit_test(cuts_change_nothing),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
