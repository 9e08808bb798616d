#include "client/tty/highlight.h"
#include "client/tty/highlight_languages.h"
#include <ctype.h>
#include <string.h>

static bool starts(const char *s, size_t len, const char *with)
{
    const size_t n = with != NULL ? strlen(with) : 0;
    return n > 0 && n <= len && memcmp(s, with, n) == 0;
}

void highlight_init(struct highlight *h, const char *name, size_t len)
{
    size_t n = 0;
    if (len > 0 && name[0] == '{') /* as in {.python} */
        name++, len--;
    if (len > 0 && name[0] == '.')
        name++, len--;
    while (n < len && strchr(" \t{},:=", name[n]) == NULL)
        n++;
    *h = (struct highlight){.language = highlight_language(name, n)};
}

void highlight_line(struct highlight *h)
{
    h->last = '\0';
}

/* Up to and with what ends it; the whole, where it goes on in the next line. */
static size_t until_end(struct highlight *h, const char *s, size_t from, size_t len)
{
    const bool escapes = h->open == STYLE_STRING && !h->language->no_escapes;
    for (size_t i = from; i < len; i++) {
        if (escapes && s[i] == '\\' && i + 1 < len) {
            i++;
        } else if (starts(s + i, len - i, h->until)) {
            i += strlen(h->until);
            h->until = NULL;
            return i;
        }
    }
    return len;
}

static size_t open_long(struct highlight *h, const char *s, size_t from, size_t len, const char *until,
                        enum style style, style_set *styles)
{
    h->until = until;
    h->open = style;
    *styles = STYLE_SET(style);
    return until_end(h, s, from, len);
}

/* A string that ends with its line at the latest. */
static size_t short_string(const struct highlight_language *l, const char *s, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (s[i] == '\\' && !l->no_escapes)
            i++;
        else if (s[i] == s[0])
            return i + 1;
    }
    return len;
}

/* A word or a string with this behind it is the name of a field. */
static bool is_key(const struct highlight_language *l, const char *s, size_t from, size_t len)
{
    while (from < len && s[from] == ' ')
        from++;
    return l->key != 0 && from < len && s[from] == l->key;
}

static bool in_word(const struct highlight_language *l, char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr(l->in_words, c) != NULL);
}

static size_t word(const struct highlight_language *l, const char *s, size_t len, style_set *styles)
{
    size_t n = 1;
    while (n < len && in_word(l, s[n]))
        n++;
    if (is_key(l, s, n, len))
        *styles = STYLE_SET(STYLE_NAME);
    else if (highlight_listed(l->keywords, s, n, l->any_case))
        *styles = STYLE_SET(STYLE_KEYWORD);
    return n;
}

static size_t number(const char *s, size_t len, style_set *styles)
{
    size_t n = 1;
    while (n < len && (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '.'))
        n++;
    *styles = STYLE_SET(STYLE_NUMBER);
    return n;
}

static bool begins_comment(const struct highlight *h, const char *s, size_t len)
{
    const struct highlight_language *l = h->language;
    size_t n = 0;
    if (strchr(l->comments, s[0]) == NULL || s[0] == ' ' || s[0] == '\0')
        return false;
    if (l->apart && h->last != '\0' && h->last != ' ' && h->last != '\t')
        return false;
    while (n < len && n < 2 && s[n] != ' ')
        n++;
    return highlight_listed(l->comments, s, n, false) || highlight_listed(l->comments, s, 1, false);
}

static size_t diff_line(const char *s, size_t len, style_set *styles)
{
    if (starts(s, len, "+++") || starts(s, len, "---") || starts(s, len, "diff ") || starts(s, len, "index "))
        *styles = STYLE_SET(STYLE_STRONG);
    else if (s[0] == '@')
        *styles = STYLE_SET(STYLE_HUNK);
    else if (s[0] == '+')
        *styles = STYLE_SET(STYLE_ADDED);
    else if (s[0] == '-')
        *styles = STYLE_SET(STYLE_REMOVED);
    return len;
}

/* Within <...>: names, attributes, strings. */
static size_t markup(struct highlight *h, const char *s, size_t len, style_set *styles)
{
    if (s[0] == '<' && len > 1 && (isalpha((unsigned char)s[1]) || strchr("/!?", s[1]) != NULL)) {
        size_t n = 2;
        while (n < len && in_word(h->language, s[n]))
            n++;
        h->tag = true;
        *styles = STYLE_SET(STYLE_KEYWORD);
        return n;
    }
    if (s[0] == '&' && memchr(s, ';', len) != NULL) {
        *styles = STYLE_SET(STYLE_NUMBER);
        return (size_t)((const char *)memchr(s, ';', len) - s) + 1;
    }
    if (!h->tag)
        return 1;
    if (s[0] == '>' || starts(s, len, "/>")) {
        h->tag = false;
        *styles = STYLE_SET(STYLE_KEYWORD);
        return s[0] == '>' ? 1 : 2;
    }
    if (s[0] == '"' || s[0] == '\'')
        return open_long(h, s, 1, len, s[0] == '"' ? "\"" : "'", STYLE_STRING, styles);
    if (!in_word(h->language, s[0]))
        return 1;
    *styles = STYLE_SET(STYLE_NAME);
    size_t n = 1;
    while (n < len && in_word(h->language, s[n]))
        n++;
    return n;
}

static size_t begin_long(struct highlight *h, const char *s, size_t len, style_set *styles)
{
    const struct highlight_language *l = h->language;
    if (starts(s, len, l->open))
        return open_long(h, s, strlen(l->open), len, l->close, STYLE_COMMENT, styles);
    for (size_t i = 0; i < HIGHLIGHT_LONG_MAX && l->longs[i] != NULL; i++)
        if (starts(s, len, l->longs[i]))
            return open_long(h, s, strlen(l->longs[i]), len, l->longs[i], STYLE_STRING, styles);
    return 0;
}

static size_t next_token(struct highlight *h, const char *s, size_t len, style_set *styles)
{
    const struct highlight_language *l = h->language;
    if (h->until != NULL) {
        *styles = STYLE_SET(h->open);
        return until_end(h, s, 0, len);
    }
    if (l->diff)
        return h->last == '\0' ? diff_line(s, len, styles) : len;
    size_t n = begin_long(h, s, len, styles);
    if (n > 0)
        return n;
    if (l->markup)
        return markup(h, s, len, styles);
    if (begins_comment(h, s, len)) {
        *styles = STYLE_SET(STYLE_COMMENT);
        return len;
    }
    if (s[0] != '\0' && strchr(l->quotes, s[0]) != NULL) {
        n = short_string(l, s, len);
        *styles = STYLE_SET(is_key(l, s, n, len) ? STYLE_NAME : STYLE_STRING);
        return n;
    }
    if (isdigit((unsigned char)s[0]))
        return number(s, len, styles);
    return in_word(l, s[0]) ? word(l, s, len, styles) : 1;
}

size_t highlight_next(struct highlight *h, const char *s, size_t len, style_set *styles)
{
    *styles = 0;
    if (h->language == NULL)
        return len;
    const size_t n = next_token(h, s, len, styles);
    h->last = s[n - 1];
    return n;
}
