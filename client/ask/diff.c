#include "client/ask/diff.h"
#include <string.h>

enum state {
    OUTSIDE, /* among words, or behind a hunk */
    HEADER,  /* behind "diff --git": lines of git's own */
    NAMED,   /* behind "--- " and "+++ " */
    HUNK
};

struct text {
    const char *s;
    size_t len;
};

struct reader {
    struct diff *diff;
    const char *at, *end; /* what is left */
    size_t number;        /* of the line that is looked at, from 1 */
    enum state state;
    size_t fence; /* how many backticks the fence has that is open, 0 where none is */
    struct error *err;
};

/* -- lines -- */

/* The line at *at, without its end, and *at behind it. */
static struct text next_line(const char **at, const char *end)
{
    const char *s = *at, *lf = memchr(s, '\n', (size_t)(end - s));
    size_t len = (size_t)((lf != NULL ? lf : end) - s);
    *at = lf != NULL ? lf + 1 : end;
    if (len > 0 && s[len - 1] == '\r')
        len--;
    return (struct text){s, len};
}

static bool begins(struct text t, const char *with)
{
    size_t n = strlen(with);
    return t.len >= n && memcmp(t.s, with, n) == 0;
}

/* The line that follows the one that is looked at, if it comes to that. */
static bool next_begins(const struct reader *r, unsigned skip, const char *with)
{
    const char *at = r->at;
    struct text t = {"", 0};
    for (unsigned i = 0; i <= skip && at < r->end; i++)
        t = next_line(&at, r->end);
    return begins(t, with);
}

/* "-- x" that is removed before "++ y" looks like the names of a file. Within a hunk only what a hunk follows is one.
 */
static bool is_names(const struct reader *r, struct text line)
{
    return begins(line, "--- ") && next_begins(r, 0, "+++ ") && (r->state != HUNK || next_begins(r, 1, "@@"));
}

/* How many backticks the line consists of, with `info` behind them where that is allowed; 0: it is no fence. */
static size_t fence_of(struct text line, bool info)
{
    size_t n = 0;
    while (n < line.len && line.s[n] == '`')
        n++;
    return n >= 3 && (info || n == line.len) ? n : 0;
}

/* -- what is found -- */

static enum error_code over(struct reader *r, const char *what, unsigned max)
{
    return error_set(r->err, ERR_TOO_LARGE, "the diff has over %u %s: ask for less at once", max, what);
}

static struct diff_name name_of(struct text line)
{
    struct text t = {line.s + 4, line.len - 4};
    const char *tab = memchr(t.s, '\t', t.len);
    if (tab != NULL)
        t.len = (size_t)(tab - t.s);
    while (t.len > 0 && t.s[t.len - 1] == ' ')
        t.len--;
    if (t.len > 1 && t.s[0] == '"' && t.s[t.len - 1] == '"')
        t = (struct text){t.s + 1, t.len - 2};
    return (struct diff_name){t.s, t.len};
}

static enum error_code open_file(struct reader *r, struct text line)
{
    const struct text second = next_line(&r->at, r->end);
    const struct diff_file f = {name_of(line), name_of(second), r->diff->hunks.len / sizeof(struct diff_hunk), 0};
    r->number++;
    r->state = NAMED;
    return buf_append(&r->diff->files, &f, sizeof(f)) ? ERR_NONE : over(r, "files", DIFF_FILES_MAX);
}

static struct diff_file *last_file(const struct diff *d)
{
    return d->files.len > 0 ? (struct diff_file *)(void *)(d->files.data + d->files.len) - 1 : NULL;
}

static struct diff_hunk *last_hunk(const struct diff *d)
{
    return (struct diff_hunk *)(void *)(d->hunks.data + d->hunks.len) - 1;
}

static struct diff_line *last_line(const struct diff *d)
{
    return (struct diff_line *)(void *)(d->lines.data + d->lines.len) - 1;
}

