#include "client/tty/wrap.h"
#include "client/tty/cell.h"
#include <string.h>

enum {
    LINE_BYTES_MAX = 16 << 20, /* marks over letters take no cells, and escapes neither */
    JOINER = 0x200d,
    EMOJI_STYLE = 0xfe0f,
    SKIN_FIRST = 0x1f3fb,
    SKIN_LAST = 0x1f3ff,
    FLAG_FIRST = 0x1f1e6,
    FLAG_LAST = 0x1f1ff,
    WIDE_FIRST = 0x1100 /* none is before it */
};

struct wrap {
    const struct runs *r;
    struct wrap_style style;
    size_t width;
    wrap_line *emit;
    void *data;
    struct buf line;
    size_t cells; /* in line */
    size_t run;   /* that of the next byte */
    style_set styles;
    uint32_t link;        /* what the line has open */
    size_t word, word_to; /* bytes that wait for their place */
    size_t word_cells;
    bool space;   /* one before the word */
    bool soft;    /* it is the end of a line of the source */
    wchar_t last; /* the character before; 0 at a beginning */
    size_t widest;
};

/* -- what is one character to a reader -- */

struct unit {
    size_t len;
    unsigned cells;
    wchar_t first, last;
};

static bool is_flag(wchar_t c)
{
    return c >= FLAG_FIRST && c <= FLAG_LAST;
}

/* Does a character of that width go on with the unit? */
static bool joins(const struct unit *u, wchar_t c, int width, bool pair)
{
    return width == 0 || u->last == JOINER || (c >= SKIN_FIRST && c <= SKIN_LAST && u->cells >= 2) ||
           (pair && is_flag(c));
}

/* The unit at the front of s. What takes no cell alone belongs to what is before it; a terminal may draw the whole in
 * fewer cells than its parts, but in no more. One wider than a line is broken all the same. */
static struct unit next_unit(const char *s, size_t len, size_t width)
{
    wchar_t c;
    int cells;
    if (s[0] > ' ' && s[0] < 0x7f && (len == 1 || (s[1] & 0x80) == 0))
        return (struct unit){1, 1, s[0], s[0]};
    struct unit u = {.len = cell_next(s, len, &c, &cells)};
    u.first = u.last = c;
    u.cells = cells > 0 ? (unsigned)cells : 0;
    bool pair = is_flag(c);
    while (u.len < len && (unsigned char)s[u.len] >= 0x80) {
        size_t n = cell_next(s + u.len, len - u.len, &c, &cells);
        if (n == 0 || !joins(&u, c, cells, pair) || u.cells + (cells > 0 ? (unsigned)cells : 0) > width)
            break;
        pair = false;
        if (cells > 0)
            u.cells += (unsigned)cells;
        else if (c == EMOJI_STYLE && u.cells == 1 && width > 1)
            u.cells = 2;
        u.len += n;
        u.last = c;
    }
    return u;
}

/* -- a line -- */

static void open_link(struct wrap *w, uint32_t link)
{
    if (!w->style.links || w->link == link)
        return;
    (void)buf_puts(&w->line, "\x1b]8;;");
    (void)buf_puts(&w->line, runs_link_of(w->r, link));
    (void)buf_puts(&w->line, "\x1b\\");
    w->link = link;
}

static void open_styles(struct wrap *w, style_set styles)
{
    if (!w->style.colour)
        return;
    style_move(&w->line, w->styles, styles);
    w->styles = styles;
}

static void end_line(struct wrap *w)
{
    open_link(w, 0);
    open_styles(w, 0);
    w->emit(w->data, (const char *)w->line.data, w->line.len, w->cells);
    if (w->cells > w->widest)
        w->widest = w->cells;
    buf_clear(&w->line);
    w->cells = 0;
    w->space = false;
}

/* The run that holds byte `at`, which never goes back. */
static const struct run *run_at(struct wrap *w, size_t at)
{
    while (w->run + 1 < runs_count(w->r) && runs_at(w->r, w->run + 1)->at <= at)
        w->run++;
    return runs_at(w->r, w->run);
}

static void put_bytes(struct wrap *w, size_t from, size_t to)
{
    while (from < to) {
        const struct run *run = run_at(w, from);
        const size_t next = w->run + 1 < runs_count(w->r) ? runs_at(w->r, w->run + 1)->at : to;
        const size_t end = next < to ? next : to;
        open_link(w, run->link);
        open_styles(w, run->styles);
        (void)buf_append(&w->line, w->r->text.data + from, end - from);
        from = end;
    }
}

/* A space is as what stands on both sides of it, else plain. */
static void put_space(struct wrap *w)
{
    const struct run *run = run_at(w, w->word);
    if (w->link != run->link)
        open_link(w, 0);
    if (w->styles != run->styles)
        open_styles(w, 0);
    (void)buf_putc(&w->line, ' ');
    w->cells++;
}

/* Puts the word that waits, on the next line where this one has no room. */
static void put_word(struct wrap *w)
{
    if (w->word_to == w->word)
        return;
    const bool space = w->space && w->cells > 0;
    if (w->cells > 0 && w->cells + space + w->word_cells > w->width)
        end_line(w);
    else if (space)
        put_space(w);
    put_bytes(w, w->word, w->word_to);
    w->cells += w->word_cells;
    w->word = w->word_to;
    w->word_cells = 0;
    w->space = false;
}

