#include "daemon/catalog/tokens_scan.h"
#include "lib/base/utf8.h"
#include <endian.h>
#include <stdbool.h>
#include <string.h>

/* What a byte begins. Small and large letters and those with accents make words. */
enum byte_class {
    CLASS_STRAY,
    CLASS_SMALL,
    CLASS_LARGE,
    CLASS_ACCENT, /* a Latin letter that is not ASCII; Vietnamese has some of three bytes */
    CLASS_INNER,  /* the second and later bytes of a character */
    CLASS_DIGIT,
    CLASS_BLANK,
    CLASS_TAB,
    CLASS_LINE,
    CLASS_MARK,
    CLASS_GREEK,
    CLASS_CYRILLIC,
    CLASS_HEBREW,
    CLASS_ARABIC,
    CLASS_INDIC_THAI,
    CLASS_SYMBOL,
    CLASS_KANA_HAN,
    CLASS_HAN,
    CLASS_HANGUL,
    CLASS_WIDE,
    CLASS_EMOJI,
};

static const uint8_t classes[256] = {
    ['\t'] = CLASS_TAB,
    ['\n'] = CLASS_LINE,
    ['\r'] = CLASS_LINE,
    [' '] = CLASS_BLANK,
    ['!' ... '/'] = CLASS_MARK,
    ['0' ... '9'] = CLASS_DIGIT,
    [':' ... '@'] = CLASS_MARK,
    ['A' ... 'Z'] = CLASS_LARGE,
    ['[' ... '`'] = CLASS_MARK,
    ['a' ... 'z'] = CLASS_SMALL,
    ['{' ... '~'] = CLASS_MARK,
    [0x80 ... 0xbf] = CLASS_INNER,
    [0xc2] = CLASS_SYMBOL,
    [0xc3 ... 0xcc] = CLASS_ACCENT,
    [0xcd ... 0xcf] = CLASS_GREEK,
    [0xd0 ... 0xd4] = CLASS_CYRILLIC,
    [0xd5 ... 0xd7] = CLASS_HEBREW,
    [0xd8 ... 0xdf] = CLASS_ARABIC,
    [0xe0] = CLASS_INDIC_THAI,
    [0xe1] = CLASS_ACCENT,
    [0xe2] = CLASS_SYMBOL,
    [0xe3] = CLASS_KANA_HAN,
    [0xe4 ... 0xe9] = CLASS_HAN,
    [0xea ... 0xed] = CLASS_HANGUL,
    [0xee ... 0xef] = CLASS_WIDE,
    [0xf0 ... 0xf4] = CLASS_EMOJI,
};

/* What a character of each class counts as; of two classes the second byte tells (script_of). */
static const uint8_t script_features[] = {
    [CLASS_STRAY] = FEATURE_STRAY,   [CLASS_INNER] = FEATURE_STRAY,       [CLASS_GREEK] = FEATURE_GREEK,
    [CLASS_HEBREW] = FEATURE_HEBREW, [CLASS_CYRILLIC] = FEATURE_CYRILLIC, [CLASS_ARABIC] = FEATURE_ARABIC,
    [CLASS_SYMBOL] = FEATURE_SYMBOL, [CLASS_HAN] = FEATURE_HAN,           [CLASS_HANGUL] = FEATURE_HANGUL,
    [CLASS_WIDE] = FEATURE_WIDE,     [CLASS_EMOJI] = FEATURE_EMOJI,
};

#define WORD_LENGTHS 15

#define WORD_FEATURES (FEATURE_WORD14 - FEATURE_WORD4 + 1)

/* The feature of a word by its length, counted from the first of its row. */
static const uint8_t word_lengths[WORD_LENGTHS] = {0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5};

struct scan {
    const uint8_t *p, *end;
    int64_t *n;
    int64_t english;        /* words "the" and "and" */
    enum byte_class before; /* of what was read last */
};

static enum byte_class class_at(const uint8_t *p, const uint8_t *end)
{
    return p < end ? classes[*p] : CLASS_LINE;
}

/* The end of the run of one class that begins at p. */
static const uint8_t *run_end(const uint8_t *p, const uint8_t *end, enum byte_class class)
{
    while (p < end && classes[*p] == class)
        p++;
    return p;
}

#define EACH_BYTE(b) ((uint64_t)(b)*0x0101010101010101u)

