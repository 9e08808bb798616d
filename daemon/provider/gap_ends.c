#include "daemon/provider/gap_ends.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINES_AGAIN 3      /* of the prefix, that an answer may begin with */
#define HEAD_MAX 256       /* bytes of these */
#define WORD_MIN 3         /* bytes of a word, or of what is not blank in a line, that is taken for said again */
#define OVERLAP_WORD_MIN 4 /* likewise of the suffix, at the answer's end */
#define LEAD_MAX 64        /* blank bytes before a fence */
#define INFO_MAX 80        /* bytes behind its backquotes */
#define SUFFIX_MIN 12      /* bytes that are not blank, by which the suffix is known wherever it comes */
#define LINE_MIN 6         /* and a line of it */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Letters of other scripts too. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static size_t count_solid(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += !is_blank(s[i]);
    return n;
}

static bool has_word(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && !is_word(s[i]))
        i++;
    return i < len;
}

static char *copy(const char *s, size_t len)
{
    char *c = xmalloc(len + 1); /* a bound of ours */
    memcpy(c, s, len);
    c[len] = 0;
    return c;
}

/* -- its beginning -- */

static void add_head(struct gap_head *h, const char *from, const char *end)
{
    size_t len = (size_t)(end - from);
    if (len > 0 && len <= HEAD_MAX && h->n < GAP_HEADS_MAX)
        h->again[h->n++] = (struct gap_head_again){copy(from, len), len};
}

static const char *line_start(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    return at;
}

static const char *skip_blanks(const char *from, const char *end)
{
    while (from < end && is_blank(*from))
        from++;
    return from;
}

/* The last lines up to the cursor, each with its indentation and without. */
static void add_lines(struct gap_head *h, const char *text, const char *end)
{
    const char *from = end;
    for (int i = 0; i < LINES_AGAIN; i++) {
        from = line_start(text, from);
        const char *solid = skip_blanks(from, end);
        if (count_solid(solid, (size_t)(end - solid)) >= WORD_MIN) {
            add_head(h, from, end);
            if (solid > from)
                add_head(h, solid, end);
        } else if (i == 0 && solid == end) {
            add_head(h, from, end);
        }
        if (from == text)
            break;
        from--;
    }
}

/* The word that the cursor stands in, or the blanks that it stands behind. */
static void add_word(struct gap_head *h, const char *text, const char *end)
{
    const char *word = end, *blank = end;
    while (word > text && is_word(word[-1]))
        word--;
    if (end - word >= WORD_MIN)
        add_head(h, word, end);
    while (blank > text && (blank[-1] == ' ' || blank[-1] == '\t'))
        blank--;
    add_head(h, blank, end);
}

static bool is_markdown(const char *name, size_t len)
{
    static const char *const names[] = {"markdown", "md", "mdx", "rmd", "quarto", "pandoc", "vimwiki"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (len == strlen(names[i]) && strncasecmp(name, names[i], len) == 0)
            return true;
    return false;
}

void gap_head_init(struct gap_head *h, const struct chat_gap *g)
{
    const char *end = g->prefix + g->prefix_len;
    *h = (struct gap_head){.markdown = g->language && is_markdown(g->language, strlen(g->language))};
    add_lines(h, g->prefix, end);
    add_word(h, g->prefix, end);
}

void gap_head_done(struct gap_head *h)
{
    for (size_t i = 0; i < h->n; i++)
        free(h->again[i].text);
    h->n = 0;
}

enum fence { FENCE_NONE, FENCE_UNKNOWN, FENCE_WHOLE };

/* Its line; *n is where the text behind it begins. */
static enum fence look_for_fence(const struct gap_head *h, const char *text, size_t len, struct gap_head_found *ret)
{
    size_t from = 0, ticks = 0, info;
    while (from < len && is_blank(text[from]))
        from++;
    if (from > LEAD_MAX)
        return FENCE_NONE;
    while (from + ticks < len && text[from + ticks] == '`')
        ticks++;
    info = from + ticks;
    if (info == len)
        return ticks <= GAP_FENCE_MAX ? FENCE_UNKNOWN : FENCE_NONE;
    if (ticks < 3 || ticks > GAP_FENCE_MAX)
        return FENCE_NONE;
    const char *end = memchr(text + info, '\n', len - info);
    size_t n = end ? (size_t)(end - text) - info : len - info;
    if (n > INFO_MAX || memchr(text + info, '`', n))
        return FENCE_NONE;
    if (!end)
        return FENCE_UNKNOWN;
    while (n > 0 && is_blank(text[info + n - 1]))
        n--;
    if (h->markdown && !is_markdown(text + info, n))
        return FENCE_NONE;
    ret->fence[0] = '\n';
    memset(ret->fence + 1, '`', ticks);
    ret->n = (size_t)(end + 1 - text);
    return FENCE_WHOLE;
}

/* The longest of what may be said again that is. False: more has to come. */
static bool look_for_again(const struct gap_head *h, const char *text, size_t len, bool last, size_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct gap_head_again *a = &h->again[i];
        bool same = memcmp(text, a->text, len < a->len ? len : a->len) == 0;
        if (same && len < a->len && !last)
            return false;
        if (same && len >= a->len && a->len > *ret)
            *ret = a->len;
    }
    return true;
}