/* -- where it may break -- */

static bool is_wide(wchar_t c)
{
    return c >= WIDE_FIRST && wcwidth(c) == 2;
}

/* Between two characters without a space; a line begins with no closing mark, and ends with no opening one. */
static bool may_break(wchar_t left, wchar_t right)
{
    static const wchar_t closing[] = L",.;:!?)]}%"
                                     "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff09\u300d\u300f\u300b\u3009"
                                     "\u3011\u3015\u201d\u2019\u2026\u30fc\u3063\u3083\u3085\u3087\uff05\uff3d\uff5d";
    static const wchar_t opening[] = L"([{\uff08\u300c\u300e\u300a\u3008\u3010\u3014\u201c\u2018\uff3b\uff5b";
    if (left == 0 || (!is_wide(left) && !is_wide(right)))
        return false;
    return wcschr(closing, right) == NULL && wcschr(opening, left) == NULL;
}

/* Lines of a Chinese source are joined without a space. */
static void take_soft(struct wrap *w, const struct unit *u)
{
    if (w->soft && is_wide(w->last) && is_wide(u->first))
        w->space = false;
    w->soft = false;
}

static void take_unit(struct wrap *w, size_t at, const struct unit *u)
{
    take_soft(w, u);
    if (w->word_cells > 0 && (may_break(w->last, u->first) || w->word_cells + u->cells > w->width))
        put_word(w);
    if (w->word_to == w->word)
        w->word = at;
    w->word_to = at + u->len;
    w->word_cells += u->cells;
    w->last = u->first;
}

/* Letters of ASCII, most of all text, that go on with the word, where nothing else may be between or after them. */
static size_t take_plain(struct wrap *w, const char *text, size_t at, size_t to)
{
    const size_t room = w->width - w->word_cells;
    size_t n = 0;
    if (w->last >= WIDE_FIRST)
        return 0;
    while (n < room && at + n < to && text[at + n] > ' ' && text[at + n] < 0x7f)
        n++;
    if (n > 0 && at + n < to && (text[at + n] & 0x80) != 0) /* an accent over the last, maybe */
        n--;
    if (n == 0)
        return 0;
    if (w->word_to == w->word)
        w->word = at;
    w->word_to = at + n;
    w->word_cells += n;
    w->last = text[at + n - 1];
    w->soft = false;
    return n;
}

static void walk(struct wrap *w, size_t from, size_t to)
{
    const char *text = (const char *)w->r->text.data;
    w->word = w->word_to = from;
    for (size_t at = from; at < to;) {
        switch (text[at]) {
        case ' ':
        case RUNS_JOIN:
            put_word(w);
            w->soft = text[at] == RUNS_JOIN && !w->space;
            w->space = true;
            at++;
            break;
        case RUNS_BREAK:
            put_word(w);
            end_line(w);
            w->last = 0;
            at++;
            break;
        default: {
            const size_t plain = take_plain(w, text, at, to);
            at += plain;
            if (plain > 0)
                break;
            const struct unit u = next_unit(text + at, to - at, w->width);
            take_unit(w, at, &u);
            at += u.len > 0 ? u.len : 1;
        }
        }
    }
    put_word(w);
    if (w->cells > 0)
        end_line(w);
}

/* The last run that begins at `at` or before. */
static size_t find_run(const struct runs *r, size_t at)
{
    size_t low = 0, high = runs_count(r);
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (runs_at(r, middle)->at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void begin(struct wrap *w, const struct runs *r, size_t from, size_t width, const struct wrap_style *style,
                  wrap_line *emit, void *data)
{
    *w = (struct wrap){.r = r, .style = *style, .width = width, .emit = emit, .data = data, .run = find_run(r, from)};
    buf_init(&w->line, LINE_BYTES_MAX);
}

void wrap_runs(const struct runs *r, size_t from, size_t to, size_t width, const struct wrap_style *style,
               wrap_line *emit, void *data)
{
    struct wrap w;
    begin(&w, r, from, width, style, emit, data);
    walk(&w, from, to);
    buf_done(&w.line);
}

static void forget_line(void *data, const char *line, size_t len, size_t cells)
{
    (void)data;
    (void)line;
    (void)len;
    (void)cells;
}

size_t wrap_width(const struct runs *r, size_t from, size_t to)
{
    static const struct wrap_style plain = {.colour = false};
    struct wrap w;
    begin(&w, r, from, SIZE_MAX, &plain, forget_line, NULL);
    walk(&w, from, to);
    buf_done(&w.line);
    return w.widest;
}

void wrap_code(const struct runs *r, size_t width, const struct wrap_style *style, wrap_line *emit, void *data)
{
    const char *text = (const char *)r->text.data;
    struct wrap w;
    begin(&w, r, 0, width, style, emit, data);
    size_t from = 0;
    for (size_t at = 0; at < r->text.len;) {
        const struct unit u = next_unit(text + at, r->text.len - at, width);
        if (w.cells > 0 && w.cells + u.cells > width) {
            put_bytes(&w, from, at);
            end_line(&w);
            from = at;
        }
        w.cells += u.cells;
        at += u.len > 0 ? u.len : 1;
    }
    put_bytes(&w, from, r->text.len);
    if (w.cells > 0 || r->text.len == 0)
        end_line(&w);
    buf_done(&w.line);
}