/* "@@ -12,3 +12,4 @@" says 12; 0 where nothing is said. */
static size_t start_of(struct text line)
{
    const char *minus = memchr(line.s, '-', line.len);
    size_t n = 0;
    if (minus == NULL)
        return 0;
    for (const char *c = minus + 1; c < line.s + line.len && *c >= '0' && *c <= '9' && n < DIFF_BYTES_MAX; c++)
        n = 10 * n + (size_t)(*c - '0');
    return n;
}

static enum error_code open_hunk(struct reader *r, size_t start)
{
    struct diff_file *f = last_file(r->diff);
    const struct diff_hunk h = {.start = start, .first = r->diff->lines.len / sizeof(struct diff_line)};
    if (f == NULL)
        return error_set(r->err, ERR_INVALID_REQUEST,
                         "line %zu of it begins a change before the lines --- and +++ that name its file", r->number);
    if (!buf_append(&r->diff->hunks, &h, sizeof(h)))
        return over(r, "hunks", DIFF_HUNKS_MAX);
    f->n_hunks++;
    r->state = HUNK;
    return ERR_NONE;
}

/* Empty lines before what ends a hunk stand between it and that. */
static void close_hunk(struct reader *r)
{
    struct diff *d = r->diff;
    if (r->state != HUNK)
        return;
    for (struct diff_hunk *h = last_hunk(d); h->n_lines > 0 && last_line(d)->bare; h->n_lines--)
        d->lines.len -= sizeof(struct diff_line);
    r->state = OUTSIDE;
}

static enum error_code add(struct reader *r, enum diff_kind kind, struct text line, size_t mark)
{
    const struct diff_line l = {.kind = kind, .bare = line.len == 0, .text = line.s + mark, .len = line.len - mark};
    if (!buf_append(&r->diff->lines, &l, sizeof(l)))
        return over(r, "lines", DIFF_LINES_MAX);
    last_hunk(r->diff)->n_lines++;
    return ERR_NONE;
}

/* -- the lines of each state -- */

