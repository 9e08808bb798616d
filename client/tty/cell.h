/* The text of a cell: made harmless, measured, cut. Needs a locale of UTF-8. */
#ifndef CLIENT_TTY_CELL_H
#define CLIENT_TTY_CELL_H

#include "lib/base/buf.h"
#include <wchar.h>

/* The character at the front of s, and the cells it takes, -1 where it cannot be shown. Returns its bytes, 1 of what is
 * no character; 0 where len is 0, and at a NUL. */
size_t cell_next(const char *s, size_t len, wchar_t *c, int *width);

/* Appends the character at the front of s as it may be shown: a control as an escape, one that turns or hides others as
 * \u{202e}, what the terminal has no character for as U+FFFD. *before: the one before it, 0 at the beginning, by which
 * a mark that joins letters or chooses an emoji is told from one that only hides. Returns its bytes; len > 0. */
size_t cell_put(struct buf *b, const char *s, size_t len, wchar_t *before);

/* Appends the text with a NUL behind it, by cell_put. */
void cell_append(struct buf *b, const char *s, size_t len);

/* Cells of the terminal that such a text takes. */
size_t cell_width(const char *s);

/* Appends as much of such a text as `width` cells hold, with a NUL; an ellipsis stands at its end where it was cut. */
void cell_append_cut(struct buf *b, const char *s, size_t width);

#endif
