#include "client/tty/md_code.h"
#include "client/tty/md_lines.h"
#include <stdlib.h>

struct md_code {
    struct md_split split;
    struct md_lines lines;
    struct buf *out; /* borrowed, while it is fed */
    size_t blocks;
    enum md_leaf leaf;
};

static void on_begin(void *data, enum md_leaf leaf, bool spaced, const char *info, size_t len)
{
    struct md_code *c = data;
    (void)spaced;
    (void)info;
    (void)len;
    c->leaf = leaf;
    if (leaf == LEAF_FENCED && c->blocks++ > 0)
        (void)buf_putc(c->out, '\n');
}

static void on_line(void *data, unsigned indent, const char *s, size_t len, bool whole)
{
    struct md_code *c = data;
    if (c->leaf != LEAF_FENCED)
        return;
    for (; indent > 0; indent--)
        (void)buf_putc(c->out, ' ');
    (void)buf_append(c->out, s, len);
    if (whole)
        (void)buf_putc(c->out, '\n');
}

static void on_push(void *data, const struct md_container *container)
{
    (void)data;
    (void)container;
}

static void on_pop(void *data)
{
    (void)data;
}

static void on_become(void *data, enum md_leaf leaf)
{
    ((struct md_code *)data)->leaf = leaf;
}

static void on_end(void *data)
{
    ((struct md_code *)data)->leaf = LEAF_NONE;
}

static const struct md_sink sink = {on_push, on_pop, on_begin, on_become, on_line, on_end};

struct md_code *md_code_new(void)
{
    struct md_code *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    md_split_init(&c->split, &sink, c);
    md_lines_init(&c->lines, &c->split);
    return c;
}

void md_code_free(struct md_code *c)
{
    if (c == NULL)
        return;
    md_lines_done(&c->lines);
    free(c);
}

bool md_code_feed(struct md_code *c, const char *text, size_t len, struct buf *out)
{
    c->out = out;
    return md_lines_feed(&c->lines, text, len) && !out->failed;
}

bool md_code_end(struct md_code *c, struct buf *out)
{
    c->out = out;
    md_lines_end(&c->lines);
    return !out->failed;
}

size_t md_code_blocks(const struct md_code *c)
{
    return c->blocks;
}
