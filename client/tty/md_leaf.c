#include "client/tty/md_leaf.h"
#include "client/tty/md_entity.h"
#include "client/tty/md_start.h"
#include <md4c.h>
#include <string.h>

enum { CELLS_MAX = 1 << 16 };

/* While md4c reads. */
struct reading {
    struct md_leaf_text *t;
    struct md_leaf_style style;
    unsigned depth[STYLES]; /* how often each style is asked for */
    struct buf word;        /* of an entity, or an address */
    size_t link_from;       /* where the text of the link begins */
    unsigned links;         /* open */
    size_t column;
    bool text; /* something was put: the next block begins a line */
};

void md_leaf_init(struct md_leaf_text *t)
{
    *t = (struct md_leaf_text){.columns = 0};
    runs_init(&t->runs);
    buf_init(&t->cells, CELLS_MAX * sizeof(struct md_cell));
}

void md_leaf_done(struct md_leaf_text *t)
{
    runs_done(&t->runs);
    buf_done(&t->cells);
}

size_t md_leaf_rows(const struct md_leaf_text *t)
{
    return t->columns > 0 ? t->cells.len / sizeof(struct md_cell) / t->columns : 0;
}

const struct md_cell *md_leaf_cell(const struct md_leaf_text *t, size_t row, size_t column)
{
    return (const struct md_cell *)(const void *)t->cells.data + row * t->columns + column;
}

static void add(struct reading *r, enum style style, bool on)
{
    r->depth[style] += on ? 1U : -1U;
    if (r->depth[style] > 0)
        r->t->runs.styles |= STYLE_SET(style);
    else
        r->t->runs.styles &= ~STYLE_SET(style);
}

/* -- blocks -- */

static enum style heading_style(unsigned level)
{
    return level == 1 ? STYLE_TITLE : level == 2 ? STYLE_HEADING : STYLE_SUBHEADING;
}

static void on_heading(struct reading *r, const MD_BLOCK_H_DETAIL *h, bool on)
{
    static const char marks[] = "###### ";
    r->t->heading = true;
    add(r, heading_style(h->level), on);
    if (on && !r->style.colour)
        runs_puts(&r->t->runs, marks + 6 - h->level);
}

static void begin_cell(struct reading *r, const MD_BLOCK_TD_DETAIL *d)
{
    const struct md_cell cell = {r->t->runs.text.len, r->t->runs.text.len};
    if (r->column < r->t->columns)
        r->t->align[r->column] = d->align == MD_ALIGN_RIGHT    ? ALIGN_RIGHT
                                 : d->align == MD_ALIGN_CENTER ? ALIGN_CENTRE
                                                               : ALIGN_LEFT;
    (void)buf_append(&r->t->cells, &cell, sizeof(cell));
    r->column++;
}

static void end_cell(struct reading *r)
{
    struct buf *cells = &r->t->cells;
    if (!cells->failed)
        ((struct md_cell *)(void *)(cells->data + cells->len))[-1].to = r->t->runs.text.len;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct reading *r = data;
    switch (type) {
    case MD_BLOCK_H:
        if (r->text)
            runs_mark(&r->t->runs, RUNS_BREAK);
        on_heading(r, detail, true);
        break;
    case MD_BLOCK_P:
        if (r->text)
            runs_mark(&r->t->runs, RUNS_BREAK);
        break;
    case MD_BLOCK_TABLE: r->t->columns = ((const MD_BLOCK_TABLE_DETAIL *)detail)->col_count; break;
    case MD_BLOCK_TR: r->column = 0; break;
    case MD_BLOCK_TH:
        add(r, STYLE_STRONG, true);
        begin_cell(r, detail);
        break;
    case MD_BLOCK_TD: begin_cell(r, detail); break;
    default: break;
    }
    return runs_failed(&r->t->runs) || r->t->columns > MD_TABLE_COLUMNS_MAX;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct reading *r = data;
    switch (type) {
    case MD_BLOCK_H: on_heading(r, detail, false); break;
    case MD_BLOCK_TH:
        add(r, STYLE_STRONG, false);
        end_cell(r);
        break;
    case MD_BLOCK_TD: end_cell(r); break;
    default: break;
    }
    return 0;
}

/* -- within a line -- */

