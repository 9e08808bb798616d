/* Markdown to lines for a terminal, as it comes. Pure: text in, lines out; needs a locale of UTF-8.
 *
 * A text comes in pieces. What of it can no longer change is settled: lines to print for good. The rest, a paragraph or
 * a table that still grows, is live: lines to draw now and to draw over later. Which lines settle depends on the text
 * alone, not on how it was cut into pieces, and what is settled at the end is the text as if it had come at once.
 *
 * Each line ends with \n, takes at most `columns` cells, moves no cursor, and holds of escapes only those of style.h,
 * closed before the \n, and OSC 8 with addresses that were checked. Whatever else in the text would be a control is
 * shown as \x1b and the like.
 *
 * How: md_lines cuts lines, md_split knows quotations, lists and where a block ends; md_leaf has md4c read what is in a
 * block; runs.h is text with its styles, wrap.h puts it into lines, md_table the cells of a table beside each other;
 * md_close closes what is open in a paragraph that is live. */
#ifndef CLIENT_TTY_MD_H
#define CLIENT_TTY_MD_H

#include "lib/base/buf.h"

enum {
    MD_TEXT_MAX = 64 << 20,   /* of all that is fed; an answer is no longer */
    MD_LINES_MAX = 512 << 20, /* of the lines that nobody took yet */
    MD_COLUMNS_LEAST = 8,     /* fewer are taken for as many */
    MD_COLUMNS_MAX = 4096     /* and more for as many */
};

struct md_style {
    bool colour;
    bool links; /* OSC 8 for addresses that are harmless; else they stand behind the text */
    unsigned columns;
};

struct md;

struct md *md_new(const struct md_style *style); /* NULL: out of memory */
void md_free(struct md *md);                     /* NULL is fine */

/* UTF-8, in pieces as they come. False: over the bound, or out of memory; what was fed before is still there to take.
 */
bool md_feed(struct md *md, const char *text, size_t len);

/* No more comes: all is settled then. */
void md_end(struct md *md);

/* For what is not settled. */
void md_resize(struct md *md, unsigned columns);

/* Appends to `settled` the lines that became final since the last call, and puts into `live`, which is cleared first,
 * those that what comes may still change. `live` of a long block may lag behind by a few words while text comes: what
 * drawing it costs is in proportion to what is fed. A call without anything fed since the last draws all. */
void md_take(struct md *md, struct buf *settled, struct buf *live);

#endif
