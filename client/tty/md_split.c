#include "client/tty/md_split.h"
#include "client/tty/md_start.h"
#include <string.h>

enum { TAB = 4, CODE_INDENT = 4 };

/* What is left of a line. A tab may be taken in parts. */
struct rest {
    const char *s;
    size_t len;
    unsigned column; /* where it begins */
    unsigned spare;  /* columns of a tab before it */
};

static void advance(struct rest *r, size_t n)
{
    r->s += n;
    r->len -= n;
    r->column += (unsigned)n;
}

/* Takes up to `columns` of white space; returns how many there were. */
static unsigned skip(struct rest *r, unsigned columns)
{
    unsigned taken = 0;
    while (taken < columns) {
        if (r->spare > 0) {
            r->spare--;
            r->column++;
            taken++;
        } else if (r->len > 0 && r->s[0] == '\t') {
            r->spare = TAB - r->column % TAB;
            r->s++;
            r->len--;
        } else if (r->len > 0 && r->s[0] == ' ') {
            advance(r, 1);
            taken++;
        } else {
            break;
        }
    }
    return taken;
}

/* The same line without its indentation. */
static unsigned indent_of(const struct rest *r, struct rest *text)
{
    *text = *r;
    const unsigned columns = skip(text, MD_LINE_MAX * TAB);
    if (text->len == 1 && text->s[0] == '\r')
        text->len = 0;
    return columns;
}

static bool is_blank(const struct rest *r)
{
    struct rest text;
    (void)indent_of(r, &text);
    return text.len == 0;
}

/* -- what is told -- */

static void put_line(struct md_split *s, const struct rest *r, bool whole)
{
    s->sink->line(s->data, r->spare, r->s, r->len, whole);
    s->leaf_len += r->len;
    s->leaf_lines++;
}

static void end_leaf(struct md_split *s)
{
    if (s->leaf == LEAF_NONE)
        return;
    s->sink->end(s->data);
    s->spaced = s->blanks > 0;
    s->leaf = LEAF_NONE;
    s->blanks = 0;
}

/* Ends what is deeper. */
static void close_to(struct md_split *s, unsigned depth)
{
    if (s->depth > depth)
        end_leaf(s);
    while (s->depth > depth) {
        s->depth--;
        s->sink->pop(s->data);
    }
}

static void begin(struct md_split *s, enum md_leaf leaf, const char *info, size_t len)
{
    end_leaf(s);
    for (unsigned i = 0; i < s->depth; i++)
        s->stack[i].empty = false;
    s->lists[s->depth].mark = 0;
    s->sink->begin(s->data, leaf, s->spaced, info, len);
    s->leaf = leaf;
    s->leaf_len = s->leaf_lines = 0;
    s->spaced = false;
}

static void push(struct md_split *s, const struct md_container *c)
{
    end_leaf(s);
    for (unsigned i = 0; i < s->depth; i++)
        s->stack[i].empty = false;
    s->lists[s->depth].mark = c->item ? c->mark : 0;
    s->lists[s->depth].next = c->number + 1;
    s->stack[s->depth++] = *c;
    s->lists[s->depth].mark = 0;
    s->sink->push(s->data, c);
}

/* -- containers -- */

static bool take_quote(struct rest *r)
{
    struct rest text;
    if (indent_of(r, &text) >= CODE_INDENT || text.len == 0 || text.s[0] != '>')
        return false;
    advance(&text, 1);
    (void)skip(&text, 1);
    *r = text;
    return true;
}

static bool goes_on(const struct md_container *c, struct rest *r)
{
    struct rest text;
    if (!c->item)
        return take_quote(r);
    if (is_blank(r))
        return !c->empty;
    if (indent_of(r, &text) < c->offset)
        return false;
    (void)skip(r, c->offset);
    return true;
}

/* How many of the containers the line stands in; takes what says so. */
static unsigned match(const struct md_split *s, struct rest *r)
{
    unsigned n = 0;
    while (n < s->depth && goes_on(&s->stack[n], r))
        n++;
    return n;
}