bool gap_head_look(const struct gap_head *h, const char *text, size_t len, bool last, struct gap_head_found *ret)
{
    size_t again;
    *ret = (struct gap_head_found){.n = 0};
    enum fence fence = look_for_fence(h, text, len, ret);
    if (fence == FENCE_UNKNOWN && !last)
        return false;
    if (fence == FENCE_WHOLE) {
        const char *mark = ret->fence + 1;
        size_t left = len - ret->n, need = strlen(mark);
        if (left < need && !last && memcmp(text + ret->n, mark, left) == 0)
            return false;
        ret->empty = left >= need && memcmp(text + ret->n, mark, need) == 0;
    }
    if (!look_for_again(h, text + ret->n, len - ret->n, last, &again))
        return false;
    ret->n += again;
    return true;
}

/* -- its end -- */

static const char openers[] = "([{", closers[] = ")]}", quotes[] = "\"'`";

static int kind_of(const char *kinds, char c)
{
    const char *at = c ? strchr(kinds, c) : NULL;
    return at ? (int)(at - kinds) : -1;
}

void gap_tail_init(struct gap_tail *t, const struct chat_gap *g, size_t max)
{
    size_t len = g->suffix_len < max ? g->suffix_len : utf8_whole(g->suffix, max);
    *t = (struct gap_tail){.suffix = copy(g->suffix, len), .len = len};
}

void gap_tail_done(struct gap_tail *t)
{
    free(t->suffix);
}

void gap_tail_pass(struct gap_tail *t, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int open = kind_of(openers, text[i]), close = kind_of(closers, text[i]), quote = kind_of(quotes, text[i]);
        if (open >= 0)
            t->open[open]++;
        if (close >= 0 && t->open[close] > 0)
            t->open[close]--;
        if (quote >= 0)
            t->quotes[quote]++;
        t->before = text[i];
    }
}

static bool overlaps(const struct gap_tail *t, const char *text, size_t len, size_t n)
{
    return text[len - n] == t->suffix[0] && memcmp(text + len - n, t->suffix, n) == 0;
}

size_t gap_tail_overlap(const struct gap_tail *t, const char *text, size_t len)
{
    size_t n = len < t->len ? len : t->len;
    while (n > 0 && !overlaps(t, text, len, n))
        n--;
    return n;
}

/* What stands there closes what the answer itself has opened. */
static bool closes(const struct gap_tail *t, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int close = kind_of(closers, s[i]), quote = kind_of(quotes, s[i]);
        if ((close >= 0 && t->open[close] > 0) || (quote >= 0 && t->quotes[quote] % 2 == 1))
            return true;
    }
    return false;
}

/* What passed, and then that much of the text, is the gap: does the rest only say the suffix's beginning again? */
static bool is_again(const struct gap_tail *t, const char *text, size_t own, size_t len)
{
    struct gap_tail passed = *t;
    const char *s = text + own;
    gap_tail_pass(&passed, text, own);
    if (closes(&passed, s, len))
        return false;
    if (!has_word(s, len))
        return true;
    bool amid_word = is_word(s[0]) && is_word(passed.before);
    return count_solid(s, len) >= OVERLAP_WORD_MIN && !amid_word;
}

size_t gap_tail_own(const struct gap_tail *t, const char *text, size_t len)
{
    for (size_t n = len < t->len ? len : t->len; n > 0; n--)
        if (overlaps(t, text, len, n) && is_again(t, text, len - n, n))
            return len - n;
    return len;
}

/* -- what ends it wherever it comes -- */

struct gap_text gap_ends_suffix(const struct chat_gap *g, size_t max)
{
    size_t len = g->suffix_len < max ? g->suffix_len : utf8_whole(g->suffix, max);
    return (struct gap_text){g->suffix, count_solid(g->suffix, len) >= SUFFIX_MIN ? len : 0};
}

struct gap_text gap_ends_line(const struct chat_gap *g, size_t max, bool *first)
{
    bool at_line = g->prefix_len == 0 || g->prefix[g->prefix_len - 1] == '\n';
    const char *from = g->suffix, *end = g->suffix + g->suffix_len, *line_end;
    if (!at_line) {
        line_end = memchr(from, '\n', (size_t)(end - from));
        from = line_end ? line_end + 1 : end;
    }
    const char *solid = skip_blanks(from, end);
    from = line_start(from, solid);
    line_end = memchr(from, '\n', (size_t)(end - from));
    size_t len = (size_t)((line_end ? line_end : end) - from);
    *first = at_line && from == g->suffix;
    return (struct gap_text){from, len <= max && count_solid(from, len) >= LINE_MIN ? len : 0};
}