static void read_address(struct reading *r, const MD_ATTRIBUTE *a)
{
    buf_clear(&r->word);
    for (size_t i = 0; a->size > 0 && a->substr_offsets[i] < a->size; i++) {
        const char *s = a->text + a->substr_offsets[i];
        const size_t len = a->substr_offsets[i + 1] - a->substr_offsets[i];
        if (a->substr_types[i] == MD_TEXT_ENTITY)
            md_entity_append(&r->word, s, len);
        else
            (void)buf_append(&r->word, s, len);
    }
}

static bool is_at(const struct buf *b, size_t at, const char *s, size_t len)
{
    return b->len - at == len && (len == 0 || memcmp(b->data + at, s, len) == 0);
}

/* Is the text of the link its address? */
static bool shows_address(const struct reading *r)
{
    static const char mailto[] = "mailto:", http[] = "http://";
    const struct buf *text = &r->t->runs.text;
    const char *address = (const char *)r->word.data;
    const size_t len = r->word.len;
    if (is_at(text, r->link_from, address, len))
        return true;
    for (size_t i = 0; i < 2; i++) {
        const char *prefix = i == 0 ? mailto : http;
        const size_t n = strlen(prefix);
        if (len > n && memcmp(address, prefix, n) == 0 && is_at(text, r->link_from, address + n, len - n))
            return true;
    }
    return false;
}

/* A text that looks like an address, and leads elsewhere. */
static bool pretends(const struct reading *r)
{
    const struct buf *text = &r->t->runs.text;
    const size_t len = text->len - r->link_from;
    if (len == 0)
        return false;
    const char *s = (const char *)text->data + r->link_from;
    return memmem(s, len, "://", 3) != NULL || memmem(s, len, "www.", 4) != NULL || memchr(s, '@', len) != NULL;
}

static void enter_link(struct reading *r, const MD_ATTRIBUTE *to, bool image)
{
    if (r->links++ > 0) /* an image within a link */
        return;
    r->link_from = r->t->runs.text.len;
    read_address(r, to);
    add(r, STYLE_LINK, true);
    if (r->style.links && !image && runs_address((const char *)r->word.data, r->word.len))
        runs_link(&r->t->runs, (const char *)r->word.data, r->word.len);
}

static void leave_link(struct reading *r, const MD_ATTRIBUTE *to)
{
    if (--r->links > 0)
        return;
    const bool linked = r->t->runs.link != 0;
    read_address(r, to);
    runs_link(&r->t->runs, NULL, 0);
    add(r, STYLE_LINK, false);
    if (r->word.len == 0 || shows_address(r) || (linked && !pretends(r)))
        return;
    add(r, STYLE_ADDRESS, true);
    runs_puts(&r->t->runs, r->t->runs.text.len > r->link_from ? " (" : "(");
    runs_put(&r->t->runs, (const char *)r->word.data, r->word.len);
    runs_puts(&r->t->runs, ")");
    add(r, STYLE_ADDRESS, false);
}

static void on_span(struct reading *r, MD_SPANTYPE type, bool on)
{
    switch (type) {
    case MD_SPAN_EM: add(r, STYLE_EMPHASIS, on); break;
    case MD_SPAN_STRONG: add(r, STYLE_STRONG, on); break;
    case MD_SPAN_DEL: /* base weights do not strike */
        runs_puts(&r->t->runs, on ? "" : "~~");
        add(r, STYLE_STRUCK, on);
        runs_puts(&r->t->runs, on ? "~~" : "");
        break;
    case MD_SPAN_CODE:
        if (!r->style.colour)
            runs_puts(&r->t->runs, "`");
        add(r, STYLE_CODE, on);
        break;
    default: break;
    }
}

static int enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct reading *r = data;
    if (type == MD_SPAN_A)
        enter_link(r, &((const MD_SPAN_A_DETAIL *)detail)->href, false);
    else if (type == MD_SPAN_IMG)
        enter_link(r, &((const MD_SPAN_IMG_DETAIL *)detail)->src, true);
    else
        on_span(r, type, true);
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct reading *r = data;
    if (type == MD_SPAN_A)
        leave_link(r, &((const MD_SPAN_A_DETAIL *)detail)->href);
    else if (type == MD_SPAN_IMG)
        leave_link(r, &((const MD_SPAN_IMG_DETAIL *)detail)->src);
    else
        on_span(r, type, false);
    return 0;
}

