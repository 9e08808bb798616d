/* How what has a role is shown. Weights and the eight base colours alone, so that every theme of a terminal suits. All
 * escapes of colour that ask-tty writes are made here. Pure. */
#ifndef CLIENT_TTY_STYLE_H
#define CLIENT_TTY_STYLE_H

#include "lib/base/buf.h"

enum style {
    /* of a text */
    STYLE_TITLE,
    STYLE_HEADING,
    STYLE_SUBHEADING,
    STYLE_EMPHASIS,
    STYLE_STRONG,
    STYLE_STRUCK,
    STYLE_CODE, /* within a line */
    STYLE_LINK,
    STYLE_ADDRESS,
    STYLE_MARKER, /* of a list's items */
    STYLE_FRAME,  /* rules, the bars of quotations, lines about code and tables */
    STYLE_HTML,
    /* of code */
    STYLE_COMMENT,
    STYLE_STRING,
    STYLE_NUMBER,
    STYLE_KEYWORD,
    STYLE_NAME, /* of a field */
    /* of differences */
    STYLE_ADDED,
    STYLE_REMOVED,
    STYLE_HUNK,
    /* around an answer */
    STYLE_REASONING,
    STYLE_STATUS, /* what we say of an answer: model, tokens, cost */
    STYLE_PROMPT,
    STYLE_WARNING,
    STYLE_ERROR,
    STYLES
};

/* A set of them, 0 for plain text. */
typedef uint32_t style_set;
#define STYLE_SET(style) ((style_set)1 << (style))

/* Appends what leads from one set to another; nothing where they look alike. Leaving to 0 closes all. */
void style_move(struct buf *b, style_set from, style_set to);

/* Appends text that is harmless already, in a style. colour: it is wanted, else the text alone. */
void style_puts(struct buf *b, bool colour, enum style style, const char *harmless);

#endif
