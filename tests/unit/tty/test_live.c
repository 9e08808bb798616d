#include "client/tty/live.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* -- a terminal that knows what the region sends, and nothing else -- */

enum { CELLS = 200, ROWS = 4000 };

struct terminal {
    unsigned columns, rows;
    wchar_t cells[ROWS][CELLS + 1]; /* the scrollback and the screen below it */
    size_t row, column;             /* of all rows */
    size_t top;                     /* the first row of the screen */
    bool hidden, synchronised;
};

static void term_init(struct terminal *t, unsigned columns, unsigned rows)
{
    memset(t, 0, sizeof(*t));
    t->columns = columns;
    t->rows = rows;
}

static void term_down(struct terminal *t)
{
    t->row++;
    assert_true(t->row < ROWS);
    if (t->row >= t->top + t->rows)
        t->top = t->row - t->rows + 1;
}

static void term_erase(struct terminal *t, bool below)
{
    memset(&t->cells[t->row][t->column], 0, (CELLS - t->column) * sizeof(wchar_t));
    for (size_t r = t->row + 1; below && r < t->top + t->rows; r++)
        memset(t->cells[r], 0, sizeof(t->cells[r]));
}

static void term_up(struct terminal *t, size_t n)
{
    assert_true(n > 0 && t->row >= t->top + n); /* a region never reaches above the screen */
    t->row -= n;
}

static const char *term_csi(struct terminal *t, const char *s)
{
    char *rest;
    const bool ours = *s == '?';
    const size_t n = strtoul(s + ours, &rest, 10);
    const bool set = *rest == 'h';
    if (ours && n == 25)
        t->hidden = !set;
    else if (ours && n == 2026)
        t->synchronised = set;
    else if (*rest == 'A')
        term_up(t, n);
    else if (*rest == 'B')
        t->row += n;
    else if (*rest == 'K' || *rest == 'J')
        term_erase(t, *rest == 'J');
    else
        assert_int_equal(*rest, 'm');
    assert_true(t->row < t->top + t->rows);
    return rest + 1;
}

static void term_put(struct terminal *t, wchar_t c)
{
    const size_t w = (size_t)wcwidth(c);
    if (t->column + w > t->columns && t->column > 0) {
        t->column = 0;
        term_down(t);
    }
    t->cells[t->row][t->column] = c;
    if (w == 2)
        t->cells[t->row][t->column + 1] = L'\x1'; /* the other half */
    t->column += w;
}

static void term_feed(struct terminal *t, struct buf *b)
{
    assert_false(b->failed);
    const char *s = buf_cstr(b);
    while (*s != '\0') {
        wchar_t c;
        if (s[0] == '\x1b' && s[1] == '[') {
            s = term_csi(t, s + 2);
        } else if (*s == '\r') {
            t->column = 0;
            s++;
        } else if (*s == '\n') {
            term_down(t);
            s++;
        } else {
            const int n = mbtowc(&c, s, strlen(s));
            assert_true(n > 0 && wcwidth(c) > 0);
            term_put(t, c);
            s += n;
        }
    }
    assert_false(t->hidden);
    assert_false(t->synchronised);
    assert_int_equal(t->column, 0);
    buf_clear(b);
}

/* All rows above the cursor, as text. */
static void term_text(const struct terminal *t, struct buf *b)
{
    char bytes[MB_LEN_MAX];
    buf_clear(b);
    for (size_t r = 0; r < t->row; r++) {
        for (size_t c = 0; c < CELLS && t->cells[r][c] != 0; c++)
            if (t->cells[r][c] != L'\x1')
                (void)buf_append(b, bytes, (size_t)wctomb(bytes, t->cells[r][c]));
        (void)buf_putc(b, '\n');
    }
    for (size_t r = t->row; r < t->top + t->rows; r++)
        assert_int_equal(t->cells[r][0], 0); /* nothing is left below */
}

/* -- what is drawn on it -- */

struct scene {
    struct live live;
    struct terminal *t;
    struct buf settled, lines, out, shown;
};

static void scene_init(struct scene *s, unsigned columns, unsigned rows)
{
    s->t = malloc(sizeof(*s->t));
    assert_non_null(s->t);
    term_init(s->t, columns > 0 ? columns : LIVE_COLUMNS, rows > 0 ? rows : LIVE_ROWS);
    live_init(&s->live, columns, rows);
    buf_init(&s->settled, 1 << 20);
    buf_init(&s->lines, 1 << 20);
    buf_init(&s->out, 1 << 20);
    buf_init(&s->shown, 1 << 20);
}

static void scene_done(struct scene *s)
{
    live_done(&s->live);
    buf_done(&s->settled);
    buf_done(&s->lines);
    buf_done(&s->out);
    buf_done(&s->shown);
    free(s->t);
}

