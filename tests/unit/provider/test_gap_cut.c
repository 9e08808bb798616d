/* Each row is an answer to a gap, and what of it goes there; fed whole, byte by byte, and cut at random. */
#include "daemon/provider/gap_cut.h"
#include "lib/base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define ROUNDS 40

struct row {
    const char *prefix, *suffix, *language;
    bool form; /* it was no question in words */
    const char *said, *own;
    bool early;
};

static const struct row rows[] = {
    /* as it is */
    {"x = ", "", "python", false, "1 + 2", "1 + 2", false},
    {"", "", NULL, false, "a\nb\n", "a\nb\n", false},
    {"def f(", "", NULL, false, "a, b):\n    return a", "a, b):\n    return a", false},
    {"x", "", NULL, false, "", "", false},
    /* a fence around it */
    {"x = ", "", "python", false, "```python\n1 + 2\n```", "1 + 2", true},
    {"x = ", "", "python", false, "\n\n```\n1 + 2\n```\nThis adds.", "1 + 2", true},
    {"x = ", "", "python", false, "````py\n\"\"\"\n```\n\"\"\"\n````\n", "\"\"\"\n```\n\"\"\"", true},
    {"x = ", "", "python", false, "```python\n1 + 2", "1 + 2", false},
    {"x = ", "", "python", false, "```python\n```", "", true},
    {"x = ", "", "python", false, "```", "```", false},
    {"echo ", "", "sh", false, "`date`", "`date`", false},
    {"a\n", "", "markdown", false, "```sh\nls\n```\nmore", "```sh\nls\n```\nmore", false},
    {"a\n", "", "markdown", false, "```markdown\n# b\n```", "# b", true},
    {"x = ", "", "python", true, "```python\n1\n```", "```python\n1\n```", false},
    /* the prefix again */
    {"import os\n\ndef add(a, b):\n    return ", "", NULL, false, "    return a + b", "a + b", false},
    {"import os\n\ndef add(a, b):\n    return ", "", NULL, false, "return a + b", "a + b", false},
    {"import os\n\ndef add(a, b):\n    return ", "", NULL, false, "def add(a, b):\n    return a + b", "a + b", false},
    {"import os\n\ndef add(a, b):\n    return ", "", NULL, false, "```\ndef add(a, b):\n    return a + b\n```", "a + b",
     true},
    {"def f():\n    ", "", NULL, false, "    pass", "pass", false},
    {"def f():\n    ", "", NULL, false, "pass", "pass", false},
    {"x.pri", "", NULL, false, "print(1)", "nt(1)", false},
    {"x.pri", "", NULL, false, "nt(1)", "nt(1)", false},
    {"x = ", "", NULL, false, " 1", "1", false},
    {"ab", "", NULL, false, "abab", "abab", false},
    {"x.pri", "", NULL, true, "print(1)", "print(1)", false},
    {"return", "", NULL, false, "ret", "ret", false},
    /* the suffix again */
    {"f(", ")\n", NULL, false, "x)", "x", false},
    {"f(", ")\n", NULL, false, "g(x)", "g(x)", false},
    {"f(", ")\n", NULL, false, "g(x))", "g(x)", false},
    {"f(", ");\n", NULL, false, "g(x));", "g(x)", false},
    {"print(\"", "\")\n", NULL, false, "hello\")", "hello", false},
    {"print(", ")\n", NULL, false, "\"a\")", "\"a\"", false},
    {"print(", "\"\n", NULL, false, "\"a\"", "\"a\"", false},
    {"a", "\nb", NULL, false, "c\n", "c", false},
    {"total = ", "\nreturn total\n", NULL, false, "1\nreturn total", "1", false},
    {"total = ", "\nreturn total\n", NULL, false, "1\nreturn total\nmore", "1", true},
    {"total = ", "\nreturn total\n", NULL, false, "1\nreturn totals", "1\nreturn totals", false},
    {"x = foo", "bar", NULL, false, "ab", "ab", false},
    {"x = ", "value", NULL, false, "my_value", "my_value", false},
    {"x = ", "value", NULL, false, "the value", "the ", false},
    {"a\n", "    return x\n", NULL, false, "    y = 1\n    return x\n    z", "    y = 1\n", true},
    {"if (a) {\n    b;\n", "}\n\nint main(void)\n{\n    return 0;\n}\n", "c", false, "    c;\n}\n\nint main(void)\n{\n",
     "    c;\n", false},
    {"if (a) {\n", "}\n", "c", false, "    if (b) {\n    }\n}\n", "    if (b) {\n    }\n", false},
    /* markers */
    {"x", "", NULL, true, "y<|endoftext|>z", "y", true},
    {"x", "", NULL, true, "y<|fim_middle|>", "y", true},
    {"x", "", NULL, true, "y<|end", "y<|end", false},
    {"x", "", NULL, true, "y<｜end▁of▁sentence｜>", "y", true},
    {"\"<|endoftext|>\"", "", NULL, true, "<|endoftext|>", "<|endoftext|>", false},
    {"x", "", NULL, false, "ä<before", "ä<before", false},
};

struct got {
    struct buf text;
    unsigned done;
    bool late;
};