static enum error_code refuse_git(struct reader *r, struct text line)
{
    static const struct {
        const char *line, *what;
    } rows[] = {{"rename ", "gives a file another name"},     {"copy ", "copies a file"},
                {"old mode", "changes a file's mode"},        {"new mode", "changes a file's mode"},
                {"deleted file", "removes a file"},           {"Binary files", "changes a binary file"},
                {"GIT binary", "changes a binary file"},      {"new file mode 1007", "makes a program of a file"},
                {"new file mode 12", "makes a symbolic link"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (begins(line, rows[i].line))
            return error_set(r->err, ERR_INVALID_REQUEST, "the diff %s, which is not done: it may change text alone",
                             rows[i].what);
    return ERR_NONE;
}

static bool has_mark(struct text line)
{
    return line.len > 0 && strchr(" +-", line.s[0]) != NULL && line.s[0] != '\0';
}

/* What begins something new wherever it stands; *taken where the line was that. */
static enum error_code begin(struct reader *r, struct text line, bool *taken)
{
    const bool names = is_names(r, line), git = begins(line, "diff --git ");
    *taken = names || git || begins(line, "@@");
    if (!*taken)
        return ERR_NONE;
    close_hunk(r);
    if (names)
        return open_file(r, line);
    if (!git)
        return open_hunk(r, start_of(line));
    r->state = HEADER;
    return ERR_NONE;
}

static enum error_code read_outside(struct reader *r, struct text line)
{
    size_t fence = fence_of(line, r->fence == 0);
    if (fence > 0 && fence >= r->fence)
        r->fence = r->fence == 0 ? fence : 0;
    else if (r->state == NAMED && has_mark(line))
        return open_hunk(r, 0);
    else if (r->state == HEADER)
        return refuse_git(r, line);
    else if (begins(line, "+") && last_file(r->diff) != NULL)
        return error_set(r->err, ERR_INVALID_REQUEST, "line %zu of it adds a line outside of a hunk", r->number);
    return ERR_NONE;
}

static enum error_code read_hunk(struct reader *r, struct text line)
{
    struct diff_hunk *h = last_hunk(r->diff);
    size_t fence = r->fence > 0 ? fence_of(line, false) : 0;
    if (fence > 0 && fence >= r->fence) {
        close_hunk(r);
        r->fence = 0;
    } else if (has_mark(line)) {
        return add(r, line.s[0] == '+' ? DIFF_ADDED : line.s[0] == '-' ? DIFF_REMOVED : DIFF_KEPT, line, 1);
    } else if (begins(line, "\\")) {
        if (h->n_lines > 0)
            last_line(r->diff)->open = true;
    } else if (line.len > 0 && r->fence == 0 && h->n_lines > 0 && last_line(r->diff)->bare) {
        close_hunk(r); /* words behind the diff */
    } else {
        return add(r, DIFF_KEPT, line, 0);
    }
    return ERR_NONE;
}

static enum error_code read_line(struct reader *r, struct text line)
{
    bool taken;
    enum error_code code = begin(r, line, &taken);
    if (code == ERR_NONE && !taken && r->state != HUNK)
        code = read_outside(r, line);
    /* Lines without a header have opened the hunk just now, and belong to it. */
    if (code == ERR_NONE && !taken && r->state == HUNK)
        code = read_hunk(r, line);
    return code;
}

static enum error_code check(const struct diff *d, struct error *err)
{
    if (diff_n_files(d) == 0)
        return error_set(err, ERR_NOT_FOUND, "there is no unified diff in it");
    for (size_t i = 0; i < diff_n_files(d); i++) {
        const struct diff_file *f = diff_file(d, i);
        size_t lines = 0;
        for (size_t k = 0; k < f->n_hunks; k++)
            lines += diff_hunk(d, f, k)->n_lines;
        if (lines == 0)
            return error_set(err, ERR_INVALID_REQUEST, "the diff names %.*s, and no change of it",
                             (int)(f->after.len < 200 ? f->after.len : 200), f->after.s);
    }
    return ERR_NONE;
}

enum error_code diff_read(struct diff *d, const char *text, size_t len, struct error *err)
{
    struct reader r = {.diff = d, .at = text, .end = text + len, .err = err};
    enum error_code code = ERR_NONE;
    buf_init(&d->files, DIFF_FILES_MAX * sizeof(struct diff_file));
    buf_init(&d->hunks, DIFF_HUNKS_MAX * sizeof(struct diff_hunk));
    buf_init(&d->lines, DIFF_LINES_MAX * sizeof(struct diff_line));
    if (len > DIFF_BYTES_MAX)
        return error_set(err, ERR_TOO_LARGE, "the answer is larger than the %zu MiB that a diff may have",
                         DIFF_BYTES_MAX >> 20);
    while (r.at < r.end && code == ERR_NONE) {
        r.number++;
        code = read_line(&r, next_line(&r.at, r.end));
    }
    close_hunk(&r);
    return code == ERR_NONE ? check(d, err) : code;
}

void diff_done(struct diff *d)
{
    buf_done(&d->files);
    buf_done(&d->hunks);
    buf_done(&d->lines);
}

size_t diff_n_files(const struct diff *d)
{
    return d->files.len / sizeof(struct diff_file);
}

const struct diff_file *diff_file(const struct diff *d, size_t i)
{
    return (const struct diff_file *)(const void *)d->files.data + i;
}

const struct diff_hunk *diff_hunk(const struct diff *d, const struct diff_file *f, size_t i)
{
    return (const struct diff_hunk *)(const void *)d->hunks.data + f->first + i;
}

const struct diff_line *diff_line(const struct diff *d, const struct diff_hunk *h, size_t i)
{
    return (const struct diff_line *)(const void *)d->lines.data + h->first + i;
}
