#include "client/tty/md.h"
#include "client/tty/md_draw.h"
#include "client/tty/md_lines.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

/* Drawing what is live costs about its bytes. Each byte that is fed pays for so many, so that all the drawing is in
 * proportion to the text. What is saved up serves a pause. */
enum { DRAWN_PER_BYTE = 128, CREDIT_MAX = 64 << 10, DRAWING_COST = 64 };

struct md {
    struct md_split split;
    struct md_draw draw;
    struct md_lines lines;
    struct buf settled; /* lines that nobody took yet */
    struct buf live;    /* as drawn last */
    size_t fed, credit;
    size_t taken; /* what was fed at the last md_take */
    bool fresh;   /* live is what it would be if it were drawn now */
    bool stale;   /* it would show again what has settled, or in another width */
};

static unsigned columns_of(unsigned columns)
{
    return columns < MD_COLUMNS_LEAST ? MD_COLUMNS_LEAST : columns > MD_COLUMNS_MAX ? MD_COLUMNS_MAX : columns;
}

struct md *md_new(const struct md_style *style)
{
    struct md *md = calloc(1, sizeof(*md));
    if (md == NULL)
        return NULL;
    struct md_style known = *style;
    known.columns = columns_of(style->columns);
    md_draw_init(&md->draw, &known);
    md_split_init(&md->split, &md_draw_sink, &md->draw);
    md_lines_init(&md->lines, &md->split);
    buf_init(&md->settled, MD_LINES_MAX);
    buf_init(&md->live, MD_LINES_MAX);
    md->draw.out = &md->settled;
    return md;
}

void md_free(struct md *md)
{
    if (md == NULL)
        return;
    md_draw_done(&md->draw);
    md_lines_done(&md->lines);
    buf_done(&md->settled);
    buf_done(&md->live);
    free(md);
}

/* -- what settles -- */

static bool failed(const struct md *md)
{
    return md->lines.line.failed || md->settled.failed || md->draw.failed || md->draw.text.failed;
}

bool md_feed(struct md *md, const char *text, size_t len)
{
    if (len > MD_TEXT_MAX - md->fed || failed(md))
        return false;
    md->fed += len;
    md->credit += len < CREDIT_MAX ? len * DRAWN_PER_BYTE : CREDIT_MAX;
    if (md->credit > CREDIT_MAX)
        md->credit = CREDIT_MAX;
    md->fresh = md->fresh && len == 0;
    (void)md_lines_feed(&md->lines, text, len);
    md->stale = md->stale || md->settled.len > 0;
    return !failed(md);
}

void md_end(struct md *md)
{
    md_lines_end(&md->lines);
    buf_clear(&md->live);
    md->fresh = true;
}

void md_resize(struct md *md, unsigned columns)
{
    md_draw_resize(&md->draw, columns_of(columns));
    md->fresh = false;
    md->stale = true;
}

/* -- what is live -- */

/* The beginning of a block that cannot be told yet, "-" or "``": it is left out for a moment, rather than shown as what
 * it most likely is not. */
static bool is_mark_alone(const struct md *md, size_t len)
{
    const char *s = (const char *)md->lines.line.data;
    const enum md_leaf leaf = md->split.leaf;
    if (leaf == LEAF_FENCED || leaf == LEAF_HTML || len > 8)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] == '\0' || strchr(" \t>#*+-=_`~|.:123456789", s[i]) == NULL)
            return false;
    return true;
}

/* Ends the text as it is, on a copy of where it stands. */
static void draw_live(struct md *md)
{
    struct md_draw *d = &md->draw;
    struct md_split split = md->split;
    const struct md_place place = d->place;
    const size_t text_len = d->text.len, len = utf8_whole((const char *)md->lines.line.data, md->lines.line.len);
    buf_clear(&md->live);
    d->out = &md->live;
    d->trial = true;
    if (len > 0 && !is_mark_alone(md, len))
        md_split_line(&split, (const char *)md->lines.line.data, len, true);
    md_split_end(&split);
    d->out = &md->settled;
    d->trial = false;
    d->place = place;
    d->text.len = text_len;
    md->fresh = true;
    md->stale = false;
}

void md_take(struct md *md, struct buf *settled, struct buf *live)
{
    const size_t cost = DRAWING_COST + md->lines.line.len + md->draw.text.len;
    const bool paused = md->taken == md->fed;
    md->taken = md->fed;
    if (!md->fresh && (md->stale || paused || md->credit >= cost)) {
        md->credit -= md->credit < cost ? md->credit : cost;
        draw_live(md);
    }
    (void)buf_append(settled, md->settled.data, md->settled.len);
    buf_clear(&md->settled);
    buf_clear(live);
    (void)buf_append(live, md->live.data, md->live.len);
}