static void sink(void *data, const struct chat_event *ev)
{
    struct got *g = data;
    g->late |= g->done > 0;
    if (ev->kind == EVENT_TEXT)
        buf_append(&g->text, ev->text.data, ev->text.len);
    g->done += ev->kind == EVENT_DONE;
}

/* step 0: pieces of any length. */
static void check(const struct row *r, size_t step)
{
    struct chat_gap *gap = chat_gap_new((struct gap_text){r->prefix, strlen(r->prefix)},
                                        (struct gap_text){r->suffix, strlen(r->suffix)}, r->language);
    struct got g = {.done = 0};
    buf_init(&g.text, 1 << 20);
    struct gap_cut *c = gap_cut_new(gap, !r->form, sink, &g);
    chat_gap_free(gap);
    size_t len = strlen(r->said);
    for (size_t at = 0, n; at < len; at += n) {
        n = step ? step : 1 + (size_t)rand() % 9;
        n = n < len - at ? n : len - at;
        const struct chat_event thought = {.kind = EVENT_REASONING, .text = {"hm", 2}};
        const struct chat_event ev = {.kind = EVENT_TEXT, .text = {r->said + at, n}};
        gap_cut_feed(c, &thought);
        gap_cut_feed(c, &ev);
    }
    const struct chat_event usage = {.kind = EVENT_USAGE}, done = {.kind = EVENT_DONE, .finish = FINISH_STOP};
    gap_cut_feed(c, &usage);
    gap_cut_feed(c, &done);
    assert_string_equal(buf_cstr(&g.text), r->own);
    assert_int_equal(g.done, 1);
    assert_false(g.late);
    assert_int_equal(gap_cut_over(c), r->early);
    gap_cut_free(c);
    buf_done(&g.text);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        check(&rows[i], SIZE_MAX);
        check(&rows[i], 1);
        for (int n = 0; n < ROUNDS; n++)
            check(&rows[i], 0);
    }
}

/* What is held back has a bound, whatever is said. */
static void test_hold(void **state)
{
    (void)state;
    char suffix[2000];
    memset(suffix, 'a', sizeof suffix - 1);
    suffix[sizeof suffix - 1] = 0;
    struct chat_gap *gap = chat_gap_new((struct gap_text){"x", 1}, (struct gap_text){suffix, strlen(suffix)}, NULL);
    struct got g = {.done = 0};
    buf_init(&g.text, 1 << 20);
    struct gap_cut *c = gap_cut_new(gap, true, sink, &g);
    size_t fed = 0;
    for (int i = 0; i < 100; i++) {
        const struct chat_event ev = {.kind = EVENT_TEXT, .text = {i % 2 ? "b" : suffix, i % 2 ? 1 : 100}};
        gap_cut_feed(c, &ev);
        fed += ev.text.len;
        assert_in_range(fed - g.text.len, 0, GAP_CUT_HOLD);
    }
    gap_cut_free(c);
    chat_gap_free(gap);
    buf_done(&g.text);
}

/* No byte is made up, and none goes missing but at the ends. */
static void test_any(void **state)
{
    (void)state;
    static const char *const bits[] = {"a",        "\n", "```",           "(", ")",  "ret",
                                       "return x", " ",  "<|endoftext|>", "ä", "\"", "}"};
    for (int n = 0; n < 3000; n++) {
        struct buf texts[3];
        for (size_t i = 0; i < 3; i++) {
            buf_init(&texts[i], 1 << 16);
            for (int k = rand() % 12; k > 0; k--)
                buf_puts(&texts[i], bits[(size_t)rand() % N(bits)]);
        }
        struct chat_gap *gap = chat_gap_new((struct gap_text){buf_cstr(&texts[0]), texts[0].len},
                                            (struct gap_text){buf_cstr(&texts[1]), texts[1].len}, "c");
        struct buf first;
        buf_init(&first, 1 << 16);
        for (int round = 0; round < 4; round++) {
            struct got g = {.done = 0};
            buf_init(&g.text, 1 << 16);
            struct gap_cut *c = gap_cut_new(gap, n % 2, sink, &g);
            const char *said = buf_cstr(&texts[2]);
            for (size_t at = 0, len; at < texts[2].len; at += len) {
                len = round == 0 ? texts[2].len : 1 + (size_t)rand() % (size_t)(2 * round);
                len = len < texts[2].len - at ? len : texts[2].len - at;
                const struct chat_event ev = {.kind = EVENT_TEXT, .text = {said + at, len}};
                gap_cut_feed(c, &ev);
            }
            const struct chat_event done = {.kind = EVENT_DONE, .finish = FINISH_STOP};
            gap_cut_feed(c, &done);
            if (round == 0)
                buf_puts(&first, buf_cstr(&g.text));
            assert_string_equal(buf_cstr(&g.text), buf_cstr(&first));
            assert_non_null(strstr(said, buf_cstr(&g.text)));
            gap_cut_free(c);
            buf_done(&g.text);
        }
        buf_done(&first);
        chat_gap_free(gap);
        for (size_t i = 0; i < 3; i++)
            buf_done(&texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
