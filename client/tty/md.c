#include "client/tty/md.h"
#include "client/tty/md_draw.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

/* Drawing what is live costs about its bytes. Each byte that is fed pays for so many, so that all the drawing is in
 * proportion to the text. What is saved up serves a pause. */
enum { DRAWN_PER_BYTE = 128, CREDIT_MAX = 64 << 10, DRAWING_COST = 64 };

struct md {
    struct md_split split;
    struct md_draw draw;
    struct buf line;    /* the last one, which is not whole yet */
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
    buf_init(&md->line, MD_LINE_MAX);
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
    buf_done(&md->line);
    buf_done(&md->settled);
    buf_done(&md->live);
    free(md);
}

/* -- what settles -- */

static void end_line(struct md *md, size_t len, bool whole)
{
    md_split_line(&md->split, (const char *)md->line.data, len, whole);
    buf_consume(&md->line, len);
    md->stale = md->stale || md->settled.len > 0;
}

/* A line that is too long for one goes on after its last space, or at least not within a character. */
static void cut_line(struct md *md)
{
    const char *s = (const char *)md->line.data;
    size_t at = md->line.len;
    while (at > MD_LINE_MAX / 2 && s[at - 1] != ' ')
        at--;
    if (s[at - 1] != ' ')
        at = utf8_whole(s, md->line.len);
    end_line(md, at, false);
}

static bool failed(const struct md *md)
{
    return md->line.failed || md->settled.failed || md->draw.failed || md->draw.text.failed;
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
    while (len > 0 && !failed(md)) {
        const size_t room = MD_LINE_MAX - md->line.len, n = len < room ? len : room;
        const char *end = memchr(text, '\n', n);
        const size_t taken = end != NULL ? (size_t)(end - text) : n;
        (void)buf_append(&md->line, text, taken);
        text += taken + (end != NULL);
        len -= taken + (end != NULL);
        if (end != NULL)
            end_line(md, md->line.len, true);
        else if (md->line.len == MD_LINE_MAX)
            cut_line(md);
    }
    return !failed(md);
}

void md_end(struct md *md)
{
    if (md->line.len > 0)
        end_line(md, md->line.len, true);
    md_split_end(&md->split);
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
    const char *s = (const char *)md->line.data;
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
    const size_t text_len = d->text.len, len = utf8_whole((const char *)md->line.data, md->line.len);
    buf_clear(&md->live);
    d->out = &md->live;
    d->trial = true;
    if (len > 0 && !is_mark_alone(md, len))
        md_split_line(&split, (const char *)md->line.data, len, true);
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
    const size_t cost = DRAWING_COST + md->line.len + md->draw.text.len;
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
