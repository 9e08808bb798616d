/* The blocks of a Markdown text as one line of marks, once as md4c tells them of the whole text and once as md_split
 * does line by line, so that the two can be compared:
 *   >{ } a quotation, -{ } an item of that mark, 3.{ } of that number, with x or o behind it where it is a task,
 *   p h t the letters of a paragraph, heading, table, r a rule, f c the lines of code in and without a fence, w of
 * HTML. How far apart blocks stand is not told: md_split has the lines of the source, not whether a list is loose. */
#ifndef TESTS_UNIT_TTY_MD_OUTLINE_H
#define TESTS_UNIT_TTY_MD_OUTLINE_H

#include "client/tty/md_leaf.h"
#include "client/tty/md_lines.h"
#include <ctype.h>
#include <md4c.h>
#include <string.h>

enum { OUTLINE_MAX = 1 << 20, OUTLINE_DEPTH = 64 };

/* -- what both have -- */

struct outline {
    struct buf *out;
    struct buf verbatim; /* of code and HTML, while it comes */
    struct buf gathered; /* of a text, as md_split tells it */
    enum md_leaf leaf;
    struct {
        bool ordered;
        char mark;
        unsigned number;
    } lists[OUTLINE_DEPTH]; /* md4c's */
    unsigned depth;
};

static inline void outline_begin(struct outline *o, struct buf *out)
{
    *o = (struct outline){.out = out};
    buf_init(&o->verbatim, OUTLINE_MAX);
    buf_init(&o->gathered, OUTLINE_MAX);
}

static inline void outline_done(struct outline *o)
{
    buf_done(&o->verbatim);
    buf_done(&o->gathered);
}

static inline void outline_letters(struct outline *o, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (isalnum((unsigned char)s[i]))
            (void)buf_putc(o->out, s[i]);
}

static inline void outline_item(struct outline *o, bool ordered, char mark, unsigned long number, enum md_task task)
{
    static const char *const tasks[] = {[TASK_NONE] = "", [TASK_OPEN] = "o", [TASK_DONE] = "x"};
    if (ordered)
        (void)buf_printf(o->out, "%lu%c%s{ ", number, mark, tasks[task]);
    else
        (void)buf_printf(o->out, "%c%s{ ", mark, tasks[task]);
}

/* Lines whose ends are told by |, without the white space that nobody sees. Tabs are spaces up to the next stop. */
static inline void outline_verbatim(struct outline *o)
{
    const struct buf *b = &o->verbatim;
    size_t column = 0, spaces = 0;
    for (size_t i = 0; i < b->len; i++) {
        const char c = (char)b->data[i];
        if (c == ' ' || c == '\t') {
            const size_t n = c == ' ' ? 1 : 4 - column % 4;
            spaces += n;
            column += n;
        } else if (c == '\n') {
            (void)buf_putc(o->out, '|');
            column = spaces = 0;
        } else if (c != '\r') {
            for (; spaces > 0 && o->leaf != LEAF_HTML; spaces--)
                (void)buf_putc(o->out, '_');
            spaces = 0;
            (void)buf_putc(o->out, c);
            column++;
        }
    }
    buf_clear(&o->verbatim);
}

static inline void outline_leaf_begin(struct outline *o, enum md_leaf leaf)
{
    static const char marks[] = {[LEAF_TEXT] = 'p',   [LEAF_TABLE] = 't',    [LEAF_HEADING] = 'h', [LEAF_RULE] = 'r',
                                 [LEAF_FENCED] = 'f', [LEAF_INDENTED] = 'c', [LEAF_HTML] = 'w'};
    o->leaf = leaf;
    (void)buf_putc(o->out, marks[leaf]);
}

static inline void outline_leaf_end(struct outline *o)
{
    if (o->leaf == LEAF_NONE)
        return;
    outline_verbatim(o);
    (void)buf_putc(o->out, ' ');
    o->leaf = LEAF_NONE;
}

/* -- md4c -- */

static inline void outline_list(struct outline *o, bool ordered, char mark, unsigned start)
{
    if (o->depth == OUTLINE_DEPTH)
        return;
    o->lists[o->depth].ordered = ordered;
    o->lists[o->depth].mark = mark;
    o->lists[o->depth++].number = start;
}

static inline int outline_enter(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct outline *o = data;
    if (type != MD_BLOCK_THEAD && type != MD_BLOCK_TBODY && type != MD_BLOCK_TR && type != MD_BLOCK_TH &&
        type != MD_BLOCK_TD)
        outline_leaf_end(o); /* of a paragraph in a tight list, which is not told */
    switch (type) {
    case MD_BLOCK_QUOTE: (void)buf_puts(o->out, ">{ "); break;
    case MD_BLOCK_UL: outline_list(o, false, ((const MD_BLOCK_UL_DETAIL *)detail)->mark, 0); break;
    case MD_BLOCK_OL:
        outline_list(o, true, ((const MD_BLOCK_OL_DETAIL *)detail)->mark_delimiter,
                     ((const MD_BLOCK_OL_DETAIL *)detail)->start);
        break;
    case MD_BLOCK_LI: {
        const MD_BLOCK_LI_DETAIL *li = detail;
        const enum md_task task = !li->is_task ? TASK_NONE : li->task_mark == ' ' ? TASK_OPEN : TASK_DONE;
        outline_item(o, o->lists[o->depth - 1].ordered, o->lists[o->depth - 1].mark, o->lists[o->depth - 1].number++,
                     task);
        break;
    }
    case MD_BLOCK_HR: outline_leaf_begin(o, LEAF_RULE); break;
    case MD_BLOCK_H: outline_leaf_begin(o, LEAF_HEADING); break;
    case MD_BLOCK_CODE:
        outline_leaf_begin(o, ((const MD_BLOCK_CODE_DETAIL *)detail)->fence_char != '\0' ? LEAF_FENCED : LEAF_INDENTED);
        break;
    case MD_BLOCK_HTML: outline_leaf_begin(o, LEAF_HTML); break;
    case MD_BLOCK_P: outline_leaf_begin(o, LEAF_TEXT); break;
    case MD_BLOCK_TABLE: outline_leaf_begin(o, LEAF_TABLE); break;
    default: break;
    }
    return o->depth == OUTLINE_DEPTH;
}

