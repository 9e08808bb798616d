#include "client/tty/md_start.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A line may still have the \r that ended it. */
static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t run_of(const char *s, size_t len, char c)
{
    size_t n = 0;
    while (n < len && s[n] == c)
        n++;
    return n;
}

static bool is_blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_space(s[i]))
            return false;
    return true;
}

bool md_is_heading(const char *s, size_t len)
{
    size_t n = run_of(s, len, '#');
    return n >= 1 && n <= 6 && (n == len || is_space(s[n]));
}

bool md_is_rule(const char *s, size_t len)
{
    size_t marks = 0;
    if (len == 0 || strchr("*-_", s[0]) == NULL || s[0] == '\0')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == s[0])
            marks++;
        else if (!is_space(s[i]))
            return false;
    }
    return marks >= 3;
}

bool md_is_underline(const char *s, size_t len)
{
    if (len == 0 || (s[0] != '=' && s[0] != '-'))
        return false;
    size_t n = run_of(s, len, s[0]);
    return is_blank(s + n, len - n);
}

static size_t skip_space(const char *s, size_t len, size_t at)
{
    while (at < len && is_space(s[at]))
        at++;
    return at;
}

/* The bytes of ":---:" at s, 0 where it is none. */
static size_t delimiter(const char *s, size_t len)
{
    const size_t before = len > 0 && s[0] == ':', dashes = run_of(s + before, len - before, '-'), n = before + dashes;
    return dashes == 0 ? 0 : n + (n < len && s[n] == ':');
}

bool md_is_delimiters(const char *s, size_t len)
{
    size_t pipes = 0, columns = 0, at = skip_space(s, len, 0);
    for (bool open = true; at < len; at = skip_space(s, len, at)) {
        const size_t n = s[at] == '|' ? 0 : delimiter(s + at, len - at);
        if (s[at] == '|' ? open && pipes > 0 : n == 0 || !open)
            return false;
        open = s[at] == '|';
        pipes += open;
        columns += n > 0;
        at += open ? 1 : n;
    }
    return pipes > 0 && columns > 0 && columns <= MD_TABLE_COLUMNS_MAX;
}

unsigned md_fence(const char *s, size_t len, size_t *info)
{
    if (len == 0 || (s[0] != '`' && s[0] != '~'))
        return 0;
    size_t n = run_of(s, len, s[0]);
    if (n < 3 || (s[0] == '`' && memchr(s + n, '`', len - n) != NULL))
        return 0;
    *info = n;
    while (*info < len && is_space(s[*info]))
        (*info)++;
    return (unsigned)n;
}

bool md_is_definition(const char *s, size_t len)
{
    size_t at = 1;
    if (len == 0 || s[0] != '[')
        return false;
    while (at < len && s[at] != ']')
        at += s[at] == '\\' ? 2 : 1;
    return at + 1 < len && s[at + 1] == ':';
}

bool md_is_fence_end(const char *s, size_t len, char fence, unsigned least)
{
    size_t n = run_of(s, len, fence);
    return n >= least && is_blank(s + n, len - n);
}

/* -- HTML -- */

static size_t name_len(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && isalnum((unsigned char)s[n]))
        n++;
    return n;
}

/* Elements that are blocks, a space around each. */
static const char blocks[] =
    " address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link "
    "main menu menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead "
    "title tr track ul ";

static const char verbatim[] = " pre script style textarea ";

/* Is the name one of those? */
static bool is_one_of(const char *names, const char *name, size_t len)
{
    enum { LONGEST = 16 };
    char word[LONGEST + 3] = " ";
    if (len == 0 || len > LONGEST)
        return false;
    for (size_t i = 0; i < len; i++)
        word[i + 1] = (char)tolower((unsigned char)name[i]);
    word[len + 1] = ' ';
    return strstr(names, word) != NULL;
}

static bool begins(const char *s, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(s, with, strlen(with)) == 0;
}

static enum md_html html_tag(const char *s, size_t len)
{
    const bool closes = s[1] == '/';
    const char *name = s + 1 + closes;
    const size_t left = len - 1 - closes, n = name_len(name, left);
    if (n < left && (name[n] == '\0' || strchr(" \t\r>/", name[n]) == NULL))
        return HTML_NONE;
    if (!closes && is_one_of(verbatim, name, n))
        return HTML_VERBATIM;
    return is_one_of(blocks, name, n) ? HTML_ELEMENT : HTML_NONE;
}

enum md_html md_html(const char *s, size_t len)
{
    if (len < 2 || s[0] != '<')
        return HTML_NONE;
    if (begins(s, len, "<!--"))
        return HTML_COMMENT;
    if (begins(s, len, "<![CDATA["))
        return HTML_CDATA;
    if (s[1] == '?')
        return HTML_INSTRUCTION;
    if (s[1] == '!')
        return len > 2 && isalpha((unsigned char)s[2]) ? HTML_DECLARATION : HTML_NONE;
    return html_tag(s, len);
}

static bool has(const char *s, size_t len, const char *end)
{
    const size_t n = strlen(end);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(s + i, end, n) == 0)
            return true;
    return false;
}

bool md_html_ends(enum md_html html, const char *s, size_t len)
{
    enum { ENDS = 4 };
    static const char *const ends[][ENDS] = {
        [HTML_VERBATIM] = {"</pre>", "</script>", "</style>", "</textarea>"},
        [HTML_COMMENT] = {"-->"},
        [HTML_INSTRUCTION] = {"?>"},
        [HTML_CDATA] = {"]]>"},
        [HTML_DECLARATION] = {">"},
    };
    for (size_t i = 0; i < ENDS && ends[html][i] != NULL; i++)
        if (has(s, len, ends[html][i]))
            return true;
    return false;
}

/* -- lists -- */

size_t md_item(const char *s, size_t len, struct md_container *c)
{
    size_t n = 0;
    c->number = 0;
    while (n < len && n <= MD_ITEM_DIGITS_MAX && isdigit((unsigned char)s[n]))
        c->number = c->number * 10 + (unsigned long)(s[n++] - '0');
    if (n > MD_ITEM_DIGITS_MAX || n == len || s[n] == '\0' || strchr(n > 0 ? ".)" : "-+*", s[n]) == NULL)
        return 0;
    c->ordered = n > 0;
    c->mark = s[n++];
    return n == len || is_space(s[n]) ? n : 0;
}

enum md_task md_task(const char *s, size_t len)
{
    if (len < MD_TASK_LEN || s[0] != '[' || s[2] != ']' || !is_space(s[3]))
        return TASK_NONE;
    return s[1] == ' ' ? TASK_OPEN : s[1] == 'x' || s[1] == 'X' ? TASK_DONE : TASK_NONE;
}