/* The end of the run of small letters that begins at p. Eight bytes at once: in `other` the high bit of each byte that
 * is none is set. This is where most of the time goes, and how long a word is no processor foresees. */
static const uint8_t *small_end(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t x, low, other;
        memcpy(&x, p, sizeof x);
        x = le64toh(x);
        low = x & EACH_BYTE(0x7f);
        other = (x | ~(low + EACH_BYTE(0x80 - 'a')) | (low + EACH_BYTE(0x7f - 'z'))) & EACH_BYTE(0x80);
        if (other != 0)
            return p + __builtin_ctzll(other) / 8;
    }
    return run_end(p, end, CLASS_SMALL);
}

static void read_digits(struct scan *s)
{
    const uint8_t *end = run_end(s->p, s->end, CLASS_DIGIT);
    int64_t len = end - s->p;

    s->n[FEATURE_DIGIT] += len;
    s->n[FEATURE_THREE] += (len + 2) / 3;
    s->p = end;
    s->before = CLASS_DIGIT;
}

/* Letters behind the first that belong to the same word: small ones, and any with accents. */
static const uint8_t *word_end(struct scan *s, const uint8_t *p)
{
    for (;;) {
        p = small_end(p, s->end);
        if (class_at(p, s->end) != CLASS_ACCENT)
            return p;
        s->n[FEATURE_LATIN]++;
        p = run_end(p + 1, s->end, CLASS_INNER);
    }
}

/* Capitals in a row are a word of their own, but for the last if small letters follow it: "HTTPServer" is two. */
static bool read_capitals(struct scan *s)
{
    const uint8_t *end = run_end(s->p, s->end, CLASS_LARGE);

    if (class_at(end, s->end) == CLASS_SMALL)
        end--;
    if (end - s->p < 2)
        return false;
    s->n[FEATURE_CAPS]++;
    s->n[FEATURE_CAPITAL] += end - s->p;
    s->p = end;
    return true;
}

static bool is_letter(enum byte_class class)
{
    return class == CLASS_SMALL || class == CLASS_LARGE || class == CLASS_ACCENT;
}

static void count_word(struct scan *s, const uint8_t *end)
{
    int row = s->before == CLASS_BLANK || s->before == CLASS_LINE ? FEATURE_WORD4 : FEATURE_JOINED4;
    size_t len = (size_t)(end - s->p);

    if (len == 3 && (memcmp(s->p, "the", 3) == 0 || memcmp(s->p, "and", 3) == 0))
        s->english++;
    if (len >= WORD_LENGTHS) {
        s->n[FEATURE_LONG] += (int64_t)(len - WORD_LENGTHS + 1);
        len = WORD_LENGTHS - 1;
    }
    s->n[row + word_lengths[len]]++;
}

/* A word, and those that follow it behind one blank each: most do. */
static void read_words(struct scan *s)
{
    for (;;) {
        bool large = classes[*s->p] == CLASS_LARGE;
        if (!large || !read_capitals(s)) {
            const uint8_t *end = word_end(s, s->p + large);
            count_word(s, end);
            s->p = end;
        }
        s->before = CLASS_SMALL;
        if (s->end - s->p < 2 || *s->p != ' ' || !is_letter(classes[s->p[1]]))
            return;
        s->before = CLASS_BLANK;
        s->p++;
    }
}

static void count_one_mark(struct scan *s, enum byte_class behind)
{
    /* by a blank before it, a letter behind it */
    static const uint8_t features[2][2] = {{FEATURE_MARK, FEATURE_MARK_WORD},
                                           {FEATURE_BLANK_MARK, FEATURE_BLANK_MARK_WORD}};

    s->n[features[s->before == CLASS_BLANK][is_letter(behind)]]++;
}

static void read_marks(struct scan *s)
{
    const uint8_t *end = s->p + 1, *same;

    while (end < s->end && *end == *s->p)
        end++;
    same = end;
    end = run_end(end, s->end, CLASS_MARK);
    int64_t len = end - s->p;
    if (len == 1) {
        count_one_mark(s, class_at(end, s->end));
    } else if (len == 2) {
        s->n[FEATURE_PAIR]++;
    } else if (same == end) {
        s->n[FEATURE_RULE]++;
        s->n[FEATURE_RULE_MORE] += len / 8;
    } else {
        s->n[FEATURE_MARKS]++;
        s->n[FEATURE_MARKS_MORE] += len - 3;
    }
    s->p = end;
    s->before = CLASS_MARK;
}

