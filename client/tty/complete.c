#include "client/tty/complete.h"
#include "client/tty/cell.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, CELL_MAX = 4096 };

void complete_init(struct complete *c)
{
    *c = (struct complete){.from = 0};
    buf_init(&c->words, COMPLETE_BYTES_MAX);
}

void complete_done(struct complete *c)
{
    buf_done(&c->words);
}

void complete_add(struct complete *c, const char *candidate, const char *word, size_t len)
{
    if (strncmp(candidate, word, len) != 0)
        return;
    if (c->n < COMPLETE_WORDS_MAX && buf_append(&c->words, candidate, strlen(candidate) + 1))
        c->n++;
    else
        c->more = true;
}

const char *complete_next(const struct complete *c, const char *word)
{
    const char *first = (const char *)c->words.data;
    if (word == NULL)
        return c->n > 0 ? first : NULL;
    word += strlen(word) + 1;
    return word < first + c->words.len ? word : NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void complete_sort(struct complete *c)
{
    const char **list = calloc(c->n + 1, sizeof(*list));
    struct buf sorted;
    unsigned n = 0;
    if (list == NULL)
        return;
    buf_init(&sorted, COMPLETE_BYTES_MAX);
    for (const char *w = complete_next(c, NULL); w != NULL; w = complete_next(c, w))
        list[n++] = w;
    qsort(list, n, sizeof(*list), compare);
    c->n = 0;
    for (unsigned i = 0; i < n; i++)
        if (i == 0 || strcmp(list[i], list[i - 1]) != 0)
            c->n += buf_append(&sorted, list[i], strlen(list[i]) + 1);
    free(list);
    buf_done(&c->words);
    c->words = sorted;
}

size_t complete_common(const struct complete *c)
{
    const char *first = complete_next(c, NULL);
    size_t common = first != NULL ? strlen(first) : 0;
    for (const char *w = first; w != NULL; w = complete_next(c, w)) {
        size_t same = 0;
        while (same < common && w[same] == first[same])
            same++;
        common = same;
    }
    return first != NULL ? utf8_whole(first, common) : 0;
}

/* As wide as the widest of those that are listed. */
static size_t widest(const struct complete *c, struct buf *cell)
{
    size_t width = 0;
    unsigned i = 0;
    for (const char *w = complete_next(c, NULL); w != NULL && i < COMPLETE_SHOWN_MAX; w = complete_next(c, w), i++) {
        buf_clear(cell);
        cell_append(cell, w, strlen(w));
        size_t is = cell->failed ? 0 : cell_width((const char *)cell->data);
        width = is > width ? is : width;
    }
    return width;
}

/* One of them, with blanks behind it up to the next column. */
static void put(const char *w, size_t width, bool last, struct buf *cell, struct buf *cut, struct buf *out)
{
    buf_clear(cell);
    buf_clear(cut);
    cell_append(cell, w, strlen(w));
    if (cell->failed)
        return;
    cell_append_cut(cut, (const char *)cell->data, width);
    const size_t is = cut->failed ? 0 : cell_width((const char *)cut->data);
    (void)buf_puts(out, cut->failed ? "" : (const char *)cut->data);
    for (size_t i = is; i < width + GAP && !last; i++)
        (void)buf_putc(out, ' ');
    if (last)
        (void)buf_putc(out, '\n');
}

void complete_list(const struct complete *c, unsigned columns, struct buf *out)
{
    struct buf cell, cut;
    buf_init(&cell, CELL_MAX);
    buf_init(&cut, CELL_MAX);
    size_t width = widest(c, &cell);
    if (width > columns)
        width = columns;
    const size_t a_row = (columns + GAP) / (width + GAP);
    const unsigned shown = c->n < COMPLETE_SHOWN_MAX ? c->n : COMPLETE_SHOWN_MAX;
    unsigned i = 0;
    for (const char *w = complete_next(c, NULL); w != NULL && i < shown; w = complete_next(c, w), i++)
        put(w, width, i + 1 == shown || (i + 1) % (a_row > 0 ? a_row : 1) == 0, &cell, &cut, out);
    if (c->n > shown || c->more)
        (void)buf_printf(out, "… and %s%u more\n", c->more ? "over " : "", c->n - shown);
    buf_done(&cell);
    buf_done(&cut);
}
