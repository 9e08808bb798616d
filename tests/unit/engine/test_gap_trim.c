/* What of a text around a gap is shown. */
#include "daemon/engine/gap_trim.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct gap_text view(const char *s)
{
    return (struct gap_text){s, strlen(s)};
}

/* n lines, "line 1\n" and so on; the caller's. */
static char *lines(const char *line, int n)
{
    size_t len = strlen(line) + 16;
    char *text = calloc((size_t)n, len + 1), *at = text;
    for (int i = 1; i <= n; i++)
        at += snprintf(at, len, "%s %d\n", line, i);
    return text;
}

static bool ends_with(struct gap_text t, const char *text)
{
    return t.data + t.len == text + strlen(text);
}

static int64_t tokens(struct gap_text t)
{
    return tokens_of_text(TOKENS_GENERIC, t.data, t.len);
}

static void small(void **state)
{
    (void)state;
    const struct gap_trim t = gap_trim(TOKENS_GENERIC, 100, view("before"), view("behind"));
    assert_int_equal(t.prefix.len, 6);
    assert_int_equal(t.suffix.len, 6);
    assert_false(t.prefix_cut || t.suffix_cut);
    const struct gap_trim none = gap_trim(TOKENS_GENERIC, 100, (struct gap_text){NULL, 0}, (struct gap_text){NULL, 0});
    assert_int_equal(none.prefix.len + none.suffix.len, 0);
}

static void shares(void **state)
{
    char *text = lines("a line of the text", 5000);
    (void)state;
    struct gap_trim t = gap_trim(TOKENS_GENERIC, 1000, view(text), view(text));
    assert_true(t.prefix_cut && t.suffix_cut);
    assert_in_range(tokens(t.prefix), 600, 750);
    assert_in_range(tokens(t.suffix), 180, 250);
    t = gap_trim(TOKENS_GENERIC, 1000, view(text), view("\n}\n"));
    assert_in_range(tokens(t.prefix), 850, 1000);
    assert_false(t.suffix_cut);
    t = gap_trim(TOKENS_GENERIC, 1000, view("x = "), view(text));
    assert_in_range(tokens(t.suffix), 850, 1000);
    assert_false(t.prefix_cut);
    free(text);
}

static void whole_lines(void **state)
{
    char *text = lines("a line of the text", 5000);
    (void)state;
    const struct gap_trim t = gap_trim(TOKENS_GENERIC, 300, view(text), view(text));
    assert_int_equal(t.prefix.data[-1], '\n');
    assert_true(ends_with(t.prefix, text));
    assert_ptr_equal(t.suffix.data, text);
    assert_int_equal(t.suffix.data[t.suffix.len - 1], '\n');
    free(text);
}

/* A line that is longer than all that may be shown is cut. */
static void long_lines(void **state)
{
    char text[20001];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[sizeof text - 1] = 0;
    for (int64_t n = 16; n < 80; n++) {
        const struct gap_trim t = gap_trim(TOKENS_GENERIC, n, view(text), view(text));
        assert_true(t.prefix.len > 0 && t.suffix.len > 0);
        assert_true(utf8_valid(t.prefix.data, t.prefix.len) && utf8_valid(t.suffix.data, t.suffix.len));
        assert_true(tokens(t.prefix) + tokens(t.suffix) <= n);
    }
}

/* Blanks and symbols are far from what a token mostly is. */
static void strange_texts(void **state)
{
    static const char *const pieces[] = {" ", "\n", "\t\t\t", "=====", "中文", "👩‍👩‍👧", "0123456789"};
    (void)state;
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        size_t len = strlen(pieces[p]), n = 40000 / len;
        char *text = calloc(n, len + 1);
        for (size_t i = 0; i < n; i++)
            memcpy(text + i * len, pieces[p], len);
        const struct gap_trim t = gap_trim(TOKENS_GENERIC, 200, view(text), view(text));
        assert_true(tokens(t.prefix) + tokens(t.suffix) <= 200);
        assert_true(utf8_valid(t.prefix.data, t.prefix.len) && utf8_valid(t.suffix.data, t.suffix.len));
        assert_true(t.prefix.len > 0);
        free(text);
    }
}

/* Of 8 MiB only the ends are looked at: that takes no longer than of 64 KiB, far less than reading it all. */
static void large(void **state)
{
    char *small_text = lines("a line of the text", 3000), *text = lines("a line of the text", 350000);
    int64_t took[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct gap_text t = view(i ? text : small_text);
        int64_t begun = clock_mono_us();
        for (int n = 0; n < 50; n++)
            gap_trim(TOKENS_GENERIC, 2048, t, t);
        took[i] = (clock_mono_us() - begun) / 50;
    }
    print_message("a text of 64 KiB: %d us, of 8 MiB: %d us\n", (int)took[0], (int)took[1]);
    assert_true(took[1] < 4 * took[0] + 200);
    free(small_text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small),      cmocka_unit_test(shares),        cmocka_unit_test(whole_lines),
        cmocka_unit_test(long_lines), cmocka_unit_test(strange_texts), cmocka_unit_test(large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
