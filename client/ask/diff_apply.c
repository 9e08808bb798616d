#include "client/ask/diff_apply.h"
#include "client/common/escape.h"
#include "lib/base/utf8.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a line in a message, and what one may become there. */
enum { SHOWN = 80, ESCAPE_SHOWN = 4 };

struct line { /* of the text */
    const char *s;
    size_t len;
    const char *end; /* "\n", "\r\n", or "" for the last */
};

struct patch {
    const struct diff *diff;
    struct buf lines; /* of struct line */
    size_t n_lines;
    size_t at;     /* the first line that no hunk has taken */
    size_t work;   /* left of DIFF_WORK_MAX */
    unsigned hunk; /* which one, from 1 */
    struct buf *out;
    bool due;     /* the last line that went out has no end, and what follows needs one */
    bool unaware; /* it was added by a hunk that says nothing of line ends at the text's end */
    struct error *err;
};

static const struct line *line_at(const struct patch *p, size_t i)
{
    return (const struct line *)(const void *)p->lines.data + i;
}

static enum error_code cut(struct patch *p, const char *text, size_t len)
{
    for (const char *end = text + len; text < end; p->n_lines++) {
        const char *lf = memchr(text, '\n', (size_t)(end - text));
        const bool crlf = lf != NULL && lf > text && lf[-1] == '\r';
        const struct line l = {text, (size_t)((lf != NULL ? lf : end) - text) - crlf,
                               lf == NULL ? ""
                               : crlf     ? "\r\n"
                                          : "\n"};
        if (!buf_append(&p->lines, &l, sizeof(l)))
            return error_set(p->err, ERR_TOO_LARGE, "the text has too many lines");
        text = lf != NULL ? lf + 1 : end;
    }
    return ERR_NONE;
}

