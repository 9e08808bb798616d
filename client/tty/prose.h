/* Plain text, all in one style, to lines for a terminal: what a model reasons, and what we say. Paragraphs are wrapped,
 * what is no harmless text is shown as an escape. Pure; needs a locale of UTF-8. Lines are as those of md.h. */
#ifndef CLIENT_TTY_PROSE_H
#define CLIENT_TTY_PROSE_H

#include "client/tty/style.h"

enum { PROSE_PARAGRAPH_MAX = 8 << 10 }; /* bytes; a longer one is broken, so that drawing it again stays cheap */

struct prose_style {
    enum style style;
    bool colour;
    unsigned columns;
};

/* Appends the lines of a text that is whole. */
void prose_put(struct buf *lines, const struct prose_style *style, const char *text, size_t len);

/* A text that comes in pieces. Its last paragraph is live. */
struct prose {
    struct prose_style style;
    struct buf paragraph; /* the last, so far */
    size_t blanks;        /* empty lines before it, which count once it has a character */
    bool any;             /* some line was settled */
};

void prose_init(struct prose *p, const struct prose_style *style);
void prose_done(struct prose *p);

/* Appends the lines of paragraphs that this completes to `settled`. */
void prose_feed(struct prose *p, const char *text, size_t len, struct buf *settled);
/* No more comes; the same. */
void prose_end(struct prose *p, struct buf *settled);

/* Appends the lines of the paragraph that may still grow. */
void prose_live(const struct prose *p, struct buf *live);

#endif
