#include "doc/mdoc.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WIDTH = 78, WORD_SIZE = 1024 };

/* -- characters -- */

/* What roff would take for something else. */
static const struct {
    const char *is, *as;
} characters[] = {
    {"\\", "\\e"},  {"\"", "\\(dq"}, {"^", "\\(ha"}, {"~", "\\(ti"}, {"`", "\\(ga"}, {"…", "..."},   {"→", "\\(->"},
    {"≥", "\\(>="}, {"≤", "\\(<="},  {"×", "\\(mu"}, {"–", "\\(en"}, {"—", "\\(em"}, {"∞", "\\(if"}, {"′", "\\(fm"},
};

/* Of `text`, which has at most len bytes, how many bytes make the next character; and how it is written. */
static size_t next_character(const char *text, size_t len, const char **ret_as)
{
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        const size_t n = strlen(characters[i].is);
        if (n <= len && memcmp(text, characters[i].is, n) == 0) {
            *ret_as = characters[i].as;
            return n;
        }
    }
    *ret_as = NULL;
    return 1;
}

struct line {
    char text[WORD_SIZE];
    size_t len;
};

static void add(struct line *l, const char *s, size_t n)
{
    if (n > sizeof l->text - 1 - l->len)
        n = sizeof l->text - 1 - l->len;
    memcpy(l->text + l->len, s, n);
    l->len += n;
    l->text[l->len] = '\0';
}

static void add_escaped(struct line *l, const char *s, size_t n, bool code)
{
    for (size_t i = 0; i < n;) {
        const char *as;
        const size_t step = next_character(s + i, n - i, &as);
        if (as)
            add(l, as, strlen(as));
        else if (code && (s[i] == '\'' || s[i] == '-'))
            add(l, s[i] == '\'' ? "\\(aq" : "\\-", s[i] == '\'' ? 4 : 2);
        else
            add(l, s + i, step);
        i += step;
    }
}

/* A word that a macro must not take for a macro or for punctuation. */
static void add_argument(struct line *l, const char *s, size_t n, bool code)
{
    add(l, " ", 1);
    if (!isalnum((unsigned char)s[0]) || (n < 4 && isupper((unsigned char)s[0])))
        add(l, "\\&", 2);
    add_escaped(l, s, n, code);
}

/* -- words: pieces of text, code and arguments, with no blank between -- */

struct piece {
    char kind; /* 't' text, '`' code, '*' an argument, 'S' a section */
    const char *s;
    size_t n;
};
enum { PIECES = 16 };

static size_t find_piece(const char *s, struct piece *p)
{
    const size_t stars = strspn(s, "*");
    const char *end = *s == '`' ? strchr(s + 1, '`') : stars == 1 || stars == 2 ? strchr(s + stars, '*') : NULL;
    if (end && end > s + (*s == '`' ? 1 : stars) && (*s == '`' || isalpha((unsigned char)s[stars]))) {
        const size_t mark = *s == '`' ? 1 : stars;
        *p = (struct piece){*s == '`' ? '`' : stars == 1 ? '*' : 'S', s + mark, (size_t)(end - s) - mark};
        return (size_t)(end - s) + mark;
    }
    *p = (struct piece){'t', s, 1 + strcspn(s + 1, " \n`*")};
    return p->n;
}

/* The word at s, in pieces; how long it is. */
static size_t read_word(const char *s, struct piece pieces[PIECES], size_t *ret_n)
{
    size_t len = 0, n = 0;
    while (s[len] && !strchr(" \n", s[len]) && n < PIECES) {
        len += find_piece(s + len, &pieces[n]);
        if (n > 0 && pieces[n].kind == 't' && pieces[n - 1].kind == 't') /* a mark that marks nothing */
            pieces[n - 1].n += pieces[n].n;
        else
            n++;
    }
    *ret_n = n;
    return len;
}

static bool all_of(const char *s, size_t n, const char *set)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(set, s[i]))
            return false;
    return n > 0;
}

