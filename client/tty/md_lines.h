/* A text that comes in pieces, to the lines that md_split takes: which lines depends on the text alone. */
#ifndef CLIENT_TTY_MD_LINES_H
#define CLIENT_TTY_MD_LINES_H

#include "client/tty/md_split.h"
#include "lib/base/buf.h"

struct md_lines {
    struct md_split *split; /* borrowed */
    struct buf line;        /* the last one, which is not whole yet */
};

void md_lines_init(struct md_lines *l, struct md_split *split);
void md_lines_done(struct md_lines *l);

bool md_lines_feed(struct md_lines *l, const char *text, size_t len); /* false: out of memory */

/* Ends the line and all that is open. */
void md_lines_end(struct md_lines *l);

#endif