/* -- where a hunk fits -- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool same(const struct line *l, const struct diff_line *d)
{
    if (l->len < d->len || memcmp(l->s, d->text, d->len) != 0)
        return false;
    size_t i = d->len;
    while (d->kind == DIFF_KEPT && i < l->len && is_blank(l->s[i]))
        i++;
    return i == l->len;
}

static size_t lines_before(const struct diff *d, const struct diff_hunk *h)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n_lines; i++)
        n += diff_line(d, h, i)->kind != DIFF_ADDED;
    return n;
}

/* How many of the hunk's lines are in the text from there on; *differs: the first that is not, NULL where all are. */
static size_t fits(struct patch *p, const struct diff_hunk *h, size_t place, const struct diff_line **differs)
{
    size_t n = 0;
    *differs = NULL;
    for (size_t i = 0; i < h->n_lines && p->work > 0; i++) {
        const struct diff_line *d = diff_line(p->diff, h, i);
        if (d->kind == DIFF_ADDED)
            continue;
        p->work--;
        if (place + n == p->n_lines || !same(line_at(p, place + n), d)) {
            *differs = d;
            break;
        }
        n++;
    }
    return n;
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

struct search {
    size_t n; /* places at which all fits */
    size_t place,
        next;    /* the nearest to where the hunk says that it is, and how far the second nearest is from there */
    size_t best; /* where most of the first lines fit */
    size_t most;
    const struct diff_line *differs; /* the first that does not, there */
};

static void note(struct search *s, size_t place, size_t wanted)
{
    size_t far = distance(place, wanted);
    if (s->n++ == 0) {
        s->place = place;
    } else if (far < distance(s->place, wanted)) {
        s->next = distance(s->place, wanted);
        s->place = place;
    } else if (far < s->next) {
        s->next = far;
    }
}

static void search(struct patch *p, const struct diff_hunk *h, size_t before, struct search *s)
{
    const size_t wanted = h->start > 0 ? h->start - 1 : 0;
    *s = (struct search){.next = SIZE_MAX, .best = p->at};
    for (size_t i = p->at; i < p->n_lines && p->work > 0; i++) {
        const struct diff_line *differs;
        size_t n = fits(p, h, i, &differs);
        if (n == before)
            note(s, i, wanted);
        else if (n > s->most || (n == s->most && distance(i, wanted) < distance(s->best, wanted)))
            s->best = i, s->most = n, s->differs = differs;
    }
}

/* Some of a line, so that a tab is told from a blank. */
struct quote {
    char text[ESCAPE_SHOWN * SHOWN + 1];
};

static const char *quote(struct quote *q, const char *s, size_t len)
{
    struct buf b;
    buf_init(&b, sizeof(q->text) - 1);
    escape_visible(&b, s, utf8_whole(s, len < SHOWN ? len : SHOWN), "");
    (void)snprintf(q->text, sizeof(q->text), "%s", buf_cstr(&b));
    buf_done(&b);
    return q->text;
}

static const struct diff_line *first_of(const struct diff *d, const struct diff_hunk *h)
{
    size_t i = 0;
    while (diff_line(d, h, i)->kind == DIFF_ADDED)
        i++;
    return diff_line(d, h, i);
}

static enum error_code refuse(struct patch *p, const struct diff_hunk *h, const struct search *s)
{
    const size_t at = s->best + s->most;
    const bool nowhere = s->most == 0 || s->differs == NULL;
    const struct diff_line *d = nowhere ? first_of(p->diff, h) : s->differs;
    struct quote theirs, ours;
    (void)quote(&theirs, d->text, d->len);
    if (nowhere)
        return error_set(p->err, ERR_INVALID_REQUEST, "hunk %u does not fit: no line behind line %zu is `%s`", p->hunk,
                         p->at, theirs.text);
    if (at == p->n_lines)
        return error_set(p->err, ERR_INVALID_REQUEST,
                         "hunk %u does not fit: the file ends with line %zu, where the hunk has `%s`", p->hunk, at,
                         theirs.text);
    return error_set(p->err, ERR_INVALID_REQUEST, "hunk %u does not fit: line %zu is `%s`, where the hunk has `%s`",
                     p->hunk, at + 1, quote(&ours, line_at(p, at)->s, line_at(p, at)->len), theirs.text);
}

static enum error_code find(struct patch *p, const struct diff_hunk *h, size_t *place)
{
    struct search s;
    const size_t before = lines_before(p->diff, h), wanted = h->start > 0 ? h->start - 1 : 0;
    *place = 0;
    if (before == 0 && p->n_lines == 0)
        return ERR_NONE;
    if (before == 0)
        return error_set(p->err, ERR_INVALID_REQUEST,
                         "hunk %u has no line of the file, and so no place in it: give it some lines of context",
                         p->hunk);
    search(p, h, before, &s);
    if (p->work == 0)
        return error_set(p->err, ERR_TOO_LARGE, "it takes too long to find where hunk %u belongs", p->hunk);
    if (s.n == 0)
        return refuse(p, h, &s);
    const size_t far = distance(s.place, wanted);
    if (s.n > 1 && (h->start == 0 || (far > 0 && s.next / 2 <= far)))
        return error_set(p->err, ERR_INVALID_REQUEST,
                         "hunk %u fits at %zu places of the file: give it more lines of context", p->hunk, s.n);
    *place = s.place;
    return ERR_NONE;
}

/* -- what comes of it -- */

/* How lines end around the one that is next. */
static const char *end_here(const struct patch *p)
{
    const char *end = p->at > 0 ? line_at(p, p->at - 1)->end : "";
    if (end[0] == '\0' && p->at < p->n_lines)
        end = line_at(p, p->at)->end;
    if (end[0] == '\0' && p->at > 1)
        end = line_at(p, p->at - 2)->end;
    return end[0] != '\0' ? end : "\n";
}

static void put(struct patch *p, const char *s, size_t len, const char *end)
{
    if (p->due)
        (void)buf_puts(p->out, end_here(p));
    (void)buf_append(p->out, s, len);
    (void)buf_puts(p->out, end);
    p->due = end[0] == '\0';
    p->unaware = false;
}

/* The next line of the text as it is. */
static void keep(struct patch *p)
{
    const struct line *l = line_at(p, p->at);
    put(p, l->s, l->len, l->end);
    p->at++;
}

static void put_hunk(struct patch *p, const struct diff_hunk *h)
{
    bool told = false;
    for (size_t i = 0; i < h->n_lines; i++)
        told = told || diff_line(p->diff, h, i)->open;
    for (size_t i = 0; i < h->n_lines; i++) {
        const struct diff_line *d = diff_line(p->diff, h, i);
        if (d->kind == DIFF_KEPT) {
            keep(p);
        } else if (d->kind == DIFF_REMOVED) {
            p->at++;
        } else {
            put(p, d->text, d->len, d->open ? "" : end_here(p));
            p->unaware = !told;
        }
    }
}

/* A last line that was added by who did not know that the text ends without a line's end. */
static void finish(struct patch *p)
{
    const bool open = p->n_lines > 0 && line_at(p, p->n_lines - 1)->end[0] == '\0';
    if (!open || !p->unaware || p->out->failed)
        return;
    if (p->out->len > 0 && p->out->data[p->out->len - 1] == '\n')
        p->out->len--;
    if (p->out->len > 0 && p->out->data[p->out->len - 1] == '\r')
        p->out->len--;
}

static enum error_code patch(struct patch *p, const struct diff_file *f)
{
    enum error_code code = ERR_NONE;
    for (size_t i = 0; i < f->n_hunks && code == ERR_NONE; i++) {
        const struct diff_hunk *h = diff_hunk(p->diff, f, i);
        size_t place;
        p->hunk++;
        code = find(p, h, &place);
        while (code == ERR_NONE && p->at < place)
            keep(p);
        if (code == ERR_NONE)
            put_hunk(p, h);
    }
    while (code == ERR_NONE && p->at < p->n_lines)
        keep(p);
    finish(p);
    return code;
}

enum error_code diff_apply(const struct diff *d, const struct diff_file *f, const char *text, size_t len,
                           struct buf *out, struct error *err)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct patch p = {.diff = d, .work = DIFF_WORK_MAX, .out = out, .err = err};
    const size_t skip = len >= sizeof(bom) - 1 && memcmp(text, bom, sizeof(bom) - 1) == 0 ? sizeof(bom) - 1 : 0;
    buf_init(&p.lines, (len + 1) * sizeof(struct line));
    (void)buf_append(out, text, skip);
    enum error_code code = cut(&p, text + skip, len - skip);
    if (code == ERR_NONE)
        code = patch(&p, f);
    if (code == ERR_NONE && out->failed)
        code = error_set(err, ERR_TOO_LARGE, "the file would become larger than %zu bytes", out->max);
    buf_done(&p.lines);
    return code;
}
