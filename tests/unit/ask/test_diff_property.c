/* Whatever diff(1) says of two texts makes the one of the other, though its line numbers and counts are wrong. */
#include "client/ask/diff_apply.h"
#include "client/ask/diff_make.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 150, LINES = 60, ROOM = 1 << 20 };

static unsigned long seed;

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(seed >> 33) % n;
}

/* What a text is like: are its lines all different, how do they end, has the last one an end? */
struct kind {
    bool unique;
    const char *end;
    bool open;
};

static void put_line(struct buf *b, const struct kind *k)
{
    static const char *const lines[] = {"",     " ",    "\t",   "{",   "}",       "-- x",
                                        "++ y", "@@ z", "\\ a", "```", "--- a/f", "a  "};
    static unsigned number;
    const char *line = lines[pick(sizeof(lines) / sizeof(lines[0]))];
    if (k->unique)
        (void)buf_printf(b, "%s%u", line, number++);
    else
        (void)buf_puts(b, line);
    (void)buf_puts(b, k->end);
}

static void close_text(struct buf *b, const struct kind *k)
{
    const size_t end = strlen(k->end);
    if (k->open && b->len > end && b->data[b->len - end - 1] != '\n' && b->data[b->len - end - 1] != '\r')
        b->len -= end;
}

/* The other text: lines kept, left out and put in. */
static void make_other(const struct buf *before, const struct kind *k, struct buf *after)
{
    const char *at = (const char *)before->data, *end = at + before->len;
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const char *next = lf != NULL ? lf + 1 : end;
        if (pick(8) == 0)
            put_line(after, k);
        if (pick(8) != 0) {
            (void)buf_append(after, at, (size_t)(next - at));
            if (lf == NULL)
                (void)buf_puts(after, k->end);
        }
        at = next;
    }
    close_text(after, k);
}

/* Numbers in the lines that begin hunks that are off by some, or nonsense. */
static void disturb(const struct buf *diff, struct buf *out)
{
    const char *at = (const char *)diff->data, *end = at + diff->len;
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at)), *next = lf + 1;
        if (next - at > 3 && memcmp(at, "@@ ", 3) == 0)
            (void)buf_printf(out, "@@ -%u,%u +%u,%u @@\n", pick(2 * LINES), pick(9), pick(2 * LINES), pick(9));
        else
            (void)buf_append(out, at, (size_t)(next - at));
        at = next;
    }
}

static void apply(const struct buf *diff, const struct buf *before, struct buf *out)
{
    struct error err = ERROR_INIT;
    struct diff d;
    enum error_code code = diff_read(&d, (const char *)diff->data, diff->len, &err);
    if (code == ERR_NONE) {
        assert_int_equal(diff_n_files(&d), 1);
        code = diff_apply(&d, diff_file(&d, 0), (const char *)before->data, before->len, out, &err);
    }
    if (code != ERR_NONE)
        fail_msg("%s\n%.*s", err.message, (int)diff->len, (const char *)diff->data);
    diff_done(&d);
}

static void check_round(const struct kind *k, bool disturbed)
{
    struct buf before, after, diff, wrong, out;
    struct buf *const all[] = {&before, &after, &diff, &wrong, &out};
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        buf_init(all[i], ROOM);
    for (unsigned i = 0, n = pick(LINES); i < n; i++)
        put_line(&before, k);
    close_text(&before, k);
    make_other(&before, k, &after);
    assert_int_equal(diff_make("f", &before, &after, &diff, &err), ERR_NONE);
    if (diff.len > 0) {
        disturb(&diff, &wrong);
        apply(disturbed ? &wrong : &diff, &before, &out);
        if (out.len != after.len || (out.len > 0 && memcmp(out.data, after.data, out.len) != 0))
            fail_msg("of\n%s\nby\n%s\ncame\n%s", buf_cstr(&before), buf_cstr(&diff), buf_cstr(&out));
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        buf_done(all[i]);
}

static const struct kind kinds[] = {
    {true, "\n", false},  {true, "\n", true},  {true, "\r\n", false},  {true, "\r\n", true},
    {false, "\n", false}, {false, "\n", true}, {false, "\r\n", false}, {false, "\r\n", true},
};

/* Lines that are all different are found wherever they are said to be. */
static void numbers_are_not_believed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = i;
        check_round(&kinds[i % 4], true);
    }
}

/* Lines that are all alike are where they are said to be. */
static void but_where_they_decide(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = i;
        check_round(&kinds[4 + i % 4], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_not_believed),
        cmocka_unit_test(but_where_they_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