static bool is_page(const struct piece *p, size_t *ret_name)
{
    const char *open = memchr(p->s, '(', p->n);
    size_t i = 0;
    while (open && p->s + i < open && (islower((unsigned char)p->s[i]) || strchr(".-_", p->s[i])))
        i++;
    *ret_name = i;
    return open && i > 0 && p->s + i == open && p->n >= i + 3 && isdigit((unsigned char)open[1]) && open[2] == ')';
}

static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
static const char plain[] = "abcdefghijklmnopqrstuvwxyz_0123456789.-?[]";

static void add_words(struct line *l, const struct piece *p)
{
    for (size_t i = 0; i < p->n;) {
        const char *blank = memchr(p->s + i, ' ', p->n - i);
        const size_t len = blank ? (size_t)(blank - p->s) - i : p->n - i;
        if (len > 0)
            add_argument(l, p->s + i, len, true);
        i += len + 1;
    }
}

static void add_code(struct line *l, const struct piece *p)
{
    const bool words = memchr(p->s, ' ', p->n) != NULL, dash = p->s[0] == '-' && p->n > 1;
    const char *dot = p->n > 3 ? memchr(p->s + p->n - 3, '.', 3) : NULL;
    if (dash && !words && all_of(p->s + 1, p->n - 1, "-abcdefghijklmnopqrstuvwxyzV0123456789")) {
        add(l, "Fl ", 3);
        add_escaped(l, p->s + 1, p->n - 1, false);
    } else if (p->s[0] == '$' && all_of(p->s + 1, p->n - 1, upper)) {
        add(l, "Ev ", 3);
        add_escaped(l, p->s + 1, p->n - 1, false);
    } else if (p->n > 3 && isupper((unsigned char)p->s[0]) && all_of(p->s, p->n, upper)) {
        add(l, "Ev ", 3);
        add_escaped(l, p->s, p->n, false);
    } else if (!words && p->n > 1 &&
               (p->s[0] == '/' || (p->s[0] == '~' && p->s[1] == '/') ||
                (p->s[0] == '.' && isalpha((unsigned char)p->s[1])) ||
                (dot && dot > p->s && strncmp(dot, ".md", 3) == 0))) {
        add(l, "Pa", 2);
        add_argument(l, p->s, p->n, true);
    } else {
        const bool word = isalnum((unsigned char)p->s[0]) && all_of(p->s, p->n, plain);
        add(l, word ? "Cm" : "So", 2);
        add_words(l, p);
        add(l, " Sc", word ? 0 : 3);
    }
}

static void add_piece(struct line *l, const struct piece *p)
{
    size_t name = 0;
    if (p->kind == '`') {
        add_code(l, p);
    } else if (p->kind == '*') {
        add(l, "Ar", 2);
        add_words(l, p);
    } else if (p->kind == 'S') {
        add(l, "Sx", 2);
        add_words(l, p);
    } else if (is_page(p, &name)) {
        add(l, "Xr ", 3);
        add(l, p->s, name);
        add(l, " ", 1);
        add(l, p->s + name + 1, 1);
        if (p->n > name + 3 && all_of(p->s + name + 3, p->n - name - 3, ".,:;)?!"))
            for (size_t i = name + 3; i < p->n; i++) {
                add(l, " ", 1);
                add(l, p->s + i, 1);
            }
        else if (p->n > name + 3) {
            add(l, " Ns No", 6);
            add_argument(l, p->s + name + 3, p->n - name - 3, false);
        }
    } else {
        add(l, "No", 2);
        add_argument(l, p->s, p->n, false);
    }
}

/* A word in which is more than text, as macros. */
static void add_macros(struct line *l, const struct piece *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct piece *p = &pieces[i];
        const bool opens = i == 0 && p->kind == 't' && all_of(p->s, p->n, "(["),
                   closes = i > 0 && p->kind == 't' && all_of(p->s, p->n, ".,:;)]?!");
        if (opens || closes) {
            for (size_t k = 0; k < p->n; k++) {
                add(l, opens && k == 0 ? "No \\&" : closes ? " " : "", opens && k == 0 ? 5 : closes ? 1 : 0);
                add(l, p->s + k, 1);
            }
            continue;
        }
        if (i > 0)
            add(l, " Ns ", 4);
        add_piece(l, p);
    }
}