/* Draws; returns how many bytes that took. */
static size_t draw(struct scene *s, const char *settled, const char *lines)
{
    buf_clear(&s->settled);
    buf_clear(&s->lines);
    (void)buf_puts(&s->settled, settled);
    (void)buf_puts(&s->lines, lines);
    live_draw(&s->live, &s->settled, &s->lines, &s->out);
    const size_t sent = s->out.len;
    term_feed(s->t, &s->out);
    return sent;
}

static void finish(struct scene *s)
{
    live_end(&s->live, &s->out);
    term_feed(s->t, &s->out);
}

static const char *shown(struct scene *s)
{
    term_text(s->t, &s->shown);
    return buf_cstr(&s->shown);
}

static void lines_are_drawn_and_settle(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 20, 10);
    (void)draw(&s, "", "one\ntwo\n");
    assert_string_equal(shown(&s), "one\ntwo\n");
    (void)draw(&s, "one\n", "two and more\nthree\n");
    assert_string_equal(shown(&s), "one\ntwo and more\nthree\n");
    (void)draw(&s, "two\n", "3\n");
    assert_string_equal(shown(&s), "one\ntwo\n3\n");
    (void)draw(&s, "", "");
    assert_string_equal(shown(&s), "one\ntwo\n");
    finish(&s);
    assert_string_equal(shown(&s), "one\ntwo\n");
    scene_done(&s);
}

static void what_is_alike_is_not_sent(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 20, 10);
    (void)draw(&s, "", "first line\nsecond line\nthird\n");
    assert_int_equal(draw(&s, "", "first line\nsecond line\nthird\n"), 0);
    assert_int_equal(draw(&s, "first line\n", "second line\nthird\n"), 0); /* settled where it stands */
    buf_clear(&s.settled);
    buf_clear(&s.lines);
    (void)buf_puts(&s.lines, "second line\nthird!\n");
    live_draw(&s.live, &s.settled, &s.lines, &s.out);
    assert_string_equal(buf_cstr(&s.out), "\x1b[?2026h\x1b[?25l\r\x1b[1Athird!\x1b[K\r\n\x1b[?25h\x1b[?2026l");
    scene_done(&s);
}

static void a_line_in_the_middle_changes(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 20, 10);
    (void)draw(&s, "", "one\ntwo\nthree\n");
    (void)draw(&s, "", "one\n2\nthree\n");
    assert_string_equal(shown(&s), "one\n2\nthree\n");
    (void)draw(&s, "", "one\nthree\n");
    assert_string_equal(shown(&s), "one\nthree\n");
    scene_done(&s);
}

static void more_than_the_screen_holds(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 20, 4);
    (void)draw(&s, "", "1\n2\n3\n4\n5\n");
    assert_string_equal(shown(&s), "3\n4\n5\n");
    (void)draw(&s, "", "1\n2\n3\n4\n5\n6\n");
    assert_string_equal(shown(&s), "4\n5\n6\n");
    (void)draw(&s, "1\n2\n", "3\n4\n5\n6\n7\n");
    assert_string_equal(shown(&s), "1\n2\n5\n6\n7\n");
    finish(&s);
    assert_string_equal(shown(&s), "1\n2\n3\n4\n5\n6\n7\n");
    finish(&s);
    assert_string_equal(shown(&s), "1\n2\n3\n4\n5\n6\n7\n");
    scene_done(&s);
}

static void a_full_row_keeps_its_last_cell(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 8, 6);
    (void)draw(&s, "", "12345678\n\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\n");
    assert_string_equal(shown(&s), "12345678\n\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\n");
    (void)draw(&s, "", "12345679\n\x1b[1mab\x1b[0m\n");
    assert_string_equal(shown(&s), "12345679\nab\n");
    scene_done(&s);
}

static void a_line_too_wide_is_reckoned_as_it_wraps(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 4, 8);
    (void)draw(&s, "", "abcdefghi\nx\n");
    assert_string_equal(shown(&s), "abcd\nefgh\ni\nx\n");
    (void)draw(&s, "", "ab\nx\n");
    assert_string_equal(shown(&s), "ab\nx\n");
    (void)draw(&s, "", "ab\xe4\xb8\xad\xe4\xb8\xad\nx\n");
    assert_string_equal(shown(&s), "ab\xe4\xb8\xad\n\xe4\xb8\xad\nx\n");
    scene_done(&s);
}

