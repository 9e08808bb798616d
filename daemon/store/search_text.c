#include "daemon/store/search_text.h"
#include "lib/base/utf8.h"
#include <stdint.h>
#include <string.h>

/* No lead byte below this one begins a character of a range below. */
#define FIRST_LEAD 0xe1

/* In order. Punctuation among them (U+3000 to U+3004, U+30FB) is left out: it ends a run. */
static const struct {
    uint32_t first, last;
} cjk[] = {
    {0x1100, 0x11ff},   /* Hangul Jamo */
    {0x2e80, 0x2fdf},   /* radicals */
    {0x3005, 0x3007},   /* iteration mark, closing mark, zero */
    {0x3021, 0x3029},   /* Hangzhou numerals */
    {0x3031, 0x3035},   /* Kana repeat marks */
    {0x3038, 0x303c},   /* more numerals and marks */
    {0x3041, 0x309f},   /* Hiragana, with its combining marks */
    {0x30a1, 0x30fa},   /* Katakana */
    {0x30fc, 0x318f},   /* its length and repeat marks, Bopomofo, compatible Jamo */
    {0x31a0, 0x31bf},   /* Bopomofo */
    {0x31f0, 0x31ff},   /* Katakana */
    {0x3400, 0x4dbf},   /* Han A */
    {0x4e00, 0x9fff},   /* Han */
    {0xa960, 0xa97f},   /* Jamo A */
    {0xac00, 0xd7ff},   /* Hangul, Jamo B */
    {0xf900, 0xfaff},   /* compatible Han */
    {0xff66, 0xff9f},   /* Katakana of half width */
    {0xffa0, 0xffdc},   /* Hangul of half width */
    {0x1aff0, 0x1b16f}, /* Kana */
    {0x20000, 0x3fffd}, /* Han B and on */
};

static uint32_t code_point(const char *s, size_t n)
{
    static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t cp = (uint8_t)s[0] & lead_bits[n];

    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | ((uint8_t)s[i] & 0x3f);
    return cp;
}

static bool is_cjk(uint32_t cp)
{
    for (size_t i = 0; i < sizeof(cjk) / sizeof(cjk[0]) && cp >= cjk[i].first; i++)
        if (cp <= cjk[i].last)
            return true;
    return false;
}

static bool is_wide(uint32_t cp)
{
    return (cp >= 0xff10 && cp <= 0xff19) || (cp >= 0xff21 && cp <= 0xff3a) || (cp >= 0xff41 && cp <= 0xff5a);
}

char search_narrow(const char *wide)
{
    return (char)(code_point(wide, SEARCH_WIDE_BYTES) - 0xff00 + ' ');
}

/* What the text is at its front, and for how many bytes at least. */
static enum search_script script_of(const char *text, size_t len, size_t *n)
{
    *n = 1;
    if ((uint8_t)text[0] < FIRST_LEAD)
        return SEARCH_WORDS;
    size_t valid = utf8_char(text, len);
    if (valid == 0)
        return SEARCH_WORDS;
    *n = valid;
    uint32_t cp = code_point(text, valid);
    return is_wide(cp) ? SEARCH_WIDE : is_cjk(cp) ? SEARCH_CJK : SEARCH_WORDS;
}

bool search_piece_next(const char *text, size_t len, size_t *pos, struct search_piece *ret)
{
    size_t n;

    if (*pos >= len)
        return false;
    *ret = (struct search_piece){.script = script_of(text + *pos, len - *pos, &n), .at = *pos};
    do
        *pos += n;
    while (*pos < len && script_of(text + *pos, len - *pos, &n) == ret->script);
    ret->len = *pos - ret->at;
    return true;
}

struct emitter {
    bool (*each)(void *data, const struct search_token *token);
    void *data;
};

static bool emit(const struct emitter *e, size_t at, size_t end, bool same_place)
{
    return e->each(e->data, &(struct search_token){at, end - at, same_place});
}

bool search_cjk_tokens(const char *text, const struct search_piece *run, bool query,
                       bool (*each)(void *data, const struct search_token *token), void *data)
{
    const struct emitter e = {each, data};
    size_t end = run->at + run->len, a = run->at, b = a + utf8_char(text + a, end - a);

    if (b >= end)
        return emit(&e, a, end, false);
    while (b < end) {
        size_t c = b + utf8_char(text + b, end - b);
        bool twice = c - b == b - a && memcmp(text + a, text + b, b - a) == 0;
        if (!emit(&e, a, c, false) || (!query && !emit(&e, a, b, true)) ||
            (!query && c >= end && !twice && !emit(&e, b, c, true)))
            return false;
        a = b;
        b = c;
    }
    return true;
}
