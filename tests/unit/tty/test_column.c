#include "client/tty/column.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 40 };

static const char text[] = "# Title\n\nA paragraph that is longer than a column is wide, with **words** in bold.\n\n"
                           "- one\n- two \u4f60\u597d\u4e16\u754c\n\n```c\nint main(void);\n```\n\n"
                           "| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end.\n";
static const char thought[] = "It wants a text.\n\nSo it gets one, which is long enough to be wrapped.";

static struct arm arm_new(void)
{
    struct arm a = {.asked = "m", .state = ARM_RUNNING, .figures = {.first_ms = -1, .speed = -1, .tokens = -1}};
    buf_init(&a.text, 1 << 20);
    buf_init(&a.reasoning, 1 << 20);
    return a;
}

static void arm_done(struct arm *a)
{
    buf_done(&a->text);
    buf_done(&a->reasoning);
}

static struct buf body_of(const struct column *c, size_t most)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    column_put_body(c, most, &b);
    return b;
}

/* As if all of it had come at once. */
static struct buf whole(enum args_reasoning how, unsigned width)
{
    struct arm a = arm_new();
    struct column c;
    (void)buf_puts(&a.text, text);
    (void)buf_puts(&a.reasoning, thought);
    a.state = ARM_DONE;
    column_init(&c, &a, how, false, width);
    column_update(&c, width);
    struct buf body = body_of(&c, SIZE_MAX);
    column_done(&c);
    arm_done(&a);
    return body;
}

static void check_body(const struct column *c, const struct buf *want)
{
    struct buf body = body_of(c, SIZE_MAX);
    assert_false(c->failed);
    assert_int_equal(body.len, want->len);
    assert_memory_equal(body.data, want->data, want->len);
    buf_done(&body);
}

static void feed(struct column *c, struct buf *into, const char *s, unsigned width)
{
    for (size_t at = 0, len = strlen(s), n; at < len; at += n) {
        n = 1 + (size_t)rand() % 30;
        n = n < len - at ? n : len - at;
        while (at + n < len && ((unsigned char)s[at + n] & 0xc0) == 0x80)
            n++;
        (void)buf_append(into, s + at, n);
        column_update(c, rand() % 3 == 0 ? width : 20 + (unsigned)rand() % 60);
    }
}

/* In pieces, in another width each time, and after what was void. */
static void in_the_end_all_of_it_is_there(void **state)
{
    (void)state;
    static const enum args_reasoning ways[] = {ARGS_REASONING_SHOW, ARGS_REASONING_HIDE, ARGS_REASONING_ONLY};
    srand(11);
    for (unsigned round = 0; round < 300; round++) {
        const enum args_reasoning how = ways[round % 3];
        const unsigned width = 10 + (unsigned)rand() % 100;
        struct buf want = whole(how, width);
        struct arm a = arm_new();
        struct column c;
        column_init(&c, &a, how, false, WIDTH);
        if (rand() % 2 == 0) {
            feed(&c, &a.text, "This is void.\n\nAll of it.", width);
            buf_clear(&a.text);
            a.turn++;
        }
        feed(&c, &a.reasoning, thought, width);
        feed(&c, &a.text, text, width);
        a.state = ARM_DONE;
        column_update(&c, width);
        check_body(&c, &want);
        column_update(&c, width);
        check_body(&c, &want);
        column_done(&c);
        arm_done(&a);
        buf_done(&want);
    }
}

/* Whatever number of lines is wanted, it is the last of them. */
static void the_tail_is_the_end_of_the_body(void **state)
{
    (void)state;
    struct arm a = arm_new();
    struct column c;
    (void)buf_puts(&a.text, text);
    (void)buf_puts(&a.reasoning, thought);
    column_init(&c, &a, ARGS_REASONING_SHOW, false, WIDTH);
    column_update(&c, WIDTH);
    struct buf all = body_of(&c, SIZE_MAX);
    for (size_t most = 0; most < 40; most++) {
        struct buf tail = body_of(&c, most);
        size_t lines = 0;
        for (size_t i = 0; i < tail.len; i++)
            lines += tail.data[i] == '\n';
        assert_true(lines == most || tail.len == all.len);
        if (tail.len > 0)
            assert_memory_equal(all.data + all.len - tail.len, tail.data, tail.len);
        buf_done(&tail);
    }
    buf_done(&all);
    column_done(&c);
    arm_done(&a);
}

static void check_foot(struct arm *a, double now_ms, const char *want)
{
    struct column c;
    struct buf foot;
    buf_init(&foot, 1 << 16);
    column_init(&c, a, ARGS_REASONING_SHOW, false, 200);
    column_put_foot(&c, now_ms, &foot);
    assert_string_equal(buf_cstr(&foot), want);
    buf_done(&foot);
    column_done(&c);
}

static void the_foot_tells_how_it_stands(void **state)
{
    (void)state;
    struct arm a = arm_new();
    a.state = ARM_WAITING;
    check_foot(&a, 1200, "waiting \u00b7 1.2 s\n");
    a.state = ARM_RUNNING;
    check_foot(&a, 1200, "asked \u00b7 1.2 s\n");
    strcpy(a.waits, "place 3 of 7");
    check_foot(&a, 1200, "place 3 of 7 \u00b7 1.2 s\n");
    (void)buf_puts(&a.text, "x");
    strcpy(a.note, "2 messages were left out");
    check_foot(&a, 60, "2 messages were left out\nanswering \u00b7 60 ms\n");
    a.note[0] = '\0';
    a.state = ARM_DONE;
    a.figures =
        (struct arm_figures){.first_ms = 420, .speed = 45.6, .tokens = 1234, .cost_nano = 1200000, .currency = "USD"};
    check_foot(&a, 0, "420 ms to the first token \u00b7 1.2k tokens \u00b7 46 tokens/s \u00b7 0.0012 USD\n");
    a.cached = true;
    check_foot(&a, 0, "1.2k tokens \u00b7 46 tokens/s \u00b7 0.0012 USD saved \u00b7 cached\n");
    a.state = ARM_FAILED;
    strcpy(a.error, "no \x1b[2J");
    check_foot(&a, 0, "no \\x1b[2J\n");
    a.state = ARM_LEFT;
    check_foot(&a, 0, "stopped before its end\n");
    arm_done(&a);
}

int main(void)
{
    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_end_all_of_it_is_there),
        cmocka_unit_test(the_tail_is_the_end_of_the_body),
        cmocka_unit_test(the_foot_tells_how_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
