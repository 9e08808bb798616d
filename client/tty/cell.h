/* The text of a cell: made harmless, measured, cut. Needs a locale of UTF-8. */
#ifndef CLIENT_TTY_CELL_H
#define CLIENT_TTY_CELL_H

#include "lib/base/buf.h"

/* Appends the text with a NUL behind it: controls are shown as escapes, what the terminal has no character for as
 * U+FFFD. */
void cell_append(struct buf *b, const char *s, size_t len);

/* Cells of the terminal that such a text takes. */
size_t cell_width(const char *s);

/* Appends as much of such a text as `width` cells hold, with a NUL; an ellipsis stands at its end where it was cut. */
void cell_append_cut(struct buf *b, const char *s, size_t width);

#endif
