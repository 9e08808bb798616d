/* The parts of code that are shown in a style of their own: comments, strings, numbers, keywords. Not a parser: a table
 * says what a language has of them (highlight_languages.c), and what is in no table is plain. Pure, and a plain value
 * that goes on from line to line. */
#ifndef CLIENT_TTY_HIGHLIGHT_H
#define CLIENT_TTY_HIGHLIGHT_H

#include "client/tty/style.h"

struct highlight_language;

struct highlight {
    const struct highlight_language *language; /* NULL: plain */
    const char *until;                         /* what ends what is open at a line's end, NULL for nothing */
    enum style open;                           /* the style of that */
    bool tag;                                  /* within <...> */
    char last;                                 /* character of this line, 0 at its beginning */
};

/* name: of the language, as a fence tells it: "python", "C++", "sh {.numberLines}". */
void highlight_init(struct highlight *h, const char *name, size_t len);

/* To be called before a line's first token. */
void highlight_line(struct highlight *h);

/* The bytes at the front of the rest of a line, s, that look alike; *styles: how. At least 1; len > 0. */
size_t highlight_next(struct highlight *h, const char *s, size_t len, style_set *styles);

#endif
