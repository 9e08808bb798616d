#include "doc/mdoc.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 8, TEXT_SIZE = 64 * 1024 };

enum list { LIST_NONE, LIST_BULLETS, LIST_TABLE };

/* A page as it is read: the paragraph or item that is not complete yet, and the list that it is in. */
struct page {
    FILE *out;
    bool fence, heading; /* in a fence; what was put last was a heading */
    enum list list;
    char text[TEXT_SIZE];
    size_t len;
    char *titles[CELLS]; /* of the table's columns */
    size_t n_titles;
};

static void put_text(struct page *p)
{
    if (p->len == 0)
        return;
    if (p->list == LIST_NONE && !p->heading)
        fputs(".Pp\n", p->out);
    mdoc_text(p->text, p->out);
    p->len = 0;
    p->heading = false;
}

/* Of a link only what it says is taken over. */
static void drop_links(char *s)
{
    for (char *end = s; (end = strstr(end, "](")) != NULL;) {
        char *begin = end, *past = strchr(end, ')');
        while (begin > s && *begin != '[')
            begin--;
        if (!past || *begin != '[')
            return;
        memmove(end, past + 1, strlen(past));
        memmove(begin, begin + 1, strlen(begin));
    }
}

static void add_text(struct page *p, const char *s)
{
    const size_t n = strlen(s);
    if (p->len + n + 2 > sizeof p->text)
        abort(); /* no paragraph is so long */
    if (p->len > 0)
        p->text[p->len++] = ' ';
    memcpy(p->text + p->len, s, n + 1);
    drop_links(p->text + p->len);
    p->len += strlen(p->text + p->len);
}

static void end_list(struct page *p)
{
    put_text(p);
    if (p->list != LIST_NONE)
        fputs(".El\n", p->out);
    for (size_t i = 0; i < p->n_titles; i++)
        free(p->titles[i]);
    p->n_titles = 0;
    p->list = LIST_NONE;
}

static void begin_list(struct page *p, enum list list)
{
    if (p->list == list)
        return;
    end_list(p);
    fputs(list == LIST_BULLETS ? ".Bl -bullet -compact\n" : ".Bl -tag -width Ds -compact\n", p->out);
    p->list = list;
    p->heading = false;
}

/* A title without the marks of code; those of sections in capitals. */
static void put_heading(struct page *p, const char *macro, const char *title, bool capitals)
{
    end_list(p);
    if (strcmp(title, "Errors") == 0)
        title = "Error codes"; /* a section ERRORS is for those of system calls */
    fprintf(p->out, ".%s ", macro);
    for (; *title; title++)
        if (*title != '`')
            fputc(capitals ? toupper((unsigned char)*title) : *title, p->out);
    fputc('\n', p->out);
    p->heading = true;
}

/* -- tables: the first cell is what the row is about -- */

/* The bar that ends a cell; a bar behind a backslash is part of it. */
static char *find_bar(char *s)
{
    while (*s && *s != '|') {
        if (s[0] == '\\' && s[1] == '|')
            memmove(s, s + 1, strlen(s));
        s++;
    }
    return *s ? s : NULL;
}

static char *trim(char *s)
{
    s += strspn(s, " ");
    for (size_t n = strlen(s); n > 0 && s[n - 1] == ' ';)
        s[--n] = '\0';
    return s;
}

static size_t cut_cells(char *line, char *cells[CELLS])
{
    size_t n = 0;
    char *bar;
    for (char *at = line + 1; n < CELLS && (bar = find_bar(at)); at = bar + 1) {
        *bar = '\0';
        cells[n++] = trim(at);
    }
    return n;
}

static void begin_table(struct page *p, char *const *cells, size_t n)
{
    put_text(p);
    if (strcmp(cells[0], "param") == 0) {
        add_text(p, "Parameters:");
        put_text(p);
    }
    begin_list(p, LIST_TABLE);
    p->n_titles = n;
    for (size_t i = 0; i < n; i++)
        p->titles[i] = strdup(cells[i]);
}

static void put_row(struct page *p, char *const *cells, size_t n)
{
    fputs(".It ", p->out);
    mdoc_words(cells[0], p->out);
    for (size_t i = 1; i < n && i < p->n_titles; i++) {
        const bool type = strcmp(p->titles[i], "type") == 0;
        if (type) {
            fputs(" Pq", p->out);
            mdoc_literal(cells[i], p->out);
        }
        if (i == 1)
            fputc('\n', p->out);
        if (type || !cells[i][0])
            continue;
        char text[TEXT_SIZE / 8];
        const bool titled = p->titles[i][0] && n > 2; /* what is alone needs no title */
        snprintf(text, sizeof text, "%s%s%s%s", titled ? p->titles[i] : "", titled ? ": " : "", cells[i],
                 titled && i + 1 < n ? ";" : "");
        add_text(p, text);
    }
    if (p->len > 0)
        mdoc_text(p->text, p->out);
    p->len = 0;
}

static void take_row(struct page *p, char *line)
{
    char *cells[CELLS];
    const size_t n = cut_cells(line, cells);
    if (n == 0 || strncmp(cells[0], "---", 3) == 0)
        return;
    if (p->list != LIST_TABLE)
        begin_table(p, cells, n);
    else
        put_row(p, cells, n);
}

/* -- lines -- */

static void put_fenced(struct page *p, const char *line)
{
    if (line[0] == '.' || line[0] == '\'')
        fputs("\\&", p->out);
    for (; *line; line++)
        fputs(*line == '\\' ? "\\e" : (char[]){*line, '\0'}, p->out);
    fputc('\n', p->out);
}

static void take_fence(struct page *p)
{
    if (!p->fence)
        end_list(p);
    fputs(p->fence ? ".Ed\n" : ".Bd -literal -offset indent\n", p->out);
    p->fence = !p->fence;
    p->heading = false;
}

static void take_bullet(struct page *p, const char *text)
{
    put_text(p);
    begin_list(p, LIST_BULLETS);
    fputs(".It\n", p->out);
    add_text(p, text);
}

static void take_text(struct page *p, const char *line)
{
    const bool goes_on = p->list == LIST_BULLETS && (p->len > 0 || line[0] == ' ');
    if (p->list != LIST_NONE && !goes_on)
        end_list(p);
    add_text(p, line + strspn(line, " "));
}

static void take_line(struct page *p, char *line)
{
    if (strncmp(line, "```", 3) == 0)
        take_fence(p);
    else if (p->fence)
        put_fenced(p, line);
    else if (strncmp(line, "<!--", 4) == 0)
        ;
    else if (strncmp(line, "### ", 4) == 0)
        put_heading(p, "Ss", line + 4, false);
    else if (strncmp(line, "## ", 3) == 0)
        put_heading(p, "Sh", line + 3, true);
    else if (line[0] == '\0')
        put_text(p);
    else if (line[0] == '|')
        take_row(p, line);
    else if (strncmp(line, "- ", 2) == 0)
        take_bullet(p, line + 2);
    else
        take_text(p, line);
}

void mdoc_page(FILE *markdown, FILE *out)
{
    struct page p = {.out = out, .heading = true};
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, markdown)) >= 0) {
        if (n > 0 && line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (strncmp(line, "# ", 2) != 0 || p.fence)
            take_line(&p, line);
    }
    end_list(&p);
    free(line);
}

void mdoc_more(const char *lines, FILE *out)
{
    FILE *in = fmemopen((void *)lines, strlen(lines), "r");
    if (!in)
        abort();
    mdoc_page(in, out);
    fclose(in);
}