/* A mark of an item at the front of text, which has the given indentation. Takes it. */
static bool take_item(const struct md_split *s, unsigned matched, unsigned indent, struct rest *text,
                      struct md_container *c)
{
    struct rest after = *text, content;
    size_t n = md_item(text->s, text->len, c);
    if (n == 0)
        return false;
    advance(&after, n);
    const unsigned space = indent_of(&after, &content);
    const bool blank = content.len == 0;
    /* Within a paragraph "2. " is rather a number, and a mark alone nothing. */
    if (s->leaf == LEAF_TEXT && matched == s->depth && (blank || (c->ordered && c->number != 1)))
        return false;
    const unsigned gap = blank || space > CODE_INDENT ? 1 : space;
    (void)skip(&after, gap);
    c->item = c->empty = true;
    c->offset = indent + (unsigned)n + gap;
    c->task = md_task(after.s, after.len);
    if (c->task != TASK_NONE)
        advance(&after, MD_TASK_LEN);
    const struct md_list *list = &s->lists[matched];
    if (list->mark == c->mark)
        c->number = list->next;
    *text = after;
    return true;
}

/* -- leaves -- */

static bool ends_html(const struct md_split *s, const struct rest *r)
{
    return s->leaf == LEAF_HTML && md_html_ends(s->html, r->s, r->len);
}

/* Lines of code and HTML that is open. False where the line is none of it. */
static bool go_on_verbatim(struct md_split *s, struct rest *r, bool whole)
{
    struct rest text;
    const unsigned indent = indent_of(r, &text);
    switch (s->leaf) {
    case LEAF_FENCED:
        if (indent < CODE_INDENT && md_is_fence_end(text.s, text.len, s->fence, s->fence_len)) {
            end_leaf(s);
        } else {
            (void)skip(r, s->fence_indent);
            put_line(s, r, whole);
        }
        return true;
    case LEAF_INDENTED:
        if (text.len == 0) {
            s->blanks++;
            return true;
        }
        if (indent < CODE_INDENT)
            return false;
        for (; s->blanks > 0; s->blanks--)
            s->sink->line(s->data, 0, "", 0, true);
        (void)skip(r, CODE_INDENT);
        put_line(s, r, whole);
        return true;
    case LEAF_HTML:
        if (s->html == HTML_ELEMENT && text.len == 0)
            return false;
        put_line(s, r, whole);
        if (ends_html(s, r))
            end_leaf(s);
        return true;
    default: return false;
    }
}

static void one_line(struct md_split *s, enum md_leaf leaf, const struct rest *text, bool whole)
{
    begin(s, leaf, "", 0);
    if (leaf == LEAF_HEADING)
        put_line(s, text, whole);
    end_leaf(s);
}

static bool begin_fence(struct md_split *s, unsigned matched, unsigned indent, const struct rest *text)
{
    size_t info;
    const unsigned n = md_fence(text->s, text->len, &info);
    if (n == 0)
        return false;
    close_to(s, matched);
    begin(s, LEAF_FENCED, text->s + info, text->len - info);
    s->fence = text->s[0];
    s->fence_len = n;
    s->fence_indent = indent;
    return true;
}

static bool begin_html(struct md_split *s, unsigned matched, const struct rest *r, const struct rest *text, bool whole)
{
    const enum md_html html = md_html(text->s, text->len);
    if (html == HTML_NONE)
        return false;
    close_to(s, matched);
    begin(s, LEAF_HTML, "", 0);
    s->html = html;
    put_line(s, r, whole);
    if (ends_html(s, text))
        end_leaf(s);
    return true;
}

/* A leaf that its first line makes known, less indented than code. */
static bool begin_marked(struct md_split *s, unsigned matched, unsigned indent, const struct rest *r,
                         const struct rest *text, bool whole)
{
    if (md_is_heading(text->s, text->len)) {
        close_to(s, matched);
        one_line(s, LEAF_HEADING, text, whole);
        return true;
    }
    if (begin_fence(s, matched, indent, text) || begin_html(s, matched, r, text, whole))
        return true;
    if (s->leaf == LEAF_TEXT && matched == s->depth && !s->defined && md_is_underline(text->s, text->len)) {
        put_line(s, text, whole);
        end_leaf(s);
        return true;
    }
    if (!md_is_rule(text->s, text->len))
        return false;
    close_to(s, matched);
    one_line(s, LEAF_RULE, text, whole);
    return true;
}

static bool is_text(const struct md_split *s)
{
    return s->leaf == LEAF_TEXT || s->leaf == LEAF_TABLE;
}

