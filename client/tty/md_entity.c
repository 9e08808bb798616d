#include "client/tty/md_entity.h"
#include <stdlib.h>
#include <string.h>

/* What models write; CommonMark's list has two thousand. */
static const struct {
    const char *name, *text;
} entities[] = {
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},   {"nbsp", "\u00a0"},
    {"copy", "©"},   {"reg", "®"},    {"trade", "™"},  {"hellip", "…"}, {"mdash", "—"},  {"ndash", "–"},
    {"lsquo", "‘"},  {"rsquo", "’"},  {"ldquo", "“"},  {"rdquo", "”"},  {"laquo", "«"},  {"raquo", "»"},
    {"bull", "•"},   {"middot", "·"}, {"deg", "°"},    {"plusmn", "±"}, {"times", "×"},  {"divide", "÷"},
    {"frac12", "½"}, {"frac14", "¼"}, {"sup2", "²"},   {"sup3", "³"},   {"micro", "µ"},  {"para", "¶"},
    {"sect", "§"},   {"euro", "€"},   {"pound", "£"},  {"yen", "¥"},    {"cent", "¢"},   {"larr", "←"},
    {"uarr", "↑"},   {"rarr", "→"},   {"darr", "↓"},   {"harr", "↔"},   {"rArr", "⇒"},   {"hArr", "⇔"},
    {"le", "≤"},     {"ge", "≥"},     {"ne", "≠"},     {"asymp", "≈"},  {"equiv", "≡"},  {"infin", "∞"},
    {"sum", "∑"},    {"radic", "√"},  {"pi", "π"},     {"alpha", "α"},  {"beta", "β"},   {"gamma", "γ"},
    {"delta", "δ"},  {"lambda", "λ"}, {"mu", "μ"},     {"sigma", "σ"},  {"omega", "ω"},  {"auml", "ä"},
    {"ouml", "ö"},   {"uuml", "ü"},   {"Auml", "Ä"},   {"Ouml", "Ö"},   {"Uuml", "Ü"},   {"szlig", "ß"},
    {"eacute", "é"}, {"egrave", "è"}, {"agrave", "à"}, {"ccedil", "ç"}, {"ntilde", "ñ"}, {"check", "✓"},
    {"lbrace", "{"}, {"rbrace", "}"}, {"lbrack", "["}, {"rbrack", "]"}, {"lpar", "("},   {"rpar", ")"},
    {"ast", "*"},    {"num", "#"},    {"vert", "|"},   {"grave", "`"},  {"lowbar", "_"}, {"dollar", "$"},
};

static void append_char(struct buf *b, unsigned long c)
{
    if (c < 0x80) {
        (void)buf_putc(b, (char)c);
        return;
    }
    char out[4];
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00U >> n & 0xff) | c);
    (void)buf_append(b, out, n);
}

/* &#123; or &#x7b; as md4c has checked it. 0 is none, as in CommonMark. */
static bool append_number(struct buf *b, const char *s, size_t len)
{
    enum { DIGITS_MAX = 8 };
    char digits[DIGITS_MAX + 1], *end;
    const bool hex = len > 3 && (s[2] == 'x' || s[2] == 'X');
    const char *from = s + (hex ? 3 : 2);
    const size_t n = (size_t)(s + len - 1 - from);
    if (n == 0 || n > DIGITS_MAX)
        return false;
    memcpy(digits, from, n);
    digits[n] = '\0';
    unsigned long c = strtoul(digits, &end, hex ? 16 : 10);
    if (*end != '\0' || c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    append_char(b, c);
    return true;
}

void md_entity_append(struct buf *b, const char *s, size_t len)
{
    if (len > 3 && s[1] == '#' && append_number(b, s, len))
        return;
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (strlen(entities[i].name) + 2 == len && memcmp(entities[i].name, s + 1, len - 2) == 0) {
            (void)buf_puts(b, entities[i].text);
            return;
        }
    }
    (void)buf_append(b, s, len);
}