static inline int outline_leave(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct outline *o = data;
    (void)detail;
    if (type == MD_BLOCK_THEAD || type == MD_BLOCK_TBODY || type == MD_BLOCK_TR || type == MD_BLOCK_TH ||
        type == MD_BLOCK_TD)
        return 0;
    outline_leaf_end(o);
    if (type == MD_BLOCK_QUOTE || type == MD_BLOCK_LI)
        (void)buf_puts(o->out, "} ");
    else if (type == MD_BLOCK_UL || type == MD_BLOCK_OL)
        o->depth--;
    return 0;
}

static inline int outline_span(MD_SPANTYPE type, void *detail, void *data)
{
    (void)type;
    (void)detail;
    (void)data;
    return 0;
}

static inline int outline_text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE len, void *data)
{
    struct outline *o = data;
    (void)type;
    if (o->leaf == LEAF_NONE)
        outline_leaf_begin(o, LEAF_TEXT);
    if (o->leaf == LEAF_FENCED || o->leaf == LEAF_INDENTED || o->leaf == LEAF_HTML)
        (void)buf_append(&o->verbatim, s, len);
    else
        outline_letters(o, s, len);
    return 0;
}

static inline bool outline_by_md4c(const char *s, size_t len, struct buf *out)
{
    const MD_PARSER parser = {0,
                              MD_FLAG_TABLES | MD_FLAG_TASKLISTS | MD_FLAG_STRIKETHROUGH | MD_FLAG_PERMISSIVEAUTOLINKS,
                              outline_enter,
                              outline_leave,
                              outline_span,
                              outline_span,
                              outline_text,
                              NULL,
                              NULL};
    struct outline o;
    outline_begin(&o, out);
    const bool good = md_parse(s, (MD_SIZE)len, &parser, &o) == 0;
    outline_done(&o);
    return good && !out->failed;
}

/* -- md_split -- */

static inline void outline_on_push(void *data, const struct md_container *c)
{
    struct outline *o = data;
    if (c->item)
        outline_item(o, c->ordered, c->mark, c->number, c->task);
    else
        (void)buf_puts(o->out, ">{ ");
}

static inline void outline_on_pop(void *data)
{
    (void)buf_puts(((struct outline *)data)->out, "} ");
}

static inline void outline_on_begin(void *data, enum md_leaf leaf, bool spaced, const char *info, size_t len)
{
    struct outline *o = data;
    (void)spaced;
    (void)info;
    (void)len;
    o->leaf = leaf;
    buf_clear(&o->gathered);
}

static inline void outline_on_become(void *data, enum md_leaf leaf)
{
    ((struct outline *)data)->leaf = leaf;
}

static inline void outline_on_line(void *data, unsigned indent, const char *s, size_t len, bool whole)
{
    struct outline *o = data;
    for (; indent > 0; indent--)
        (void)buf_putc(&o->gathered, ' ');
    (void)buf_append(&o->gathered, s, len);
    if (whole)
        (void)buf_putc(&o->gathered, '\n');
}

/* As md_leaf makes of it: that reads an underlined heading too. */
static inline void outline_on_end(void *data)
{
    struct outline *o = data;
    const enum md_leaf leaf = o->leaf;
    if (leaf == LEAF_TEXT || leaf == LEAF_TABLE || leaf == LEAF_HEADING) {
        static const struct md_leaf_style style = {.colour = true, .links = true};
        struct md_leaf_text text;
        md_leaf_init(&text);
        if (!md_leaf_read(&text, leaf, (const char *)o->gathered.data, o->gathered.len, &style))
            (void)buf_puts(o->out, "unread");
        outline_leaf_begin(o, text.columns > 0 ? LEAF_TABLE : text.heading ? LEAF_HEADING : LEAF_TEXT);
        outline_letters(o, (const char *)text.runs.text.data, text.runs.text.len);
        md_leaf_done(&text);
    } else {
        outline_leaf_begin(o, leaf);
        (void)buf_append(&o->verbatim, o->gathered.data, o->gathered.len);
    }
    outline_leaf_end(o);
}

static inline bool outline_by_split(const char *s, size_t len, struct buf *out)
{
    static const struct md_sink sink = {outline_on_push,   outline_on_pop,  outline_on_begin,
                                        outline_on_become, outline_on_line, outline_on_end};
    struct outline o;
    struct md_split split;
    struct md_lines lines;
    outline_begin(&o, out);
    md_split_init(&split, &sink, &o);
    md_lines_init(&lines, &split);
    const bool good = md_lines_feed(&lines, s, len);
    md_lines_end(&lines);
    md_lines_done(&lines);
    outline_done(&o);
    return good && !out->failed;
}

#endif