static void small_terminals(void **state)
{
    (void)state;
    static const unsigned sizes[][2] = {{1, 1}, {1, 0}, {0, 1}, {0, 0}, {1, 2}, {2, 1}, {1, 5}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct scene s;
        scene_init(&s, sizes[i][0], sizes[i][1]);
        (void)draw(&s, "", "a\nb\n");
        (void)draw(&s, "a\n", "b\n\xe4\xb8\xad\n");
        live_resize(&s.live, sizes[i][0], 0);
        live_resize(&s.live, sizes[i][0], sizes[i][1]);
        finish(&s);
        assert_memory_equal(shown(&s), "a\n", 2);
        scene_done(&s);
    }
}

/* Whatever changes, the terminal holds what settled and the last live lines, and the whole at the end. */
static void any_changes(void **state)
{
    (void)state;
    srand(7);
    for (unsigned round = 0; round < 60; round++) {
        struct scene s;
        const unsigned columns = 1 + (unsigned)rand() % 12, rows = 2 + (unsigned)rand() % 6;
        char all[2048] = "", want[4096];
        scene_init(&s, columns, rows);
        size_t settled = 0;
        for (unsigned step = 0; step < 40 && strlen(all) < 1500; step++) {
            char piece[2048], *live = all + settled;
            if (rand() % 4 == 0) /* the last line changes */
                live[strlen(live) > 3 ? strlen(live) - 2 : 0] = '\0';
            if (strlen(all) > 0 && all[strlen(all) - 1] != '\n')
                (void)strcat(all, "\n");
            for (int n = rand() % 3; n > 0; n--) {
                for (unsigned k = (unsigned)rand() % (columns + 1); k > 0; k--)
                    (void)strncat(all, &"abcdefgh"[rand() % 8], 1);
                (void)strcat(all, "\n");
            }
            const char *stop = strchr(live, '\n');
            size_t more = rand() % 2 == 0 && stop != NULL ? (size_t)(stop - live) + 1 : 0;
            (void)snprintf(piece, sizeof(piece), "%.*s", (int)more, live);
            (void)draw(&s, piece, live + more);
            settled += more;

            const char *last = all + strlen(all);
            for (unsigned n = 0; last > all + settled && n < rows - 1; n++)
                do
                    last--;
                while (last > all + settled && last[-1] != '\n');
            (void)snprintf(want, sizeof(want), "%.*s%s", (int)settled, all, last);
            assert_string_equal(shown(&s), want);
        }
        finish(&s);
        assert_string_equal(shown(&s), all);
        scene_done(&s);
    }
}

static void a_resize_draws_all_of_it(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, 20, 10);
    (void)draw(&s, "", "0123456789\nsecond\n");
    live_resize(&s.live, 20, 10);
    assert_int_equal(draw(&s, "", "0123456789\nsecond\n"), 0);
    live_resize(&s.live, 4, 10); /* what stood there takes three rows and two now */
    buf_clear(&s.settled);
    live_draw(&s.live, &s.settled, &s.lines, &s.out);
    assert_memory_equal(buf_cstr(&s.out), "\x1b[?2026h\x1b[?25l\r\x1b[5A\x1b[J0123456789\x1b[K\r\n", 36);
    live_resize(&s.live, 4, 3); /* no more of it than the screen holds */
    buf_clear(&s.out);
    live_draw(&s.live, &s.settled, &s.lines, &s.out);
    assert_non_null(strstr(buf_cstr(&s.out), "\r\x1b[2A\x1b[J"));
    scene_done(&s);
}

static void lines_over_the_bound_stay(void **state)
{
    (void)state;
    struct live l;
    struct buf none, lines, out;
    live_init(&l, 80, 24);
    buf_init(&none, 0);
    buf_init(&lines, LIVE_MAX + 2);
    buf_init(&out, LIVE_MAX);
    assert_true(buf_reserve(&lines, LIVE_MAX + 2));
    memset(lines.data, '\n', LIVE_MAX + 2);
    lines.len = LIVE_MAX;
    live_draw(&l, &none, &lines, &out);
    assert_int_equal(l.above, 23);
    lines.len = LIVE_MAX + 1;
    live_draw(&l, &none, &lines, &out);
    assert_int_equal(l.above, 0);
    live_done(&l);
    buf_done(&lines);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_drawn_and_settle),
        cmocka_unit_test(what_is_alike_is_not_sent),
        cmocka_unit_test(a_line_in_the_middle_changes),
        cmocka_unit_test(more_than_the_screen_holds),
        cmocka_unit_test(a_full_row_keeps_its_last_cell),
        cmocka_unit_test(a_line_too_wide_is_reckoned_as_it_wraps),
        cmocka_unit_test(small_terminals),
        cmocka_unit_test(any_changes),
        cmocka_unit_test(a_resize_draws_all_of_it),
        cmocka_unit_test(lines_over_the_bound_stay),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