static void put_entity(struct reading *r, const char *s, size_t len)
{
    buf_clear(&r->word);
    md_entity_append(&r->word, s, len);
    runs_put(&r->t->runs, (const char *)r->word.data, r->word.len);
}

/* Line breaks and tabs of the source are spaces here. */
static void put_text(struct reading *r, const char *s, size_t len)
{
    while (len > 0) {
        size_t n = 0;
        while (n < len && s[n] != '\n' && s[n] != '\t')
            n++;
        runs_put(&r->t->runs, s, n);
        if (n < len)
            runs_puts(&r->t->runs, " ");
        n += n < len;
        s += n;
        len -= n;
    }
}

/* <br>, the one tag that models write in cells of tables. */
static bool is_break(const char *s, size_t len)
{
    return len >= 4 && len <= 6 && strncasecmp(s, "<br", 3) == 0 && strspn(s + 3, " /") == len - 4;
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE len, void *data)
{
    struct reading *r = data;
    r->text = true;
    switch (type) {
    case MD_TEXT_NULLCHAR: runs_put(&r->t->runs, "", 1); break;
    case MD_TEXT_BR: runs_mark(&r->t->runs, RUNS_BREAK); break;
    case MD_TEXT_SOFTBR: runs_mark(&r->t->runs, RUNS_JOIN); break;
    case MD_TEXT_ENTITY: put_entity(r, s, len); break;
    case MD_TEXT_HTML:
        if (is_break(s, len))
            runs_mark(&r->t->runs, RUNS_BREAK);
        else
            put_text(r, s, len);
        break;
    default: put_text(r, s, len);
    }
    return runs_failed(&r->t->runs);
}

/* What md_split took for text stays text: where a mark at its front would begin another block to md4c. A definition of
 * a link says something to a reader only if it is seen. SIZE_MAX: nowhere. */
static size_t mark_at(const char *s, size_t len)
{
    struct md_container c;
    const char *end = memchr(s, '\n', len);
    const size_t line = end != NULL ? (size_t)(end - s) : len;
    size_t info;
    const size_t n = md_item(s, line, &c);
    if (n > 0)
        return n - 1;
    const bool marked = (line > 0 && s[0] == '>') || md_is_heading(s, line) || md_is_rule(s, line) ||
                        md_fence(s, line, &info) > 0 || md_is_definition(s, len);
    return marked ? 0 : SIZE_MAX;
}

/* The text with what keeps it one, in `escaped` where that is needed. */
static const char *as_text(const char *s, size_t *len, struct buf *escaped)
{
    while (*len > 0 && s[0] == ' ')
        s++, --*len;
    const size_t at = mark_at(s, *len);
    if (at == SIZE_MAX)
        return s;
    (void)buf_append(escaped, s, at);
    (void)buf_putc(escaped, '\\');
    (void)buf_append(escaped, s + at, *len - at);
    *len = escaped->len;
    return (const char *)escaped->data;
}

bool md_leaf_read(struct md_leaf_text *t, enum md_leaf leaf, const char *s, size_t len,
                  const struct md_leaf_style *style)
{
    const unsigned flags = MD_FLAG_PERMISSIVEAUTOLINKS | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOHTMLBLOCKS |
                           (leaf == LEAF_TABLE ? MD_FLAG_TABLES : 0);
    const MD_PARSER parser = {0, flags, enter_block, leave_block, enter_span, leave_span, on_text, NULL, NULL};
    struct reading r = {.t = t, .style = *style};
    struct buf escaped;
    runs_clear(&t->runs);
    buf_clear(&t->cells);
    t->columns = 0;
    t->heading = false;
    buf_init(&r.word, RUNS_TEXT_MAX);
    buf_init(&escaped, RUNS_TEXT_MAX);
    if (leaf == LEAF_TEXT)
        s = as_text(s, &len, &escaped);
    bool read = !escaped.failed && md_parse(s, (MD_SIZE)len, &parser, &r) == 0 && !t->cells.failed;
    buf_done(&r.word);
    buf_done(&escaped);
    return read && !runs_failed(&t->runs);
}