/* -- paragraphs -- */

/* The filled line that words go to. */
struct fill {
    FILE *out;
    size_t column;
};

static void end_line(struct fill *f)
{
    if (f->column > 0)
        fputc('\n', f->out);
    f->column = 0;
}

static void put_plain(struct fill *f, const char *s, size_t n)
{
    struct line word = {.len = 0};
    if (f->column + 1 + n > WIDTH)
        end_line(f);
    if (f->column == 0 && (s[0] == '.' || s[0] == '\''))
        add(&word, "\\&", 2);
    add_escaped(&word, s, n, false);
    f->column += (size_t)fprintf(f->out, "%s%s", f->column > 0 ? " " : "", word.text);
}

/* Whether a sentence ends with the word of which s is the end. */
static bool ends_sentence(const char *s, size_t n)
{
    while (n > 0 && strchr(")\"'", s[n - 1]))
        n--;
    return n > 1 && strchr(".?!", s[n - 1]);
}

static const char *put_paragraph(const char *text, FILE *out)
{
    struct fill f = {.out = out};
    while (*text && !(text[0] == '\n' && text[1] == '\n')) {
        struct piece pieces[PIECES], *last;
        size_t n = 0, name;
        const size_t len = read_word(text, pieces, &n);
        last = &pieces[n > 0 ? n - 1 : 0];
        if (n == 1 && pieces[0].kind == 't' && !is_page(&pieces[0], &name)) {
            put_plain(&f, text, len);
        } else if (n > 0) {
            struct line line = {.len = 0};
            end_line(&f);
            add_macros(&line, pieces, n);
            fprintf(out, ".%s\n", line.text);
        }
        text += len;
        text += *text == ' ' || (*text == '\n' && text[1] != '\n');
        if (n > 0 && last->kind == 't' && ends_sentence(last->s, last->n) && isupper((unsigned char)*text))
            end_line(&f);
    }
    end_line(&f);
    return text;
}

void mdoc_text(const char *text, FILE *out)
{
    for (bool first = true; *text; first = false) {
        if (!first)
            fputs(".Pp\n", out);
        text = put_paragraph(text, out);
        text += strspn(text, "\n");
    }
}

void mdoc_words(const char *text, FILE *out)
{
    struct line line = {.len = 0};
    while (*text) {
        struct piece pieces[PIECES];
        size_t n = 0;
        text += read_word(text, pieces, &n);
        add_macros(&line, pieces, n);
        text += strspn(text, " ");
        add(&line, " ", *text != '\0');
    }
    fputs(line.text, out);
}

void mdoc_literal(const char *text, FILE *out)
{
    struct line line = {.len = 0};
    add_words(&line, &(struct piece){'t', text, strlen(text)});
    fputs(line.text, out);
}

/* -- arguments -- */

static void put_argument(const char *s, size_t n, FILE *out)
{
    const char *dots = n > 3 && memcmp(s + n - 3, "...", 3) == 0 ? " ..." : "";
    n -= dots[0] ? 3 : 0;
    for (size_t i = 0; i < n;) {
        size_t len = 0;
        while (i + len < n && isalpha((unsigned char)s[i + len]))
            len++;
        fputs(i > 0 ? " Ns " : " ", out);
        fputs(len > 0 ? "Ar " : "No \\&", out);
        len += len == 0;
        for (size_t k = 0; k < len; k++)
            fputc(tolower((unsigned char)s[i + k]), out);
        i += len;
    }
    fputs(dots, out);
}

void mdoc_arguments(const char *usage, FILE *out)
{
    while (*usage) {
        size_t len = strcspn(usage, " ");
        const bool optional = usage[0] == '[' && len > 2;
        const char *after = optional ? memchr(usage, ']', len) : NULL;
        if (after) {
            fputs(" Op", out);
            put_argument(usage + 1, (size_t)(after - usage) - 1, out);
            fputs(after + 1 < usage + len ? " ..." : "", out);
        } else {
            put_argument(usage, len, out);
        }
        usage += len;
        usage += strspn(usage, " ");
    }
}