/* What is nothing else. A line below a paragraph belongs to it, even where a mark of a container is missing. */
static void add_text(struct md_split *s, unsigned matched, struct rest *r, bool whole)
{
    struct rest text;
    const unsigned indent = indent_of(r, &text);
    const bool definition = indent < CODE_INDENT && md_is_definition(text.s, text.len);
    if (s->leaf == LEAF_TEXT && matched == s->depth && indent < CODE_INDENT && (definition || s->defined))
        end_leaf(s);
    s->defined = definition;
    if (s->leaf != LEAF_TEXT && (s->leaf != LEAF_TABLE || matched < s->depth)) {
        close_to(s, matched);
        if (indent >= CODE_INDENT && !is_text(s)) {
            begin(s, LEAF_INDENTED, "", 0);
            (void)skip(r, CODE_INDENT);
            put_line(s, r, whole);
            return;
        }
        begin(s, LEAF_TEXT, "", 0);
    } else if (s->leaf == LEAF_TEXT && s->leaf_lines == 1 && matched == s->depth && whole && indent < CODE_INDENT &&
               md_is_delimiters(text.s, text.len)) {
        s->leaf = LEAF_TABLE;
        s->sink->become(s->data, LEAF_TABLE);
    } else if (matched < s->depth && md_is_underline(text.s, text.len)) {
        *r = text;
        r->spare = CODE_INDENT; /* else it would make a heading of the text, from outside of its container */
    }
    put_line(s, r, whole);
    if (s->leaf == LEAF_TEXT && s->leaf_len >= MD_LEAF_MAX)
        end_leaf(s);
}

static void on_blank(struct md_split *s, unsigned matched)
{
    if (is_text(s) || s->leaf == LEAF_HTML)
        end_leaf(s);
    close_to(s, matched);
    s->spaced = true;
}

/* What follows a line that was too long for one: never the beginning of a block. */
static void go_on_line(struct md_split *s, const char *text, size_t len, bool whole)
{
    static const char indent[] = "    ";
    if (s->leaf == LEAF_NONE)
        begin(s, LEAF_TEXT, "", 0);
    struct rest r = {text, len, 0, is_text(s) ? sizeof(indent) - 1 : 0};
    put_line(s, &r, whole);
    if ((s->leaf == LEAF_TEXT && s->leaf_len >= MD_LEAF_MAX) || ends_html(s, &r))
        end_leaf(s);
}

/* Opens the containers that begin in the line, and a leaf that its mark makes known. False: text is left. */
static bool begin_blocks(struct md_split *s, unsigned *matched, struct rest *r, bool whole)
{
    for (;;) {
        struct rest text;
        struct md_container c = {.empty = true};
        const unsigned indent = indent_of(r, &text);
        if (text.len == 0) {
            on_blank(s, *matched);
            return true;
        }
        if (indent >= CODE_INDENT)
            return false;
        const bool room = *matched < MD_DEPTH_MAX, quote = room && take_quote(r);
        if (!quote && begin_marked(s, *matched, indent, r, &text, whole))
            return true;
        if (!quote && !(room && take_item(s, *matched, indent, &text, &c)))
            return false;
        if (!quote)
            *r = text;
        close_to(s, *matched);
        push(s, &c);
        ++*matched;
        if (is_blank(r)) /* it may begin on the next line */
            return true;
        if (c.task != TASK_NONE) { /* what has a box is text, whatever it begins with */
            (void)indent_of(r, r);
            return false;
        }
    }
}

void md_split_line(struct md_split *s, const char *line, size_t len, bool whole)
{
    struct rest r = {line, len, 0, 0};
    const bool same_line = s->unfinished;
    s->unfinished = !whole;
    if (same_line) {
        go_on_line(s, line, len, whole);
        return;
    }
    unsigned matched = match(s, &r);
    if (matched < s->depth && !is_text(s))
        close_to(s, matched);
    if (!go_on_verbatim(s, &r, whole) && !begin_blocks(s, &matched, &r, whole))
        add_text(s, matched, &r, whole);
}

void md_split_init(struct md_split *s, const struct md_sink *sink, void *data)
{
    *s = (struct md_split){.sink = sink, .data = data};
}

void md_split_end(struct md_split *s)
{
    end_leaf(s);
    close_to(s, 0);
}