static void read_lines(struct scan *s)
{
    /* by a mark before them, and whether it is more than one */
    static const uint8_t features[2][2] = {{FEATURE_LINE, FEATURE_LINES}, {FEATURE_MARK_LINE, FEATURE_MARK_LINES}};
    const uint8_t *end = run_end(s->p, s->end, CLASS_LINE);

    s->n[features[s->before == CLASS_MARK][end - s->p > 1]]++;
    s->p = end;
    s->before = CLASS_LINE;
}

/* A blank goes with the word or the mark behind it, and so does the last of several. */
static void read_blanks(struct scan *s)
{
    const uint8_t *start = s->p, *end = run_end(s->p, s->end, CLASS_BLANK);
    enum byte_class behind = class_at(end, s->end);

    s->p = end;
    s->before = CLASS_BLANK;
    if (behind == CLASS_DIGIT)
        s->n[FEATURE_BLANK_DIGIT]++;
    if (end - start > 1) {
        s->n[FEATURE_BLANKS]++;
        s->n[FEATURE_BLANKS_MORE] += (end - start) / 16;
    } else if (behind == CLASS_LINE) {
        s->n[FEATURE_BLANK_END]++;
    }
}

static void read_tabs(struct scan *s)
{
    s->n[FEATURE_TABS]++;
    s->p = run_end(s->p, s->end, CLASS_TAB);
    s->before = CLASS_TAB;
}

/* Of a whole character. */
static int script_of(const uint8_t *p)
{
    switch (classes[*p]) {
    case CLASS_INDIC_THAI: return p[1] < 0xb8 ? FEATURE_INDIC : FEATURE_THAI;
    case CLASS_KANA_HAN: return p[1] == 0x80 ? FEATURE_WIDE_MARK : p[1] < 0x84 ? FEATURE_KANA : FEATURE_HAN;
    default: return script_features[classes[*p]];
    }
}

static bool is_spelled(int feature)
{
    return feature >= FEATURE_GREEK && feature <= FEATURE_HANGUL;
}

/* Characters of one script: of those that spell words the run counts too, its feature stands before theirs. */
static void read_script(struct scan *s)
{
    int run = -1;

    while (s->p < s->end && (*s->p >= 0x80 || classes[*s->p] == CLASS_STRAY)) {
        enum byte_class class = classes[*s->p];
        if (class == CLASS_ACCENT)
            break;
        size_t len = utf8_char(s->p, (size_t)(s->end - s->p));
        int feature = len == 0 ? FEATURE_STRAY : script_of(s->p);
        s->n[feature]++;
        if (feature != run && is_spelled(feature))
            s->n[feature - 1]++;
        run = feature;
        s->p += len == 0 ? 1 : len;
    }
    s->before = CLASS_STRAY;
}

/* Vocabularies have the long words of English whole, those of other languages in pieces. In English prose one word in
 * twelve is "the" or "and"; a text too short to tell is taken for English. */
static void part_english(struct scan *s)
{
    int64_t words = 0;

    for (int i = 0; i < WORD_FEATURES; i++)
        words += s->n[FEATURE_WORD4 + i];
    if ((s->english + 1) * 30 < words)
        return;
    for (int i = 0; i < WORD_FEATURES; i++) {
        s->n[FEATURE_ENGLISH4 + i] = s->n[FEATURE_WORD4 + i];
        s->n[FEATURE_WORD4 + i] = 0;
    }
}

void tokens_scan(struct token_counts *c, const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;
    struct token_counts here = {.n = {0}};
    struct scan s = {.p = bytes, .end = bytes + len, .n = here.n, .before = CLASS_LINE};

    while (s.p < s.end) {
        switch (classes[*s.p]) {
        case CLASS_SMALL:
        case CLASS_LARGE:
        case CLASS_ACCENT: read_words(&s); break;
        case CLASS_DIGIT: read_digits(&s); break;
        case CLASS_BLANK: read_blanks(&s); break;
        case CLASS_TAB: read_tabs(&s); break;
        case CLASS_LINE: read_lines(&s); break;
        case CLASS_MARK: read_marks(&s); break;
        default: read_script(&s); break;
        }
    }
    part_english(&s);
    for (int i = 0; i < FEATURE_COUNT; i++)
        c->n[i] += here.n[i];
}
