/* Words into lines. Breaks at spaces and beside wide characters, never within what is one character to a reader: a
 * letter with its accents, an emoji of several, a flag. A word longer than a line is broken where the line ends. */
#ifndef CLIENT_TTY_WRAP_H
#define CLIENT_TTY_WRAP_H

#include "client/tty/runs.h"

struct wrap_style {
    bool colour, links;
};

/* A line: with its escapes, which it closes, without \n. cells: what it takes. */
typedef void wrap_line(void *data, const char *line, size_t len, size_t cells);

/* The text of the runs from byte `from` to `to` in lines of at most `width` cells, width > 1. */
void wrap_runs(const struct runs *r, size_t from, size_t to, size_t width, const struct wrap_style *style,
               wrap_line *emit, void *data);

/* How wide its widest line would be if there were room. */
size_t wrap_width(const struct runs *r, size_t from, size_t to);

/* The same for code: spaces stand as they are, and a line is broken only where it is full. An empty text is a line. */
void wrap_code(const struct runs *r, size_t width, const struct wrap_style *style, wrap_line *emit, void *data);

#endif
